package exchange_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/exchange"
)

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	tests := map[string]struct {
		statuses []int // of the answers in order; the last stays
		again    bool
		sent     int
		told     int
	}{
		"good":             {[]int{500}, true, 1, 0},
		"refused":          {[]int{401, 500}, true, 2, 1},
		"refused again":    {[]int{401}, true, 2, 1},
		"refused for good": {[]int{401}, false, 1, 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent, told := 0, 0
				began := time.Now()
				cfg := exchange.Config{Refused: func(begun time.Time) bool {
					if told++; !begun.Equal(began) {
						t.Errorf("told of a request at %s, want %s", begun, began)
					}
					return tt.again
				}}
				a := over(cfg, func(*http.Request) (*http.Response, error) {
					time.Sleep(time.Second)
					status := tt.statuses[min(sent, len(tt.statuses)-1)]
					sent++
					return answer(status, ""), nil
				})
				if _, err := a.Folders(t.Context(), ews, anna); err == nil || sent != tt.sent || told != tt.told {
					t.Errorf("have %v, sent %d, told %d, want sent %d and told %d", err, sent, told, tt.sent, tt.told)
				}
			})
		})
	}
}
