package messages_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

const secret = "mbx1~1942062522"

// TestCookieIsNeverPrinted tries every verb, alone and inside other values. The
// secret is looked for as text and as the hexadecimal forms of %x.
func TestCookieIsNeverPrinted(t *testing.T) {
	cookie := messages.Cookie(secret)
	group := messages.GroupSubscribed{Cookie: cookie, ExchangeCookie: cookie}
	values := []any{
		cookie, &cookie, group, &group, []messages.Cookie{cookie}, [1]messages.Cookie{cookie},
		map[string]messages.Cookie{"k": cookie}, map[messages.Cookie]int{cookie: 1},
		struct{ C messages.Cookie }{cookie}, struct{ C any }{cookie}, messages.Place{Cookie: cookie},
	}
	for verb := rune('A'); verb <= 'z'; verb++ {
		if verb == 'p' || verb == 'w' { // not for values: go vet reports them, fmt dumps what they are misused for
			continue
		}
		for _, flags := range []string{"", "+", "#", " ", "-", "0", "30", ".3"} {
			format := "%" + flags + string(verb)
			for _, value := range values {
				mustHide(t, fmt.Sprintf("%s of %T", format, value), fmt.Sprintf(format, value))
			}
		}
	}
	for _, value := range values {
		mustHide(t, fmt.Sprintf("Sprintln of %T", value), fmt.Sprintln(value))
		mustHide(t, fmt.Sprintf("Errorf of %T", value), errors.Join(fmt.Errorf("open: %v", value)).Error())
	}
}

func TestCookieIsNotLoggedAsText(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	logger.Info("subscribed", "cookie", messages.Cookie(secret), "group", messages.GroupSubscribed{Cookie: secret})
	mustHide(t, "slog", log.String())
}

func mustHide(t *testing.T, how, shown string) {
	t.Helper()
	plain := strings.ToLower(strings.NewReplacer(" ", "", "0x", "", ",", "").Replace(shown))
	for _, part := range []string{"mbx1", "1942", fmt.Sprintf("%x", "mbx1")} {
		if strings.Contains(plain, part) {
			t.Fatalf("%s shows the cookie: %s", how, shown)
		}
	}
}

func TestCookieTellsWhetherThereIsOne(t *testing.T) {
	if have := fmt.Sprint(messages.Cookie("")); have != "none" {
		t.Errorf("without a value: want none, have %s", have)
	}
	if have := fmt.Sprint(messages.Cookie(secret)); have != "redacted" {
		t.Errorf("with a value: want redacted, have %s", have)
	}
}

func TestCookieTravelsInJSON(t *testing.T) {
	if have := messages.Cookie(secret).Value(); have != secret {
		t.Errorf("Value: want it, have %s", have)
	}
	data, err := json.Marshal(messages.GroupSubscribed{Cookie: secret})
	if err != nil || !strings.Contains(string(data), secret) {
		t.Errorf("JSON: want the value, have %s, %v", data, err)
	}
}
