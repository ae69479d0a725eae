package messages_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestCoverageOf(t *testing.T) {
	coverage := messages.Coverage{
		Group: "g1", Generation: 2, Revision: 3, Until: later,
		Members: []messages.Address{anna, bert}, Behind: map[messages.Address]time.Time{bert: noon},
	}
	tests := []struct {
		mailbox messages.Address
		until   time.Time
		ok      bool
	}{
		{anna, later, true},
		{bert, noon, true},
		{"carl@contoso.com", time.Time{}, false},
	}
	for _, test := range tests {
		if until, ok := coverage.Of(test.mailbox); until != test.until || ok != test.ok {
			t.Errorf("%s: want %v %v, have %v %v", test.mailbox, test.until, test.ok, until, ok)
		}
	}
	data, err := json.Marshal(coverage)
	if err != nil {
		t.Fatal(err)
	}
	var have messages.Coverage
	if err := json.Unmarshal(data, &have); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(coverage, have); diff != "" {
		t.Errorf("by JSON: want -, have +\n%s", diff)
	}
}
