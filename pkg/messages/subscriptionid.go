package messages

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// longestHost is the longest name of a host (RFC 1035).
const longestHost = 253

// guidLength is what a subscription id says after the host's name: a length, and
// that many bytes of a GUID.
const guidLength = 16

// Host is the mailbox server that a subscription id names, in lower case, and
// whether it names one. Exchange's ids begin with the name of the server that made
// them (observed, and opaque by contract: show it, never decide by it). The ids of
// one group name one host where affinity works; those of other servers, such as
// gromox, name none.
func (id SubscriptionID) Host() (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(string(id))
	if err != nil || len(raw) < 2 {
		return "", false
	}
	length, rest := int(binary.LittleEndian.Uint16(raw)), raw[2:]
	if length == 0 || length > longestHost || len(rest) < length+4+guidLength {
		return "", false
	}
	host, rest := strings.ToLower(string(rest[:length])), rest[length:]
	if binary.LittleEndian.Uint32(rest) != guidLength || !isHost(host) {
		return "", false
	}
	return host, true
}

// isHost reports whether a name in lower case can be a host's: labels of letters,
// digits, - and _, separated by dots.
func isHost(name string) bool {
	for label := range strings.SplitSeq(name, ".") {
		if label == "" {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
				return false
			}
		}
	}
	return true
}
