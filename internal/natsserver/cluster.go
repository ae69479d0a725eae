package natsserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	clusterName = "ewsnats-embedded"
	// Ports are chosen before anything listens on them: another may be quicker.
	clusterTries = 3
	lookStep     = 20 * time.Millisecond
)

// Cluster is several servers that keep replicas of their streams.
type Cluster struct{ servers []*Server }

// member is a server's place in a cluster.
type member struct {
	number int
	port   int // for the other members
	routes []*url.URL
}

func (m *member) complete(o *server.Options) {
	if m == nil {
		return
	}
	o.ServerName = fmt.Sprintf("%s-%d", o.ServerName, m.number)
	o.Cluster = server.ClusterOpts{Name: clusterName, Host: o.Host, Port: m.port}
	o.Routes = m.routes
}

// StartCluster starts n servers and waits until they have agreed on a leader. Each
// has a port of its own and a folder below cfg.Dir; cfg.Port must be 0.
func StartCluster(ctx context.Context, n int, cfg Config) (*Cluster, error) {
	if cfg.Port != 0 {
		return nil, errors.New("the servers of a cluster cannot share a port: leave it 0")
	}
	if cfg.Host == "" {
		cfg.Host = defaultHost
	}
	var errs []error
	for range clusterTries {
		c, err := startCluster(ctx, n, cfg)
		if err == nil {
			return c, nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("start a cluster of %d servers: %w", n, errors.Join(errs...))
}

func startCluster(ctx context.Context, n int, cfg Config) (*Cluster, error) {
	members, err := newMembers(n, cfg.Host)
	if err != nil {
		return nil, err
	}
	c := &Cluster{}
	for _, m := range members {
		own := cfg
		if cfg.Dir != "" {
			own.Dir = filepath.Join(cfg.Dir, strconv.Itoa(m.number))
		}
		s, err := start(own, m)
		if err != nil {
			return nil, errors.Join(err, c.Shutdown())
		}
		c.servers = append(c.servers, s)
	}
	if err := c.WaitReady(ctx); err != nil {
		return nil, errors.Join(err, c.Shutdown())
	}
	return c, nil
}

// newMembers chooses free ports.
func newMembers(n int, host string) ([]*member, error) {
	var members []*member
	var routes []*url.URL
	for i := range n {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return nil, fmt.Errorf("choose a port for the cluster: %w", err)
		}
		defer listener.Close()
		members = append(members, &member{number: i + 1, port: listener.Addr().(*net.TCPAddr).Port})
		routes = append(routes, &url.URL{Scheme: "nats", Host: listener.Addr().String()})
	}
	for _, m := range members {
		m.routes = routes
	}
	return members, nil
}

// URLs are those of all servers, separated by commas.
func (c *Cluster) URLs() string {
	var urls []string
	for _, s := range c.servers {
		urls = append(urls, s.ClientURL())
	}
	return strings.Join(urls, ",")
}

// Servers are the members, whether they run or not.
func (c *Cluster) Servers() []*Server { return c.servers }

// Kill stops a server; the others are not warned.
func (c *Cluster) Kill(i int) { c.servers[i].Stop() }

// Restart starts a server again, with its ports and its streams.
func (c *Cluster) Restart(i int) error { return c.servers[i].Restart() }

// WaitReady waits until one of the servers leads and all that run know what it knows.
func (c *Cluster) WaitReady(ctx context.Context) error {
	for !c.ready() {
		select {
		case <-time.After(lookStep):
		case <-ctx.Done():
			return fmt.Errorf("wait for the cluster to agree on a leader: %w", ctx.Err())
		}
	}
	return nil
}

func (c *Cluster) ready() bool {
	leaders := 0
	for _, s := range c.servers {
		ns := s.current()
		if !ns.Running() {
			continue
		}
		if !ns.JetStreamIsCurrent() {
			return false
		}
		if ns.JetStreamIsLeader() {
			leaders++
		}
	}
	return leaders == 1
}

// LeaderOf returns the number of the server that leads a stream, -1 when none does.
func (c *Cluster) LeaderOf(stream string) int {
	for i, s := range c.servers {
		if ns := s.current(); ns.Running() && ns.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream) {
			return i
		}
	}
	return -1
}

// Shutdown ends all servers and removes their streams if the folders are temporary.
func (c *Cluster) Shutdown() error {
	var errs []error
	for _, s := range c.servers {
		errs = append(errs, s.Shutdown())
	}
	return errors.Join(errs...)
}
