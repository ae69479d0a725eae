package exchangesim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// overrideCookie is the cookie that binds the requests of a group to a mailbox server.
const overrideCookie = "X-BackEndOverrideCookie"

// packedBuild is the integer that stands behind the server's name in the cookie: the version in the bits of a packed
// Exchange build number (as in public captures; 15.20.4042 is 1943310282).
func (v ServerVersion) packedBuild() int {
	return 0x70000000 | v.Major<<22 | v.Minor<<16 | 0x8000 | v.MajorBuild
}

// cookieValue names a server.
func (v ServerVersion) cookieValue(server string) string {
	return fmt.Sprintf("%s~%d", server, v.packedBuild())
}

// cookieServer reads the server's name, in lower case, from a cookie's value.
func cookieServer(value string) (string, bool) {
	server, build, ok := strings.Cut(value, "~")
	if !ok || server == "" {
		return "", false
	}
	if _, err := strconv.ParseUint(build, 10, 32); err != nil {
		return "", false
	}
	return strings.ToLower(server), true
}

// sentOverrideCookie finds the cookie of a request; documents spell its name in two ways.
func sentOverrideCookie(r *http.Request) string { return sentCookie(r, overrideCookie) }

func sentCookie(r *http.Request, name string) string {
	for _, c := range r.Cookies() {
		if strings.EqualFold(c.Name, name) {
			return c.Value
		}
	}
	return ""
}

// setCookie writes the header itself: http.SetCookie would drop what it dislikes.
func setCookie(h http.Header, name, value, attributes string) {
	h.Add("Set-Cookie", name+"="+value+"; "+attributes)
}
