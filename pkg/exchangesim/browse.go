package exchangesim

import (
	"io"
	"net/http"
)

// servicePage is what a browser sees at the address of EWS: the page of a web service that wants a client.
const servicePage = `<html><head><title>Service</title></head><body><h1>Service</h1>
<p>This is the simulated Exchange. An EWS client posts its requests to this address.</p></body></html>
`

// browse answers a request that is no POST. Like Exchange it asks who calls before it looks at the method: administrators
// and clients try an address with GET, and take 401 for a good sign.
func (c *call) browse() {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		c.plain(http.StatusMethodNotAllowed, "Use POST.")
		return
	}
	c.head()
	c.log.HTTPStatus, c.log.Code = http.StatusOK, "HTTP 200"
	c.s.record(c.log)
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(c.w, servicePage) // the client has gone
}
