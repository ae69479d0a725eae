package messages_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestEncodingInPlaceOfAnotherMessage: whatever that was, nothing of it is left.
func TestEncodingInPlaceOfAnotherMessage(t *testing.T) {
	for _, former := range sampleEvents() {
		for _, e := range sampleEvents() {
			m := encodeEvent(t, former)
			if err := messages.EncodeEventInto(&m, subjects, e); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(encodeEvent(t, e), m); diff != "" {
				t.Errorf("%s in place of %s: want -, have +\n%s", e.Kind().Type(), former.Kind().Type(), diff)
			}
		}
	}
}
