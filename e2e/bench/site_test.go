package bench

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// groupSize is the number of mailboxes of a group: the most that Exchange allows.
const groupSize = 200

func groupID(group int) messages.GroupID { return messages.GroupID(fmt.Sprintf("group-%04d", group)) }

func mailbox(group, n int) messages.Address {
	return messages.Address(fmt.Sprintf("firstname.lastname%03d-%04d@contoso.com", n, group))
}

// guid is a GUID of its own for every mailbox.
func guid(group, n int) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d", group, n))
	return sum[:16]
}

// subscription is an id as long as Exchange's: the server's name and a GUID.
func subscription(group, n int) messages.SubscriptionID {
	const host = "exch-mbx-0001.corp.contoso.com"
	raw := binary.LittleEndian.AppendUint16(nil, uint16(len(host)))
	raw = append(raw, host...)
	raw = binary.LittleEndian.AppendUint32(raw, 16)
	raw = append(raw, guid(group, n)...)
	raw = binary.LittleEndian.AppendUint64(raw, uint64(group))
	return messages.SubscriptionID(base64.StdEncoding.EncodeToString(raw))
}

// objectID is an id as long as Exchange's of a folder, or of an item in it: size
// bytes, of which the last differ.
func objectID(group, n, object, size int) string {
	raw := append([]byte{0, 3, 36, 0}, fmt.Sprintf("%x", guid(group, n))...)
	for len(raw) < size-4 {
		raw = append(raw, byte(len(raw)*37))
	}
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(raw, uint32(object)))
}

func folderID(group, n, folder int) string { return objectID(group, n, folder, 90) }

func itemID(group, n, item int) string { return objectID(group, n, item, 114) }

func foldersOf(group, n int) messages.MailboxFolders {
	f := messages.MailboxFolders{Meta: meta(fmt.Sprintf("folders-%d-%d", group, n)), Mailbox: mailbox(group, n),
		Folders: map[messages.FolderName]string{}}
	for i, name := range messages.WellKnownFolders() {
		f.Folders[name] = folderID(group, n, i)
	}
	return f
}

func subscribed(group int, url messages.Endpoint) messages.GroupSubscribed {
	g := messages.GroupSubscribed{Meta: meta(fmt.Sprintf("subscribed-%d", group)), Group: groupID(group), Generation: 1, Revision: 1,
		URL: url, Grouping: "SITE-1", Anchor: mailbox(group, 0), Since: time.Now(),
		Subscriptions: map[messages.Address]messages.Subscription{}}
	for n := range groupSize {
		g.Subscriptions[mailbox(group, n)] = messages.Subscription{ID: subscription(group, n), Since: g.Since}
	}
	return g
}

func meta(id string) messages.Meta { return messages.Meta{ID: id, Time: time.Now()} }

// seed stores the facts of groups, as if they had been subscribed.
func seed(b *testing.B, bus *jetbus.Bus, groups int, url messages.Endpoint) {
	b.Helper()
	for group := range groups {
		var facts []messages.Fact
		for n := range groupSize {
			facts = append(facts, foldersOf(group, n))
		}
		must(b, bus.Record(b.Context(), facts...))
		_, err := bus.Decide(b.Context(), subscribed(group, url), 0)
		must(b, err)
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// openBus connects to a server, with a prefix of its own, and makes the streams.
func openBus(b *testing.B, url, prefix string) *jetbus.Bus {
	b.Helper()
	bus, err := jetbus.Connect(context.Background(), jetbus.Config{URL: url, Stage: "bench", Prefix: prefix, EventMaxBytes: 4 << 30,
		Logger: slog.New(slog.DiscardHandler)})
	must(b, err)
	b.Cleanup(bus.Close)
	must(b, bus.EnsureStreams(b.Context()))
	return bus
}
