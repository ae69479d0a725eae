package exchange_test

import (
	"testing"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestUnsubscribeOfWhatIsGoneIsNoError(t *testing.T) {
	sim, client := newSim(t, exchangesim.Config{})
	a := exchange.New(exchange.Config{Impersonation: true}, client)
	place := messages.Place{URL: ews, Anchor: anna}
	s, err := a.Subscribe(t.Context(), place, anna)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := a.Unsubscribe(t.Context(), place, anna, s.ID); err != nil {
			t.Error(err)
		}
	}
	subscription := sim.Truth().Subscriptions[0]
	if subscription.EndedWhy != "unsubscribed" {
		t.Errorf("want it unsubscribed, have %+v", subscription)
	}
}

func TestUnsubscribeByCode(t *testing.T) {
	tests := []struct {
		code string
		want ewsaffinity.Code // empty: no error
	}{
		{"ErrorSubscriptionNotFound", ""},
		{"ErrorInvalidSubscription", ""},
		{"ErrorExpiredSubscription", ""},
		{"ErrorSubscriptionUnsubscribed", ""},
		{"ErrorServerBusy", "ErrorServerBusy"},
		{"ErrorInternalServerError", "ErrorInternalServerError"},
		{"ErrorImpersonationDenied", "ErrorImpersonationDenied"},
		{"ErrorNeverHeardOf", "ErrorNeverHeardOf"},
	}
	for _, test := range tests {
		t.Run(test.code, func(t *testing.T) {
			a := over(exchange.Config{}, answering(200, response("Unsubscribe", message("Unsubscribe", "Error", test.code, ""))))
			err := a.Unsubscribe(t.Context(), messages.Place{URL: ews, Anchor: anna}, bert, "s1")
			if test.want == "" {
				if err != nil {
					t.Errorf("want no error, have %v", err)
				}
				return
			}
			if f := asFault(t, err); f.Code != test.want || f.Op != ewsaffinity.OpUnsubscribe || f.Mailbox != bert {
				t.Errorf("want %s, have %+v", test.want, f)
			}
		})
	}
}
