package lies

import (
	"strings"
	"testing"
	"time"
)

// good is what an honest Autodiscover says of a user.
var good = place(string(ewsURL), "Site-A")

// bad is an error of a user.
func userError(errorCode, target string) string {
	return "<UserResponse><ErrorCode>" + errorCode + "</ErrorCode><RedirectTarget>" + target + "</RedirectTarget></UserResponse>"
}

// What Autodiscover says. The discoverer runs alone, for a and b.
var autodiscover = []lie{
	{name: "more users than asked for", op: opDiscover, meets: only(settings(good, good, good)), lasts: 10 * time.Minute,
		want: "", asks: "3"},
	{name: "fewer users than asked for", op: opDiscover, meets: only(settings(good)),
		want: "", asks: "2"},
	{name: "no users", op: opDiscover, meets: only(settings()),
		want: "", asks: "3"},
	{name: "no users, for ever", op: opDiscover, meets: only(settings()), forever: true, lasts: time.Hour,
		want: "undiscoverable malformed a×3 b×3", asks: "7"},
	{name: "an EWS URL of another host", op: opDiscover, meets: only(settings(place("https://evil.example/EWS/Exchange.asmx", "Site-A"), good)),
		want: "", asks: "1"},
	{name: "an EWS URL that is empty", op: opDiscover, meets: only(settings(place("", "Site-A"), good)),
		want: "undiscoverable SettingIsNotAvailable a", asks: "1"},
	{name: "no grouping", op: opDiscover, meets: only(settings(place(string(ewsURL), ""), good)),
		want: "", asks: "1"},
	{name: "a user without code", op: opDiscover, meets: only(settings("<UserResponse/>", good)),
		want: "undiscoverable malformed a", asks: "2"},
	{name: "an unknown user", op: opDiscover, meets: only(settings(userError("InvalidUser", ""), good)),
		want: "undiscoverable InvalidUser a", asks: "1"},
	{name: "a text of 1 MiB", op: opDiscover, meets: only(settings("<UserResponse><ErrorCode>InvalidUser</ErrorCode><ErrorMessage>"+strings.Repeat("x", 1<<20)+"</ErrorMessage></UserResponse>", good)),
		want: "undiscoverable InvalidUser a", asks: "1"},
	{name: "HTML", op: opDiscover, meets: only(reply("200 OK", loginPage)),
		want: "", asks: "3"},
	{name: "the answer of EWS", op: opDiscover, meets: only(reply("200 OK", answer(opSubscribe, "Success", code("NoError")))),
		want: "", asks: "3"},
	{name: "401 for ever, with Basic", op: opDiscover, meets: only(reply("401 Unauthorized", "")), forever: true, basic: true, lasts: time.Hour,
		want: "trouble: Exchange refused the login of svc", asks: "4"},
	{name: "busy for ever", op: opDiscover, meets: only(reply("503 Service Unavailable", "", "Retry-After: 99999999999999")), forever: true, lasts: 30 * time.Hour,
		want: "", asks: "2"},
	{name: "redirects without end", op: opDiscover, meets: only(reply("302 Found", "", "Location: https://autodiscover.contoso.com/autodiscover/autodiscover.svc")), forever: true, lasts: time.Hour,
		want: "undiscoverable RedirectUrl a×2 b×2", asks: "1..60"},
	{name: "redirects of an address in a circle", op: opDiscover, meets: only(settings(userError("RedirectAddress", "a@contoso.com"), userError("RedirectAddress", "b@contoso.com"))), forever: true, lasts: time.Hour,
		want: "undiscoverable RedirectAddress a×2 b×2", asks: "2"},
}

func TestAutodiscover(t *testing.T) { tell(t, discovering, autodiscover) }
