package ewssoap

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// condition names what broke the transport: err is its error, connected whether there was a connection by then, and
// handshake the error of the TLS handshake, if one failed.
func condition(err error, connected bool, handshake error) string {
	var dns *net.DNSError
	var dial *net.OpError
	var login loginFailure
	switch {
	case errors.As(err, &login):
		return ConditionAuthorizer
	case errors.As(err, &dns) && dns.IsNotFound:
		return ConditionDNSNotFound
	case errors.As(err, &dns):
		return ConditionDNS
	case isTLS(err) || !connected && handshake != nil && !isBroken(handshake):
		return ConditionTLS
	case isTimeout(err) && !connected:
		return ConditionConnectTimeout
	case isTimeout(err) && !errors.Is(err, syscall.ETIMEDOUT): // ETIMEDOUT on a connection is its keep-alive giving up
		return ConditionTimeout
	case errors.As(err, &dial) && dial.Op == "dial":
		return ConditionRefused
	}
	return ConditionReset
}

// loginFailure is the error of a transport that logs its connections in and could not, such as package httpauth's.
type loginFailure interface {
	error
	LoginFailed()
}

// isTLS recognises what TLS says of certificates and by alerts.
func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		record       tls.RecordHeaderError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		certificate  x509.CertificateInvalidError
		alert        *net.OpError
	)
	if errors.As(err, &verification) || errors.As(err, &record) {
		return true
	}
	if errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &certificate) {
		return true
	}
	return errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error")
}

// isBroken recognises a connection that failed below TLS.
func isBroken(err error) bool {
	var below *net.OpError
	return isTimeout(err) || errors.As(err, &below) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
