package jetbus

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config says where NATS is and how the streams are made. Only URL (or InProcess)
// and Stage must be set.
type Config struct {
	URL       string            // servers, separated by commas
	InProcess InProcessProvider // an embedded server; URL is then not used

	Credentials string                 // path of a .creds file
	NKey        string                 // path of an nkey seed file
	User        string                 // user name, with Password
	Password    func() (string, error) // asked at each connect, so that a rotated one is used
	TLS         *tls.Config

	Prefix        string        // of subjects and, in capitals, of streams; default "ews"
	Stage         string        // names connections and the subject of dead letters
	Replicas      int           // of each stream; default 1
	EventMaxBytes int64         // limit of the event stream; 0: 10 GiB, less where the server has not that much
	EventMaxAge   time.Duration // of events; default 7 days
	Window        int           // messages a lane has unacknowledged at most; default 512
	Logger        *slog.Logger  // default slog.Default()
}

// InProcessProvider is an embedded server that hands out connections without a socket.
type InProcessProvider interface {
	InProcessConn() (net.Conn, error)
}

const (
	defaultEventMaxBytes = 10 << 30
	defaultEventMaxAge   = 7 * 24 * time.Hour
	defaultWindow        = 512
	defaultAckTimeout    = 5 * time.Second
)

func (c Config) withDefaults() Config {
	if c.Prefix == "" {
		c.Prefix = messages.DefaultPrefix
	}
	if c.Replicas == 0 {
		c.Replicas = 1
	}
	if c.EventMaxAge == 0 {
		c.EventMaxAge = defaultEventMaxAge
	}
	if c.Window == 0 {
		c.Window = defaultWindow
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func (c Config) check() error {
	if c.Stage == "" {
		return errors.New("no stage is named: it names connections and dead letters")
	}
	if c.Window < 1 {
		return fmt.Errorf("a window of %d messages lets none through: give 1 or more", c.Window)
	}
	return nil
}

func (c Config) subjects() messages.Subjects { return messages.Subjects{Prefix: c.Prefix} }
