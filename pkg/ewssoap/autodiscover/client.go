package autodiscover

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// Service sends single requests to Autodiscover, with credentials, and follows no redirects. An *[ewssoap.Client] is one.
// An error that is, or wraps, no *[ewssoap.Error] ends a walk.
type Service interface {
	GetUserSettings(ctx context.Context, url string, r ewssoap.GetUserSettingsRequest) (*ewssoap.GetUserSettingsResponse, error)
	AutodiscoverPOX(ctx context.Context, url, address string) (*ewssoap.POXResponse, error)
}

// Resolver looks SRV records up (RFC 2782). A *[net.Resolver] is one; the order of its answer does not count.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (canonical string, records []*net.SRV, err error)
}

// DefaultSettings are asked for where [Options.Settings] is empty.
var DefaultSettings = []string{"ExternalEwsUrl", "InternalEwsUrl", "GroupingInformation"}

// Online are the patterns of the hosts of Exchange Online, for [Options.Allow].
var Online = []string{"*.outlook.com", "*.office365.com"}

// Options says how a [Client] works. Service must be set.
type Options struct {
	Service  Service           // sends what carries credentials
	URL      string            // of the Autodiscover service, which is asked alone; empty: found from the domain
	Allow    []string          // further hosts that get credentials: names, and patterns such as *.outlook.com; see [CheckAllow]
	Bearer   bool              // the credentials are tokens: refused ones lock no account
	Settings []string          // asked for; empty: [DefaultSettings]. Plain XML has no others
	Plain    http.RoundTripper // carries the request without credentials, and must add none; nil: a transport of ewssoap.NewTransport
	Resolver Resolver          // nil: net.DefaultResolver
	Observe  func(Step)        // told of every step as it ends, on the goroutine of the call; nil: nobody
	Now      func() time.Time  // nil: time.Now
	Random   func() float64    // in [0,1): chooses among SRV records of one priority; nil: math/rand
}

// A Client finds Autodiscover services and remembers them. It may be used by several goroutines at once.
type Client struct {
	o          Options
	configured string // host of Options.URL

	mu      sync.Mutex
	domains map[key]*entry
}

// New returns a client with o, defaults filled in.
func New(o Options) *Client {
	if len(o.Settings) == 0 {
		o.Settings = DefaultSettings
	}
	if o.Plain == nil {
		o.Plain = ewssoap.NewTransport(ewssoap.TransportConfig{})
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	return &Client{o: o, configured: hostOf(o.URL), domains: map[key]*entry{}}
}
