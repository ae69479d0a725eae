// Package lies holds the stages against a server that lies: a table of scripted
// misbehaviours of an Exchange server, and for each what a user then sees.
//
// The real client and the real stages run in a bubble whose time is fake. The
// server is a script that writes bytes to a pipe. After each lie an honest server
// follows, which shows that life goes on.
package lies

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
