// Package outcome holds the answers of a bus that its users act on. It is apart
// from jetbus so that a stage can name them without knowing NATS.
package outcome

import (
	"errors"
	"fmt"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// ConflictError says that a decision about a group, or its coverage, was not stored
// because another was stored first. Read it again and decide anew; never repeat blindly.
type ConflictError struct {
	Group    messages.GroupID
	Expected uint64 // the sequence the decision was made on
	Actual   uint64 // the sequence of the newest decision stored; 0: the group has none
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("decide group %s: expected sequence %d, stored is %d: another decided it, read it and decide again",
		e.Group, e.Expected, e.Actual)
}

// EpochError says that an epoch was not opened, because another one of the mailbox
// has opened since the former one that it names: another process streams it.
type EpochError struct {
	Mailbox messages.Address
	Former  messages.Epoch // the one that was named
	Newest  messages.Epoch
}

func (e *EpochError) Error() string {
	return fmt.Sprintf("open an epoch of %s after epoch %d: epoch %d has opened meanwhile: another process streams it",
		e.Mailbox.Redacted(), e.Former, e.Newest)
}

// UnstorableError says that an event or a fact can never be stored. It lies in
// the dead letters. Those before Index are stored, those from Index on are not.
//
// Only where the server itself refused it may later ones of other mailboxes have
// been stored before the refusal came; publishing them again is harmless, because
// they keep their ids.
type UnstorableError struct {
	Index  int    // its place in what was to be published
	Reason string // who refused it, and why
}

func (e *UnstorableError) Error() string {
	return fmt.Sprintf("message %d can never be stored (%s): it was put into the dead letters", e.Index, e.Reason)
}

// CredentialsError says that NATS refused the login. Trying again with the same
// credentials cannot help.
type CredentialsError struct {
	Server string // the URL without credentials
	Err    error
}

func (e *CredentialsError) Error() string {
	return fmt.Sprintf("connect to NATS at %s: the credentials were refused: %v: check nats.user, nats.nkey or nats.credentials",
		e.Server, e.Err)
}

func (e *CredentialsError) Unwrap() error { return e.Err }

// ExitCode is the one of a process that ends by it: EX_NOPERM of sysexits. A
// supervisor that heeds it does not start the process again and again.
func (e *CredentialsError) ExitCode() int { return 77 }

// RegressedError says that a stream holds less than was delivered from it: it was
// restored from an old copy, or deleted and made again. What was folded of it is
// void and must be folded anew.
type RegressedError struct {
	Stream    string
	Delivered uint64 // a sequence that the stream had reached
	Last      uint64 // its last sequence now
	Remade    bool   // it was deleted and made again
}

func (e *RegressedError) Error() string {
	cause := "it was restored from an old copy"
	if e.Remade {
		cause = "it was deleted and made again"
	}
	return fmt.Sprintf("stream %s has gone backwards: it had reached sequence %d, its last is %d: %s; start the stages again, and see what the copy lacks",
		e.Stream, e.Delivered, e.Last, cause)
}

// ErrClosed says that the bus or the lane was closed.
var ErrClosed = errors.New("the bus is closed")

// Regression says that a stream holds less than it had acknowledged: it was
// restored from an old copy, or deleted and made again.
type Regression struct {
	Stream       string
	Acknowledged uint64 // the highest sequence acknowledged before
	Sequence     uint64 // what was stored later, and should be higher
}
