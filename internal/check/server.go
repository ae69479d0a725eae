package check

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// maxSkew is the difference of the clocks from which on it is warned of.
const maxSkew = time.Minute

// server says what Exchange is, and which version of the schema it takes.
func (w *walk) server(context.Context) Finding { return serves(w.folder) }

func serves(r reply) Finding {
	asked := r.asked()
	if isVersion(r.err) {
		f := failure(r.err, ewsaffinity.OpReadBack)
		f.Text = fmt.Sprintf("RequestServerVersion %v refused: %s", asked, f.Text)
		return f.advise("see exchange.version")
	}
	f := ok("%s", release(r.last().ResponseBody))
	if n := len(asked); n == 1 {
		f.Text += ", takes RequestServerVersion " + asked[0]
	} else if n > 1 {
		f = f.with(fmt.Sprintf("refused %v", asked[:n-1])).advise("write exchange.version: " + asked[n-1])
		f.Status, f.Text = Warning, f.Text+", takes RequestServerVersion "+asked[n-1]+" only"
	}
	return f.with(trail(r.meta()))
}

// isVersion recognises that no version of the schema was taken.
func isVersion(err error) bool {
	var e *ewssoap.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case "ErrorInvalidServerVersion", "ErrorIncorrectSchemaVersion", "ErrorInvalidSchemaVersionForMailboxVersion":
		return true
	}
	return false
}

// releases of Exchange by major and minor version; an answer's Version names a schema, not a server.
var releases = map[string]string{
	"14.0": "Exchange 2010", "14.1": "Exchange 2010 SP1", "14.2": "Exchange 2010 SP2", "14.3": "Exchange 2010 SP3",
	"15.0": "Exchange 2013", "15.1": "Exchange 2016", "15.2": "Exchange 2019 or Subscription Edition", "15.20": "Exchange Online",
}

// release names the server of an answer by its ServerVersionInfo.
func release(answer []byte) string {
	v, has := attributes(answer, "ServerVersionInfo")
	if !has {
		return "a server that does not tell its version"
	}
	number := fmt.Sprintf("%s.%s.%s.%s", v["MajorVersion"], v["MinorVersion"], v["MajorBuildNumber"], v["MinorBuildNumber"])
	if name, known := releases[v["MajorVersion"]+"."+v["MinorVersion"]]; known {
		return name + " (" + number + ")"
	}
	return "a server of version " + number
}

// attributes are those of the first element of a local name.
func attributes(document []byte, name string) (map[string]string, bool) {
	d := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := d.RawToken()
		if err != nil {
			return nil, false
		}
		start, is := token.(xml.StartElement)
		if !is || start.Name.Local != name {
			continue
		}
		values := map[string]string{}
		for _, a := range start.Attr {
			values[a.Name.Local] = a.Value
		}
		return values, true
	}
}

// clock compares Exchange's clock with ours.
func (w *walk) clock(context.Context) Finding {
	x := w.folder.last()
	date, err := http.ParseTime(x.ResponseHeader.Get("Date"))
	if err != nil {
		return found(Skipped, "the server sends no Date")
	}
	return skewed(x.Received.Sub(date))
}

// skewed judges by how much our clock is ahead of a header that has whole seconds.
func skewed(ahead time.Duration) Finding {
	by := ahead.Abs().Truncate(time.Second)
	switch {
	case by <= maxSkew:
		return ok("differs by less than a minute")
	case ahead > 0:
		return warning("Exchange's clock is %s behind", by).advise("set both by NTP: the times of gaps are Exchange's, and Kerberos fails from 5 min on")
	}
	return warning("Exchange's clock is %s ahead", by).advise("set both by NTP: the times of gaps are Exchange's, and Kerberos fails from 5 min on")
}

// openMailbox says whether the account may act for the mailbox.
func (w *walk) openMailbox(context.Context) Finding {
	return opened(w.folder, w.cfg.Settings.Exchange.Impersonation)
}

func opened(r reply, impersonation bool) Finding {
	how := "as a delegate"
	if impersonation {
		how = "impersonated"
	}
	if r.err != nil {
		f := failure(r.err, ewsaffinity.OpSubscribe)
		f.Text = "not opened " + how + ": " + f.Text
		return f
	}
	return ok("inbox found, %s", how)
}
