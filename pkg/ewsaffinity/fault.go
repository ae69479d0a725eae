package ewsaffinity

import (
	"strconv"
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Operation is what was asked of Exchange when a fault arose.
type Operation string

// The operations that the recovery table tells apart. OpReadBack is every item
// and folder call: FindFolder, FindItem, SyncFolderItems, GetFolder.
const (
	OpSubscribe   Operation = "Subscribe"
	OpStream      Operation = "GetStreamingEvents"
	OpReadBack    Operation = "ReadBack"
	OpUnsubscribe Operation = "Unsubscribe"
	OpDiscover    Operation = "Autodiscover"
)

// Code names what went wrong: an EWS response code with its Error prefix, an
// Autodiscover error code ("InvalidUser"), an HTTP status as [HTTPStatus] writes
// it, or one of the conditions below.
type Code string

// Conditions that Exchange has no code for: what the client saw of the
// connection, of HTTP and of the body.
const (
	CodeSilence        Code = "silence"         // a stream brought nothing for longer than its deadline
	CodeOverdue        Code = "overdue"         // a stream outlived its ConnectionTimeout without a goodbye
	CodeEOF            Code = "eof"             // the body ended between envelopes, without ConnectionStatus Closed
	CodeTruncated      Code = "truncated"       // the body ended inside an envelope
	CodeMalformed      Code = "malformed"       // the body is not well-formed XML, or not what the schema allows
	CodeReset          Code = "reset"           // the connection was reset or broke while in use
	CodeTimeout        Code = "timeout"         // no answer in time
	CodeConnectTimeout Code = "connect-timeout" // no connection in time
	CodeRefused        Code = "refused"         // connection refused or no route to the host
	CodeDNSNotFound    Code = "dns-not-found"   // NXDOMAIN
	CodeDNS            Code = "dns"             // any other failure to resolve
	CodeTLS            Code = "tls"             // handshake or certificate verification failed
	CodeNotSOAP        Code = "not-soap"        // HTTP 200 with HTML or with another operation's body
	CodeRedirect       Code = "redirect"        // 301, 302, 307, 308 to another host
	CodeErrorPage      Code = "error-page"      // redirect to /ews/genericerrorpage.htm: an outage
	CodeLoginPage      Code = "login-page"      // redirect to /internalsite/… or a login form: a gateway in front
	CodeRefusedLogin   Code = "refused-login"   // 401 after credentials were sent in full, or a token service's invalid_grant
	CodeAuthorizer     Code = "authorizer"      // no credentials to be had; nothing was sent
	CodeCancelled      Code = "cancelled"       // we gave the request up ourselves
)

// HTTPStatus is the code of an HTTP status that came without a SOAP body: "http-503".
func HTTPStatus(status int) Code { return Code("http-" + strconv.Itoa(status)) }

// Fault is one failure of an operation, put in the terms of the recovery table.
type Fault struct {
	Op        Operation
	Code      Code
	Text      string                    // the server's words; never decided by, but see MoveStarted
	BackOff   time.Duration             // the server's hint, such as BackOffMilliseconds or Retry-After; zero: none
	Mailbox   messages.Address          // whom the request was for; empty when it was for a group
	Died      []messages.SubscriptionID // the ids the server named
	RequestID string                    // correlates with Exchange's logs
	Err       error                     // what the fault was made of; may be nil
}

// Error names operation, code, mailbox (redacted), request id and the server's words.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(string(f.Op) + ": " + string(f.Code))
	if f.Mailbox != "" {
		b.WriteString(" for " + f.Mailbox.Redacted())
	}
	if f.RequestID != "" {
		b.WriteString(" (request " + f.RequestID + ")")
	}
	if f.Text != "" {
		b.WriteString(": " + f.Text)
	} else if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	return b.String()
}

// Unwrap gives the error the fault was made of.
func (f *Fault) Unwrap() error { return f.Err }

// MoveStarted reports whether the server says that the mailbox began to move.
// Exchange tells it by a word in the text of ErrorInvalidSubscription and by no
// code of its own: the one place where a text decides (as in Microsoft's
// EWSStreamingNotificationSample).
func (f *Fault) MoveStarted() bool { return strings.Contains(f.Text, "MailboxMoveStarted") }
