package exchangesim

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// guid is a GUID in the byte order of .NET: the first three fields little-endian.
type guid [16]byte

// newGUID makes the same GUID of the same words.
func newGUID(words ...string) guid {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	g := guid(sum[:16])
	g[7] = g[7]&0x0f | 0x40 // version 4
	g[8] = g[8]&0x3f | 0x80
	return g
}

func (g guid) String() string {
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", binary.LittleEndian.Uint32(g[0:]),
		binary.LittleEndian.Uint16(g[4:]), binary.LittleEndian.Uint16(g[6:]), g[8:10], g[10:])
}

// objectRef says which object of which mailbox an id names. Item is 0 for a folder.
type objectRef struct {
	mailbox string // GUID of the mailbox as text
	folder  uint64
	item    uint64
}

// Sizes and constants of ids, see MS-OXWSITEMID and the EntryID structures of MS-OXCDATA.
const (
	idPlain, idPacked = 0, 1
	idByMailboxGUID   = 3
	entryOffset       = 3 + guidText + 3 // of the EntryID in the payload
	guidText          = 36
	folderEntry       = 46
	messageEntry      = 70
	entryCounter      = 38 // where the folder's counter stands in an EntryID
	messageCounter    = 62
)

// payload is the id before compression and base64.
func (r objectRef) payload() []byte {
	provider, database := newGUID("provider", r.mailbox), newGUID("replica", r.mailbox)
	b := []byte{idByMailboxGUID, guidText, 0}
	b = append(b, r.mailbox...)
	if r.item == 0 {
		b = append(b, 0, folderEntry, 0, 0, 0, 0, 0)
		b = append(b, provider[:]...)
		return appendCounter(append(b, 1, 0), database, r.folder)
	}
	b = append(b, 0, messageEntry, 0, 0, 0, 0, 0)
	b = append(b, provider[:]...)
	b = appendCounter(append(b, 7, 0), database, r.folder)
	return appendCounter(b, database, r.item)
}

func appendCounter(b []byte, database guid, n uint64) []byte {
	b = append(b, database[:]...)
	var be [8]byte
	binary.BigEndian.PutUint64(be[:], n)
	b = append(b, be[2:]...)
	return append(b, 0, 0)
}

// plain writes the id as AAMk….
func (r objectRef) plain() string {
	return base64.StdEncoding.EncodeToString(append([]byte{idPlain}, r.payload()...))
}

// packed writes the id run-length packed, as AQMk…, where that is shorter.
func (r objectRef) packed() string {
	payload := r.payload()
	if b := pack(payload); len(b) < len(payload) {
		return base64.StdEncoding.EncodeToString(append([]byte{idPacked}, b...))
	}
	return r.plain()
}

// parseObjectID reads either form of an id.
func parseObjectID(s string) (objectRef, bool) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(raw) < 1 {
		return objectRef{}, false
	}
	b := raw[1:]
	if raw[0] == idPacked {
		b = unpack(b)
	}
	head := entryOffset
	if len(b) < head || !bytes.Equal(b[:3], []byte{idByMailboxGUID, guidText, 0}) {
		return objectRef{}, false
	}
	ref := objectRef{mailbox: string(b[3 : 3+guidText])}
	if !ref.readEntry(b[head:]) {
		return objectRef{}, false
	}
	return ref, true
}

// readEntry reads an EntryID.
func (r *objectRef) readEntry(entry []byte) bool {
	switch len(entry) {
	case messageEntry:
		r.item = counter(entry[messageCounter:])
	case folderEntry:
	default:
		return false
	}
	r.folder = counter(entry[entryCounter:])
	return true
}

func counter(b []byte) uint64 {
	return uint64(b[0])<<40 | uint64(b[1])<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
}

// pack writes a run of equal bytes as two of them and the number of the others (MS-OXCEXT 3.1.4.5).
func pack(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b); {
		n := 1
		for i+n < len(b) && b[i+n] == b[i] && n < 257 {
			n++
		}
		out = append(out, b[i])
		if n > 1 {
			out = append(out, b[i], byte(n-2))
		}
		i += n
	}
	return out
}

// maxUnpacked bounds what an id of a request may unpack to.
const maxUnpacked = 1024

func unpack(b []byte) []byte {
	var out []byte
	for i := 0; i < len(b) && len(out) < maxUnpacked; i++ {
		out = append(out, b[i])
		if i+2 < len(b) && b[i+1] == b[i] {
			out = append(out, bytes.Repeat(b[i:i+1], int(b[i+2])+1)...)
			i += 2
		}
	}
	return out
}

// dotNetEpoch is the year 1 in 100 ns ticks before 1970.
const dotNetEpoch = 621355968000000000

// newSubscriptionID writes an id of a form seen in public captures: the server's name, a GUID, then the time in .NET
// ticks, then the mailbox's GUID.
func newSubscriptionID(form SubscriptionIDForm, server string, id guid, created time.Time, mailbox guid) string {
	b := binary.LittleEndian.AppendUint16(nil, uint16(len(server)))
	b = append(b, server...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = append(b, id[:]...)
	if form != SubscriptionIDShort {
		b = binary.LittleEndian.AppendUint64(b, uint64(dotNetEpoch+created.UnixNano()/100))
	}
	if form != SubscriptionIDShort && form != SubscriptionIDWithTime {
		b = binary.LittleEndian.AppendUint32(b, 16)
		b = append(b, mailbox[:]...)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// newCounterID writes an id as gromox does: a number and the life in minutes.
func newCounterID(number uint64, minutes time.Duration) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(number))
	return base64.StdEncoding.EncodeToString(binary.LittleEndian.AppendUint32(b, uint32(minutes)))
}

// looksLikeSubscriptionID tells an id that another server may have given from junk.
func looksLikeSubscriptionID(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) < 2 {
		return false
	}
	host := int(binary.LittleEndian.Uint16(b))
	rest := len(b) - (2 + host + 4 + 16)
	return rest == 0 || rest == 8 || rest == 8+4+16
}
