package exchangesim_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// tag is the path of a property by its tag.
func tag(number, kind string) string {
	return `<t:ExtendedFieldURI PropertyTag="` + number + `" PropertyType="` + kind + `"/>`
}

// equals is a restriction of a path to a constant.
func equals(path, value string) string {
	return `<t:IsEqualTo>` + path + `<t:FieldURIOrConstant><t:Constant Value="` + value + `"/></t:FieldURIOrConstant></t:IsEqualTo>`
}

// values are the texts of the elements t:Value.
func (a answer) values() string {
	var all []string
	for _, m := range regexp.MustCompile(`<t:Value>([^<]*)<`).FindAllStringSubmatch(a.body, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

// DavMail finds a folder by its name.
func TestFindFolderRestrictions(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		const name = `<t:FieldURI FieldURI="folder:DisplayName"/>`
		for restriction, want := range map[string]string{
			equals(name, "projects"):                                                                   "Projects",
			equals(tag("0x3613", "String"), "IPF.StickyNote"):                                          "Notes",
			equals(tag("0x360a", "Boolean"), "true"):                                                   "",
			`<t:Contains ContainmentMode="Prefixed">` + name + `<t:Constant Value="Dr"/></t:Contains>`: "Drafts",
			`<t:And>` + equals(name, "Inbox") + `<t:Not>` + equals(name, "Inbox") + `</t:Not></t:And>`: "",
			equals(`<t:FieldURI FieldURI="folder:Nonsense"/>`, "1"):                                    "ErrorUnsupportedPathForQuery",
			equals(`<t:FieldURI FieldURI="folder:TotalCount"/>`, "many"):                               "ErrorUnsupportedPathForQuery",
		} {
			a := w.call(`<m:FindFolder Traversal="Shallow"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:Restriction>` + restriction +
				`</m:Restriction><m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"/></m:ParentFolderIds></m:FindFolder>`)
			var names []string
			for _, m := range regexp.MustCompile(`<t:DisplayName>([^<]*)<`).FindAllStringSubmatch(a.body, -1) {
				names = append(names, m[1])
			}
			have := strings.Join(names, ", ")
			if a.code != "NoError" {
				have = a.code
			}
			if have != want {
				t.Errorf("%s: have %q, want %q", restriction, have, want)
			}
		}
	})
}

func TestTagsOfFolders(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		w.s.CreateFolder(anna, "inbox", "Sub")
		w.s.MarkRead(anna, w.s.Deliver(anna).ID)
		w.s.Deliver(anna)
		paths := tag("0x3001", "String") + tag("0x3602", "Integer") + tag("0x3603", "Integer") + tag("0x360a", "Boolean") +
			tag("0x3613", "String") + tag("0x6751", "Integer") + tag("0x3008", "SystemTime") + tag("0x1234", "Integer")
		a := w.call(`<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>` + paths +
			`</t:AdditionalProperties></m:FolderShape><m:FolderIds>` + ofInbox + `</m:FolderIds></m:GetFolder>`)
		if want := "Inbox 2 1 true IPF.Note 3 2000-01-01T00:00:00Z"; a.values() != want {
			t.Errorf("have %q, want %q", a.values(), want)
		}
	})
}

// IMAP gateways number messages by PidTagInternetArticleNumber, and keep flags in properties of their own.
func TestTagsOfItems(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		first, second := w.s.Deliver(anna), w.s.Deliver(anna)
		w.s.MarkRead(anna, first.ID)
		const flag = `<t:ExtendedFieldURI DistinguishedPropertySetId="Common" PropertyId="34160" PropertyType="Integer"/>`
		a := w.call(fmt.Sprintf(updateFormat, "AlwaysOverwrite", second.ID, "", `<t:SetItemField>`+flag+
			`<t:Message><t:ExtendedProperty>`+flag+`<t:Value>1</t:Value></t:ExtendedProperty></t:Message></t:SetItemField>`))
		if a.code != "NoError" {
			t.Fatal(a.code)
		}
		const sorted = `<m:SortOrder><t:FieldOrder Order="Descending"><t:ExtendedFieldURI PropertyTag="0xe23" PropertyType="Integer"/></t:FieldOrder></m:SortOrder>`
		for restriction, want := range map[string]string{
			"":                "2 0 1 3",
			equals(flag, "1"): "2 0",
			`<t:Not>` + equals(flag, "1") + `</t:Not>`: "1 3",
			`<t:Exists>` + flag + `</t:Exists>`:        "2 0",
			`<t:IsNotEqualTo>` + flag + `<t:FieldURIOrConstant><t:Constant Value="2"/></t:FieldURIOrConstant></t:IsNotEqualTo>`: "2 0",
			equals(tag("0xe23", "Integer"), "1"): "1 3",
		} {
			if restriction != "" {
				restriction = `<m:Restriction>` + restriction + `</m:Restriction>`
			}
			a := w.call(`<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>` + tag("0xe23", "Integer") +
				tag("0xe07", "Integer") + `</t:AdditionalProperties></m:ItemShape>` + restriction + sorted + `<m:ParentFolderIds>` + ofInbox + `</m:ParentFolderIds></m:FindItem>`)
			if a.values() != want {
				t.Errorf("%s: have %q, want %q", restriction, a.values(), want)
			}
		}
	})
}
