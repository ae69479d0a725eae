package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// serveControl serves the control endpoint on an address of its own until stop is called; with none it does nothing.
func serveControl(address string, sim *exchangesim.Server) (bound string, stop func(), err error) {
	if address == "" {
		return "", func() {}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("-control %s: %w", address, err)
	}
	server := &http.Server{Handler: sim.ControlHandler(), ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // ends with stop
	}()
	return l.Addr().String(), func() {
		_ = server.Close()
		<-ended
	}, nil
}
