package breaker

import (
	"errors"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

// errNeither is the outcome of a request that says nothing about the endpoint.
var errNeither = errors.New("neither success nor failure of the endpoint")

func excluded(err error) bool { return errors.Is(err, errNeither) }

// outcome puts a fault in gobreaker's terms. An endpoint that refuses one mailbox
// is up. Throttling of a mailbox, credentials, and what may be a single
// database's trouble say nothing.
func outcome(fault *ewsaffinity.Fault) error {
	if fault == nil {
		return nil
	}
	row := ewsaffinity.Recover(fault.Op, fault.Code)
	switch endpoint := row.Scope.Has(ewsaffinity.ScopeEndpoint); {
	case row.Steps[0].Do == ewsaffinity.ReopenSameIDs:
		return fault
	case endpoint && !row.Scope.Has(ewsaffinity.ScopeMailbox):
		return fault
	case endpoint, row.Scope.Has(ewsaffinity.ScopeAccount), fault.Code == ewsaffinity.CodeCancelled:
		return errNeither
	}
	return nil
}
