package exchangesim

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
)

// head sets the headers that all answers have.
func (c *call) head() {
	h, cfg := c.w.Header(), c.s.cfg
	c.s.commonHead(h, c.r, c.server)
	if cfg.Headers == HeadersNone {
		return
	}
	if c.server != nil && cfg.Headers != Headers2010 {
		c.nameServers(h)
	}
	if c.server != nil && (cfg.Cookies == CookieAlways || c.setNew && cfg.Cookies == CookieOnAnchor) {
		setCookie(h, overrideCookie, cfg.Version.cookieValue(c.server.name), "path=/; secure; HttpOnly")
	}
	if c.op != nil && cfg.Headers != Headers2010 {
		h.Set("X-EwsHandler", c.op.name.Local)
	}
}

// nameServers says who answered.
func (c *call) nameServers(h http.Header) {
	short := c.server.shortName()
	h.Set("X-CalculatedBETarget", c.server.name)
	h.Set("X-BEServer", short)
	h.Set("X-DiagInfo", short)
	if c.s.cfg.Headers != HeadersOnline {
		h.Set("X-FEServer", short)
		return
	}
	// Online two front ends stand before the server, whose names are made of its own.
	outer, inner := c.server.frontEnd(1), c.server.frontEnd(2)
	h.Set("X-FEServer", inner.shortName())
	h.Add("X-FEServer", outer.shortName())
	h.Set("X-CalculatedFETarget", inner.name)
	h.Set("X-FEProxyInfo", strings.ToUpper(outer.name))
	h.Set("X-FEEFZInfo", "SIM")
	h.Set("X-Proxy-RoutingCorrectness", "1")
	h.Set("X-BackEndHttpStatus", strconv.Itoa(c.log.HTTPStatus))
}

// frontEnd is a front end server before a mailbox server.
func (m *mailboxServer) frontEnd(number int) *mailboxServer {
	host, domain, _ := strings.Cut(m.name, ".")
	return &mailboxServer{name: fmt.Sprintf("%sca%04d.%s", host, number, domain)}
}

// commonHead sets what EWS and Autodiscover share. The server may be nil.
func (s *Server) commonHead(h http.Header, r *http.Request, server *mailboxServer) {
	if s.cfg.Headers == HeadersNone {
		h["Date"] = nil
		return
	}
	h.Set("Cache-Control", "private")
	h.Set("Server", "Microsoft-IIS/10.0")
	h.Set("X-Powered-By", "ASP.NET")
	id := newGUID("request", strconv.FormatUint(s.answered.Add(1), 10), strconv.FormatInt(s.started.UnixNano(), 10)).String()
	if s.cfg.Headers == Headers2010 {
		h.Set("Server", "Microsoft-IIS/7.5") // of Windows Server 2008 R2
		h.Set("X-AspNet-Version", "2.0.50727")
		h.Set("Persistent-Auth", "true")
	} else {
		h.Set("request-id", id)
	}
	if sent := r.Header.Get("client-request-id"); sent != "" && strings.EqualFold(r.Header.Get("return-client-request-id"), "true") {
		h.Set("client-request-id", sent)
	}
	if _, err := r.Cookie(exchangeCookie); err != nil {
		expires := s.now().UTC().AddDate(1, 0, 0).Format(cookieTimeFormat)
		setCookie(h, exchangeCookie, exchangeCookieValue(server, id), "expires="+expires+"; path=/; HttpOnly")
	}
}

// cookieTimeFormat is how ASP.NET writes when a cookie expires: with hyphens, as the first draft of cookies had it.
const cookieTimeFormat = "Mon, 02-Jan-2006 15:04:05 GMT"

// exchangeCookie leads back to a client access server of Exchange 2010; later ones ignore it.
const exchangeCookie = "exchangecookie"

// exchangeCookieValue is 32 hexadecimal digits, of which the first eight stand for the server.
func exchangeCookieValue(server *mailboxServer, id string) string {
	value := strings.ReplaceAll(id, "-", "")
	if server == nil {
		return value
	}
	return server.digits() + value[8:]
}

func (m *mailboxServer) digits() string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(m.name)) // does not fail
	return fmt.Sprintf("%08x", sum.Sum32())
}
