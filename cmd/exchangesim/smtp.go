package main

import (
	"fmt"
	"net"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/exchangesim/simsmtp"
)

// serveSMTP takes mails by SMTP until stop is called; without an address it does nothing.
func serveSMTP(address string, sim *exchangesim.Server) (bound string, stop func(), err error) {
	if address == "" {
		return "", func() {}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("-smtp %s: %w", address, err)
	}
	server := simsmtp.Start(sim, l)
	return l.Addr().String(), func() { _ = server.Close() }, nil
}
