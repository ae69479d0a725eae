package ewssoap

import (
	"bytes"
	"hash/maphash"
	"time"
)

// Bounds of what a stream remembers of its texts: room for the ids of one busy envelope, at most 128 KiB.
const (
	rememberedTexts = 512
	rememberedSize  = 256 // bytes of one text; the ids of Exchange have up to 152
)

// texts makes strings of bytes. The same few come again and again in a stream (subscriptions, folders, change keys, an
// item in several events, the second), so one that was seen a short time ago is not made anew.
type texts struct {
	seed  maphash.Seed
	seen  [rememberedTexts]string // by hash; the latest stays
	stamp []byte
	at    time.Time // that stamp says
}

func (t *texts) begin() { t.seed = maphash.MakeSeed() }

func (t *texts) of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > rememberedSize {
		return string(b)
	}
	seen := &t.seen[maphash.Bytes(t.seed, b)%rememberedTexts]
	if *seen != string(b) {
		*seen = string(b)
	}
	return *seen
}

// time is timeOf of a text.
func (t *texts) time(b []byte) time.Time {
	if len(b) > rememberedSize {
		return timeOf(string(b))
	}
	if !bytes.Equal(b, t.stamp) {
		t.stamp = append(t.stamp[:0], b...)
		t.at = timeOf(string(b))
	}
	return t.at
}
