package jetbus

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func configOf(t *testing.T, b *Bus, stream string) jetstream.StreamConfig {
	t.Helper()
	handle, err := b.js.Stream(limited(t), b.cfg.streamName(stream))
	must(t, err)
	return handle.CachedInfo().Config
}

func TestEnsureStreams(t *testing.T) {
	b, _ := fresh(t, func(c *Config) { c.Prefix = "acme.ews" })
	tests := []struct {
		stream, subjects string
		perSubject       int64
		maxAge           time.Duration
		retention        jetstream.RetentionPolicy
		ttl              bool
	}{
		{streamMailbox, "acme.ews.mailbox.>", 16, 0, jetstream.LimitsPolicy, false},
		{streamGroup, "acme.ews.group.>", 2, 0, jetstream.LimitsPolicy, true},
		{streamRegroup, "acme.ews.regroup.>", -1, 24 * time.Hour, jetstream.WorkQueuePolicy, false},
		{streamEvent, "acme.ews.event.>", -1, 7 * 24 * time.Hour, jetstream.LimitsPolicy, false},
		{streamCoord, "acme.ews.coord.>", 1, 0, jetstream.LimitsPolicy, true},
		{streamDLQ, "acme.ews.dlq.>", -1, 30 * 24 * time.Hour, jetstream.LimitsPolicy, false},
	}
	for _, tt := range tests {
		cfg := configOf(t, b, tt.stream)
		expect(t, "name", "ACME_EWS_"+tt.stream, cfg.Name)
		expect(t, tt.stream+" subjects", []string{tt.subjects}, cfg.Subjects)
		expect(t, tt.stream+" per subject", tt.perSubject, cfg.MaxMsgsPerSubject)
		expect(t, tt.stream+" age", tt.maxAge, cfg.MaxAge)
		expect(t, tt.stream+" retention", tt.retention, cfg.Retention)
		expect(t, tt.stream+" TTL", tt.ttl, cfg.AllowMsgTTL)
		expect(t, tt.stream+" direct gets", false, cfg.AllowDirect)
		expect(t, tt.stream+" storage", jetstream.FileStorage, cfg.Storage)
	}
	expect(t, "event bytes", int64(1<<30), configOf(t, b, streamEvent).MaxBytes)
	expect(t, "event duplicates", 2*time.Minute, configOf(t, b, streamEvent).Duplicates)
}

func TestEnsureStreamsKeepsWhatAnOperatorWidened(t *testing.T) {
	b, server := fresh(t)
	cfg := configOf(t, b, streamEvent)
	cfg.MaxBytes, cfg.MaxAge, cfg.Duplicates = 2<<30, 10*24*time.Hour, 5*time.Minute
	cfg.Description = "ours"
	_, err := b.js.UpdateStream(limited(t), cfg)
	must(t, err)
	want := configOf(t, b, streamEvent)

	must(t, b.EnsureStreams(limited(t)))
	expect(t, "after the same program", want, configOf(t, b, streamEvent))

	openBus(t, server, func(c *Config) { c.EventMaxBytes, c.EventMaxAge = 3<<30, 24*time.Hour })
	want.MaxBytes = 3 << 30
	expect(t, "after one that asks for more bytes and less age", want, configOf(t, b, streamEvent))
}

func TestEnsureStreamsMendsWhatTheProgramNeeds(t *testing.T) {
	b, _ := fresh(t)
	cfg := configOf(t, b, streamMailbox)
	cfg.Subjects, cfg.MaxMsgsPerSubject, cfg.AllowDirect = []string{"ews.mailbox.contoso=2Ecom.>"}, 3, true
	_, err := b.js.UpdateStream(limited(t), cfg)
	must(t, err)
	must(t, b.EnsureStreams(limited(t)))
	got := configOf(t, b, streamMailbox)
	expect(t, "subjects", []string{"ews.mailbox.>"}, got.Subjects)
	expect(t, "per subject", int64(16), got.MaxMsgsPerSubject)
	expect(t, "direct gets", false, got.AllowDirect)
}

func TestEnsureStreamsSideBySide(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { openBus(t, server) })
	}
	wg.Wait()
}

func TestEnsureStreamsRefuses(t *testing.T) {
	tests := []struct {
		name   string
		server natsserver.Config
		before func(t *testing.T, b *Bus)
		bytes  int64
		want   string
	}{
		{
			name: "another retention",
			before: func(t *testing.T, b *Bus) {
				_, err := b.js.CreateStream(limited(t), jetstream.StreamConfig{Name: "EWS_REGROUP", Subjects: []string{"ews.regroup.>"}})
				must(t, err)
			},
			want: "stream EWS_REGROUP has retention Limits, needed is WorkQueue",
		},
		{
			name: "memory storage",
			before: func(t *testing.T, b *Bus) {
				_, err := b.js.CreateStream(limited(t), jetstream.StreamConfig{Name: "EWS_EVENT", Subjects: []string{"ews.event.>"}, Storage: jetstream.MemoryStorage})
				must(t, err)
			},
			want: "stream EWS_EVENT is kept in Memory, needed is File",
		},
		{
			name: "subjects that another stream has",
			before: func(t *testing.T, b *Bus) {
				_, err := b.js.CreateStream(limited(t), jetstream.StreamConfig{Name: "ALL", Subjects: []string{"ews.>"}})
				must(t, err)
			},
			want: "make stream EWS_MAILBOX: ",
		},
		{name: "more bytes than there are", server: natsserver.Config{MaxStore: 1 << 30}, bytes: 2 << 30, want: "the server has not that much storage"},
		{name: "room for none", server: natsserver.Config{MaxStore: 32 << 20}, want: "the server has not that much storage"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startServer(t, tt.server)
			b, err := Connect(t.Context(), Config{URL: server.ClientURL(), Stage: "test", EventMaxBytes: tt.bytes, Logger: slog.New(slog.DiscardHandler)})
			must(t, err)
			t.Cleanup(b.Close)
			if tt.before != nil {
				tt.before(t, b)
			}
			if err := b.EnsureStreams(limited(t)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestEnsureStreamsTakesWhatThereIs(t *testing.T) {
	server := startServer(t, natsserver.Config{MaxStore: 2 << 30})
	b := openBus(t, server, func(c *Config) { c.EventMaxBytes = 0 })
	expect(t, "event bytes", int64(defaultEventMaxBytes/8), configOf(t, b, streamEvent).MaxBytes)
	must(t, b.EnsureStreams(limited(t)))
	expect(t, "event bytes at the next start", int64(defaultEventMaxBytes/8), configOf(t, b, streamEvent).MaxBytes)
}

func TestWiderLimit(t *testing.T) {
	for _, tt := range []struct{ a, b, want int64 }{{1, 2, 2}, {2, 1, 2}, {-1, 5, -1}, {5, -1, -1}, {0, 5, 0}, {5, 0, 0}} {
		expect(t, fmt.Sprint(tt), tt.want, widerLimit(tt.a, tt.b))
	}
}

func TestDissolvedGroupExpires(t *testing.T) {
	b, _ := fresh(t)
	ctx := limited(t)
	g := messages.GroupSubscribed{Meta: messages.Meta{ID: "d1", Time: noon}, Group: "g1", Generation: 1, URL: endpoint}
	_, err := b.Decide(ctx, g, 0)
	must(t, err)
	stored, err := b.newest(ctx, streamGroup, g.Subject(b.subjects))
	must(t, err)
	expect(t, "TTL", "168h0m0s", stored.Header.Get(jetstream.MsgTTLHeader))
}
