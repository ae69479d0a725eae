package lies

import "testing"

// What Autodiscover gives for the URL of EWS that must not be asked: credentials do not
// go in clear, and a URL has to be one. All three stages run, for a and b.
var ewsURLs = []lie{
	{name: "without TLS", op: opDiscover, meets: only(settings(place("http://mail.contoso.com/EWS/Exchange.asmx", "Site-A"), good)),
		want: "undiscoverable SettingIsNotAvailable a; back", asks: "1"},
	{name: "of another scheme", op: opDiscover, meets: only(settings(place("file:///etc/passwd", "Site-A"), good)),
		want: "undiscoverable SettingIsNotAvailable a; back", asks: "1"},
	{name: "without host", op: opDiscover, meets: only(settings(place("/EWS/Exchange.asmx", "Site-A"), good)),
		want: "undiscoverable SettingIsNotAvailable a; back", asks: "1"},
}

func TestEWSURLs(t *testing.T) { tell(t, pipeline, ewsURLs) }
