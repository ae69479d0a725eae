package exchange_test

import (
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// folders is the answer for the well-known folders: an id made of the name, or
// the error code of the folder.
func folders(codes map[messages.FolderName]string) string {
	var all []string
	for _, name := range messages.WellKnownFolders() {
		if code := codes[name]; code != "" {
			all = append(all, message("GetFolder", "Error", code, ""))
			continue
		}
		all = append(all, message("GetFolder", "Success", "NoError",
			fmt.Sprintf(`<m:Folders><t:Folder><t:FolderId Id="id of %s" ChangeKey="k"/></t:Folder></m:Folders>`, name)))
	}
	return response("GetFolder", all...)
}

func TestFoldersOfASimulatedMailbox(t *testing.T) {
	sim, client := newSim(t, exchangesim.Config{})
	have, err := exchange.New(exchange.Config{Impersonation: true}, client).Folders(t.Context(), ews, bert)
	if err != nil {
		t.Fatal(err)
	}
	item := sim.Deliver(string(bert))
	if have[messages.FolderInbox] != item.FolderID || len(have) != len(messages.WellKnownFolders()) {
		t.Errorf("want ten folders with the inbox %s, have %v", item.FolderID, have)
	}
	if n := len(sim.Truth().Requests); n != 1 {
		t.Errorf("want one request, have %d", n)
	}
}

func TestFoldersThatAreAbsentAreLeftOut(t *testing.T) {
	for _, code := range []string{"ErrorFolderNotFound", "ErrorItemNotFound", "ErrorAccessDenied"} {
		t.Run(code, func(t *testing.T) {
			a := over(exchange.Config{Impersonation: true}, answering(200, folders(map[messages.FolderName]string{
				messages.FolderNotes: code, messages.FolderInbox: code})))
			have, err := a.Folders(t.Context(), ews, anna)
			if err != nil {
				t.Fatal(err)
			}
			want := map[messages.FolderName]string{}
			for _, name := range messages.WellKnownFolders() {
				want[name] = "id of " + string(name)
			}
			delete(want, messages.FolderNotes)
			delete(want, messages.FolderInbox)
			if !maps.Equal(have, want) {
				t.Errorf("\nwant %v\nhave %v", want, have)
			}
		})
	}
}

// TestFoldersFailAsAWhole: a mailbox whose folders could not be asked must not
// look like one without folders.
func TestFoldersFailAsAWhole(t *testing.T) {
	for _, code := range []string{"ErrorServerBusy", "ErrorMailboxStoreUnavailable", "ErrorInternalServerError"} {
		a := over(exchange.Config{}, answering(200, folders(map[messages.FolderName]string{messages.FolderNotes: code})))
		have, err := a.Folders(t.Context(), ews, anna)
		if f := asFault(t, err); have != nil || f.Op != ewsaffinity.OpReadBack || f.Code != ewsaffinity.Code(code) || f.Mailbox != anna {
			t.Errorf("%s: have %v, %+v", code, have, f)
		}
	}
	a := over(exchange.Config{}, answering(http.StatusServiceUnavailable, ""))
	_, err := a.Folders(t.Context(), ews, anna)
	if f := asFault(t, err); f.Op != ewsaffinity.OpReadBack || f.Code != "http-503" {
		t.Errorf("have %+v", f)
	}
}
