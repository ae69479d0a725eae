package ewsaffinity

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestFaultError(t *testing.T) {
	tests := []struct {
		name  string
		fault Fault
		want  string
	}{
		{"all", Fault{Op: OpSubscribe, Code: "ErrorServerBusy", Mailbox: "anna@contoso.com", RequestID: "4711", Text: "The server is busy."},
			"Subscribe: ErrorServerBusy for a***@contoso.com (request 4711): The server is busy."},
		{"no words of the server", Fault{Op: OpStream, Code: CodeTruncated, Err: io.ErrUnexpectedEOF},
			"GetStreamingEvents: truncated: unexpected EOF"},
		{"bare", Fault{Op: OpDiscover, Code: HTTPStatus(503)}, "Autodiscover: http-503"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if have := test.fault.Error(); have != test.want {
				t.Errorf("\nwant %s\nhave %s", test.want, have)
			}
		})
	}
}

func TestFaultNeverNamesTheMailboxInFull(t *testing.T) {
	fault := &Fault{Op: OpStream, Code: CodeReset, Mailbox: "anna@contoso.com"}
	if text := fault.Error(); strings.Contains(text, "anna") {
		t.Errorf("the error shows the address: %s", text)
	}
}

func TestFaultIsFoundAndUnwraps(t *testing.T) {
	err := fmt.Errorf("open group g1: %w", &Fault{Op: OpStream, Code: CodeEOF, Err: io.EOF})
	var fault *Fault
	if !errors.As(err, &fault) || fault.Code != CodeEOF {
		t.Errorf("want the fault, have %v", fault)
	}
	if !errors.Is(err, io.EOF) {
		t.Error("want the cause below the fault to be found")
	}
}

func TestMoveStarted(t *testing.T) {
	moving := Fault{Text: "Subscription is invalid., no more events … Event type = MailboxMoveStarted, …"}
	if !moving.MoveStarted() {
		t.Error("want MoveStarted for the text of a mailbox move")
	}
	if (&Fault{Text: "Mailbox move in progress."}).MoveStarted() {
		t.Error("no other text means MoveStarted")
	}
}
