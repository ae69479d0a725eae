package config

import "time"

// Default is the configuration without flags, environment or file.
func Default() *Config {
	return &Config{
		Drain: 25 * time.Second,
		NATS: NATS{
			URL:      "nats://127.0.0.1:4222",
			Prefix:   "ews",
			Replicas: 1,
			Embedded: Embedded{Dir: "ewsnats-data", Listen: "127.0.0.1:4222"},
			Events:   Events{MaxBytes: 10 << 30, MaxAge: 7 * 24 * time.Hour},
		},
		Exchange: Exchange{
			Impersonation: true,
			Version:       "Exchange2013_SP1",
			TLS:           ExchangeTLS{MinVersion: "1.2"},
			Account:       Account{ChannelBinding: true, OAuth: OAuth{Scope: "https://outlook.office365.com/.default"}},
			Concurrency:   10,
		},
		Discoverer: Discoverer{Batch: 50, Refresh: 24 * time.Hour},
		Groups:     Groups{Size: maxGroupSize, Quiet: 500 * time.Millisecond},
		Subscribe:  Subscribe{Events: eventElements()},
		Streamer: Streamer{
			ConnectionTimeout: ConnectionTimeout{Min: 25 * time.Minute, Max: 29 * time.Minute},
			Silence:           110 * time.Second,
		},
		Lease: Lease{TTL: 6 * time.Second},
		Log:   Log{Level: "info", Format: "json"},
		Trace: Trace{MaxBytes: 16 << 20, MaxFiles: 100},
	}
}
