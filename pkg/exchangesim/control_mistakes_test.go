package exchangesim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func TestControlMistakes(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"deliver", `{"mailbox":"nobody@sim.test"}`, `no mailbox "nobody@sim.test"`},
		{"deliver", `{"mailbx":"anna@sim.test"}`, `unknown field "mailbx"`},
		{"deliver", `no json`, "not the JSON expected"},
		{"create", `{"mailbox":"anna@sim.test","folder":"nosuch"}`, `no folder "nosuch" in anna@sim.test`},
		{"createfolder", `{"mailbox":"anna@sim.test","parent":"msgfolderroot","name":"projects"}`, "A folder of that name exists."},
		{"createfolder", `{"mailbox":"anna@sim.test","parent":"inbox"}`, "The folder needs a DisplayName."},
		{"delete", `{"mailbox":"anna@sim.test","itemId":"x"}`, "no such item"},
		{"move", `{"mailbox":"nobody@sim.test","to":"notes"}`, `no mailbox "nobody@sim.test"`},
		{"clock", `{"advance":"-1m"}`, "cannot be put back"},
		{"clock", `{}`, "advance is no duration"},
		{"addserver", `{}`, "server is missing"},
		{"addmailbox", `{"mailbox":"anna"}`, "server is missing"},
		{"movemailbox", `{"mailbox":"anna@sim.test"}`, "server is missing"},
		{"failover", `{"server":"ex01.sim.test"}`, "to is missing"},
		{"failover", `{"server":"ex99.sim.test","to":"ex02.sim.test"}`, `no server "ex99.sim.test"; there are ex01.sim.test, ex02.sim.test`},
		{"restart", `{"server":"ex99.sim.test"}`, "no server"},
		{"fail", `{"answer":{}}`, "the answer is empty"},
		{"fail", `{"answer":{"reset":true,"status":503}}`, "several kinds"},
		{"fail", `{"answer":{"status":99}}`, "out of 200..599"},
		{"fail", `{"after":-1,"answer":{"reset":true}}`, "count from 0"},
		{"fail", `{"answer":{"delay":"soon"}}`, "invalid duration"},
		{"fail", `{"answer":{"colour":"red"}}`, `unknown field "colour"`},
		{"produce", `{"rate":1}`, "duration"},
		{"fail", `{"answer":{"responseCode":"RedirectUrl"}}`, "needs a redirectTarget"},
		{"delegate", `{"mailbox":"anna@sim.test","permission":"editor"}`, "account is missing"},
		{"delegate", `{"mailbox":"anna@sim.test","account":"svc","permission":"owner"}`, "use none, reviewer, editor or full-access"},
		{"delegate", `{"mailbox":"anna@sim.test","account":"svc","permission":"full-access","folders":["inbox"]}`, "leave folders out"},
		{"delegate", `{"mailbox":"anna@sim.test","account":"svc","permission":"editor","folders":["nosuch"]}`, `no folder "nosuch"`},
		{"impersonation", `{"mailbox":"nobody@sim.test"}`, "no mailbox"},
		{"autodiscover", `{"mailbox":"anna"}`, "is no address"},
		{"autodiscover", `{"mailbox":"anna@sim.test","error":"500","redirectUrl":"https://b.test/"}`, "set one of redirectAddress"},
		{"autodiscover", `{"mailbox":"anna@sim.test","error":"500","ewsUrl":"https://b.test/"}`, "are of settings"},
		{"autodiscover", `{"mailbox":"anna@sim.test","error":"Busy"}`, `error "Busy": use one of InternalServerError`},
		{"autodiscover", `{"mailbox":"anna@sim.test","redirectAddress":"anna"}`, `redirectAddress "anna" is no address`},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				a := c.do(c.post("/sim/"+test.name, test.body))
				if a.status != http.StatusBadRequest || !strings.Contains(a.body, test.want) {
					t.Errorf("have %d %s, want 400 … %s", a.status, a.body, test.want)
				}
			})
		})
	}
}
