package exchangesim

import (
	"net/mail"
	"strconv"
	"strings"
)

// maxResolutions is how many names an answer holds (ResolveNames reference).
const maxResolutions = 100

// resolveNames answers ResolveNames from the addresses of the mailboxes: those that are the entry, begin with it, or whose
// domain is it.
func (c *call) resolveNames() ([]message, *soapFault) {
	entry := strings.ToLower(c.op.child(nsMessages, "UnresolvedEntry").value())
	if entry == "" {
		return nil, schemaFault("UnresolvedEntry is empty")
	}
	entry = strings.TrimPrefix(entry, "smtp:")
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var found []*mailbox
	for _, mb := range c.s.org.inOrder {
		if strings.HasPrefix(mb.address, entry) {
			found = append(found, mb)
		}
	}
	if exact := c.s.org.mailboxes[entry]; exact != nil {
		found = []*mailbox{exact}
	}
	if len(found) == 0 {
		return []message{failure("ErrorNameResolutionNoResults")}, nil
	}
	m := success(c.resolutions(found))
	if len(found) > 1 {
		m.code, m.text, m.warning = "ErrorNameResolutionMultipleResults", textOf("ErrorNameResolutionMultipleResults"), true
	}
	return []message{m}, nil
}

func (c *call) resolutions(found []*mailbox) string {
	x := &xmlBuffer{}
	shown := found[:min(len(found), maxResolutions)]
	x.raw(`<m:ResolutionSet TotalItemsInView="`, strconv.Itoa(len(shown)), `" IncludesLastItemInRange="`, strconv.FormatBool(len(shown) == len(found)), `">`)
	for _, mb := range shown {
		name, _, _ := strings.Cut(mb.address, "@")
		x.raw("<t:Resolution>").mailbox(&mail.Address{Name: name, Address: mb.address})
		if isTrue(c.op.attr("ReturnFullContactData")) {
			x.raw("<t:Contact>").element("t:DisplayName", name)
			x.raw(`<t:EmailAddresses><t:Entry Key="EmailAddress1">`).text("SMTP:" + mb.address).raw("</t:Entry></t:EmailAddresses>")
			x.raw("<t:ContactSource>ActiveDirectory</t:ContactSource></t:Contact>")
		}
		x.raw("</t:Resolution>")
	}
	return string(x.raw(`</m:ResolutionSet>`).b)
}
