package kerberos

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

const (
	// spare is how long before its end a ticket is replaced, for clocks that differ.
	spare = time.Minute
	// fresh is how old a ticket may be to be used though a login was refused: it is not to blame, and the KDC is spared.
	fresh = time.Minute
)

// ticket is a ticket for a service, with the names that the KDC gave the client.
type ticket struct {
	ticket       messages.Ticket
	key          types.EncryptionKey
	client       types.PrincipalName
	realm        string
	since, until time.Time
}

func (t ticket) usable(now time.Time, renew bool) bool {
	return now.Add(spare).Before(t.until) && (!renew || now.Sub(t.since) < fresh)
}

// flight is a question to the KDC that several logins may wait for.
type flight struct {
	done   chan struct{}
	ticket ticket
	err    error
}

// ticket returns the ticket in hand, or gets one.
func (m *mechanism) ticket(ctx context.Context, spn string, renew bool) (ticket, error) {
	m.mu.Lock()
	if t, ok := m.tickets[spn]; ok && t.usable(time.Now(), renew) {
		m.mu.Unlock()
		return t, nil
	}
	f := m.flights[spn]
	if f == nil {
		f = &flight{done: make(chan struct{})}
		m.flights[spn] = f
		go m.fly(context.WithoutCancel(ctx), spn, f)
	}
	m.mu.Unlock()
	select {
	case <-f.done:
		return f.ticket, f.err
	case <-ctx.Done():
		return ticket{}, ctx.Err()
	}
}

func (m *mechanism) fly(ctx context.Context, spn string, f *flight) {
	f.err = guarded(func() (err error) {
		f.ticket, err = m.acquire(ctx, spn)
		return err
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.flights, spn)
	delete(m.tickets, spn)
	if f.err == nil {
		now := time.Now()
		maps.DeleteFunc(m.tickets, func(_ string, t ticket) bool { return !t.usable(now, false) })
		m.tickets[spn] = f.ticket
	} else {
		f.err = fmt.Errorf("ticket for %s: %w", spn, f.err)
	}
	close(f.done)
}

// acquire logs in to the KDC and asks for the ticket.
func (m *mechanism) acquire(ctx context.Context, spn string) (ticket, error) {
	c, err := m.logIn(ctx)
	if err != nil {
		return ticket{}, err
	}
	defer c.Destroy()
	name := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, spn)
	_, reply, err := c.TGSREQGenerateAndExchange(name, c.Credentials.Domain(), c.tgt, c.key, false)
	if err != nil {
		return ticket{}, err
	}
	return ticket{
		ticket: reply.Ticket, key: reply.DecryptedEncPart.Key, client: reply.CName, realm: reply.CRealm,
		since: time.Now(), until: reply.DecryptedEncPart.EndTime,
	}, nil
}

// guarded calls what is gokrb5's. It indexes in places what it has not measured, so a panic there means a broken message or
// file.
func guarded(call func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("a broken Kerberos message or file: %v", r)
		}
	}()
	return call()
}
