package ewssoap

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// versionLadder lists the schema versions that are tried, oldest first: those with streaming notifications that servers
// were released with (office-developer-exchange-docs, "EWS schema versions in Exchange").
var versionLadder = []string{"Exchange2010_SP1", "Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016"}

// VersionMemory is how long a [Client] remembers which version an endpoint takes. Then it begins anew with
// Options.Version, because the server may have been replaced by a newer one.
const VersionMemory = 24 * time.Hour

// refusal is what a server finds wrong with the version a request is written in.
type refusal int

const (
	refusalNone   refusal = iota
	refusalTooNew         // the server, or the mailbox's server behind it, does not know the version
	refusalTooOld         // the request holds what the version does not have
)

// refusalIn reads an error (ResponseCode reference). Where a server sends the words of ErrorInvalidServerVersion with
// another faultcode, the words count.
func refusalIn(e *Error) refusal {
	switch {
	case e.Code == "ErrorInvalidServerVersion", e.Code == "ErrorInvalidSchemaVersionForMailboxVersion":
		return refusalTooNew
	case e.Code == "ErrorIncorrectSchemaVersion":
		return refusalTooOld
	case e.HTTPStatus == http.StatusInternalServerError && strings.HasPrefix(e.Text, "The specified server version is invalid"):
		return refusalTooNew
	}
	return refusalNone
}

// versionChoice is what the refusals of one endpoint leave of the ladder. It is a value: no clock, no I/O.
type versionChoice struct {
	rungs  []string // oldest first
	at     int      // the rung to be sent
	oldest int      // rungs below are too old
	newest int      // rungs above are too new
	since  time.Time
}

// newVersionChoice begins with the wanted version. One that is not on the ladder is taken to be newer than all of it.
func newVersionChoice(wanted string, now time.Time) versionChoice {
	rungs := versionLadder
	if !slices.Contains(rungs, wanted) {
		rungs = append(slices.Clone(rungs), wanted)
	}
	return versionChoice{rungs: rungs, at: slices.Index(rungs, wanted), newest: len(rungs) - 1, since: now}
}

func (v versionChoice) version() string { return v.rungs[v.at] }

// expired says that the choice is to be made anew.
func (v versionChoice) expired(now time.Time) bool { return now.Sub(v.since) >= VersionMemory }

// after returns the choice after a request in version sent was refused, and whether there is a version left to try. Only
// the sent version counts, so refusals may come late, and more than once.
func (v versionChoice) after(sent string, why refusal) (versionChoice, bool) {
	rung := slices.Index(v.rungs, sent)
	next := v
	switch {
	case rung < 0:
		return v, false
	case why == refusalTooNew:
		next.newest = min(v.newest, rung-1)
		next.at = min(v.at, next.newest)
	case why == refusalTooOld:
		next.oldest = max(v.oldest, rung+1)
		next.at = max(v.at, next.oldest)
	}
	if why == refusalNone || next.at < next.oldest || next.at > next.newest {
		return v, false
	}
	return next, true
}
