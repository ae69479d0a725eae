package exchangesim

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// call is one EWS request on its way through the server.
type call struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	op      *node // the operation's element
	account string
	target  *mailbox // impersonated, or the caller's own; nil: neither
	server  *mailboxServer
	charged string
	fault   *givenFault // what to answer instead, or nil
	setNew  bool        // answer with an affinity cookie
	log     Request
}

// maxRequest is the size of a request from which on the answer is 413.
const maxRequest = 400 << 10

// newLog notes what the head of a request says.
func (s *Server) newLog(r *http.Request) Request {
	return Request{
		At: s.now(), AnchorMailbox: r.Header.Get("X-AnchorMailbox"),
		PreferServerAffinity: strings.EqualFold(r.Header.Get("X-PreferServerAffinity"), "true"),
		Cookie:               sentOverrideCookie(r), UserAgent: r.UserAgent(),
		ClientRequestID: r.Header.Get("client-request-id"), RemoteAddr: r.RemoteAddr,
	}
}

// serveEWS answers /EWS/Exchange.asmx.
func (s *Server) serveEWS(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, w: w, r: r, log: s.newLog(r)}
	if !c.authenticate() {
		return
	}
	if r.Method != http.MethodPost {
		c.browse()
		return
	}
	if f := c.prepare(); f != nil {
		c.answerFault(f, http.StatusInternalServerError)
		return
	}
	if c.server == nil {
		c.plain(http.StatusServiceUnavailable, "No mailbox server is up.")
		return
	}
	if c.op.name.Local == "GetStreamingEvents" {
		c.getStreamingEvents()
		return
	}
	c.ordinary()
}

// prepare reads the request, finds the mailbox it is for and the server that takes it.
func (c *call) prepare() *soapFault {
	header, op, f := c.read()
	if f != nil {
		return f
	}
	c.op, c.log.Operation = op, op.name.Local
	if f := c.checkVersion(header); f != nil {
		return f
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if f := c.impersonate(header); f != nil {
		return f
	}
	c.server = c.s.org.route(c.log.AnchorMailbox, c.log.PreferServerAffinity, c.log.Cookie, sentCookie(c.r, exchangeCookie), c.log.Impersonated)
	if c.server != nil {
		c.log.RoutedTo = c.server.name
	}
	c.log.Mailboxes = c.concerned()
	return nil
}

// read parses the envelope and returns its header and the operation's element.
func (c *call) read() (header, op *node, f *soapFault) {
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxRequest))
	if err != nil {
		return nil, nil, &soapFault{code: "ErrorRequestStreamTooBig", text: err.Error()}
	}
	root, err := parseXML(body)
	if err != nil {
		return nil, nil, &soapFault{code: "ErrorInvalidRequest", text: "The request is not XML: " + err.Error()}
	}
	op = root.child(nsSOAP, "Body").first()
	if !root.is(nsSOAP, "Envelope") || op == nil {
		return nil, nil, &soapFault{code: "ErrorInvalidRequest", text: "The request is not a SOAP 1.1 envelope with a body."}
	}
	if op.name.Space != nsMessages {
		return nil, nil, schemaFault("the operation is in the namespace " + op.name.Space)
	}
	return root.child(nsSOAP, "Header"), op, nil
}

// schemaFault says what in a request the schema does not allow.
func schemaFault(violation string) *soapFault {
	return &soapFault{code: "ErrorSchemaValidation", text: textOf("ErrorSchemaValidation"), values: map[string]string{"Violation": violation}}
}

// schemaVersions are the values of RequestServerVersion in order of age (types.xsd).
var schemaVersions = []string{
	"Exchange2007", "Exchange2007_SP1", "Exchange2009", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2",
	"Exchange2012", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016",
	"V2015_10_05", "V2016_01_06", "V2016_04_13", "V2016_07_13", "V2016_10_10",
}

// checkVersion demands a version that the server knows, and for streaming notifications Exchange2010_SP1, which they came
// with.
func (c *call) checkVersion(header *node) *soapFault {
	version := header.child(nsTypes, "RequestServerVersion").attr("Version")
	age := slices.Index(schemaVersions, version)
	streaming := c.op.name.Local == "GetStreamingEvents" || c.op.child(nsMessages, "StreamingSubscriptionRequest") != nil
	switch {
	case version != "" && age < 0, age > slices.Index(schemaVersions, c.s.cfg.NewestRequestVersion):
		return newFault(c.s.cfg.UnknownVersion)
	case streaming && age < slices.Index(schemaVersions, "Exchange2010_SP1"):
		return newFault("ErrorIncorrectSchemaVersion")
	}
	return nil
}

// operations are the ordinary operations; GetStreamingEvents answers for itself.
var operations = map[string]func(*call) ([]message, *soapFault){
	"Subscribe":            (*call).subscribe,
	"Unsubscribe":          (*call).unsubscribe,
	"GetEvents":            (*call).getEvents,
	"GetFolder":            (*call).getFolder,
	"FindFolder":           (*call).findFolder,
	"CreateFolder":         (*call).createFolder,
	"DeleteFolder":         (*call).deleteFolder,
	"UpdateFolder":         (*call).updateFolder,
	"MoveFolder":           (*call).moveFolder,
	"CopyFolder":           (*call).copyFolder,
	"EmptyFolder":          (*call).emptyFolder,
	"FindItem":             (*call).findItem,
	"GetItem":              (*call).getItem,
	"CreateItem":           (*call).createItem,
	"UpdateItem":           (*call).updateItem,
	"SendItem":             (*call).sendItem,
	"MoveItem":             (*call).moveItem,
	"CopyItem":             (*call).copyItem,
	"DeleteItem":           (*call).deleteItem,
	"MarkAllItemsAsRead":   (*call).markAllItemsAsRead,
	"GetAttachment":        (*call).getAttachment,
	"CreateAttachment":     (*call).createAttachment,
	"DeleteAttachment":     (*call).deleteAttachment,
	"SyncFolderItems":      (*call).syncFolderItems,
	"SyncFolderHierarchy":  (*call).syncFolderHierarchy,
	"ResolveNames":         (*call).resolveNames,
	"GetServerTimeZones":   (*call).getServerTimeZones,
	"ConvertId":            (*call).convertID,
	"GetUserConfiguration": (*call).getUserConfiguration,
}

// ordinary answers everything but GetStreamingEvents. A request that a fault delays counts as unanswered.
func (c *call) ordinary() {
	leave, over := c.s.enter(c.charged, c.op.name.Local)
	if over != nil {
		c.fault = over
		c.answerByFault()
		return
	}
	defer leave()
	c.takeFault()
	if c.answerByFault() {
		return
	}
	do := operations[c.op.name.Local]
	if do == nil {
		c.answerFault(&soapFault{code: "ErrorInvalidRequest", text: "This server does not know the operation " + c.op.name.Local + "."}, http.StatusInternalServerError)
		return
	}
	messages, f := do(c)
	if f != nil {
		c.answerFault(f, http.StatusInternalServerError)
		return
	}
	c.answerMessages(messages)
}
