package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// announce prints the URLs, and writes the address file whole or not at all.
func (o options) announce(stdout io.Writer, addr string, b beside) error {
	if o.addrFile != "" {
		part := filepath.Join(filepath.Dir(o.addrFile), "."+filepath.Base(o.addrFile)+".part")
		if err := os.WriteFile(part, []byte(addr), 0o644); err != nil {
			return fmt.Errorf("-addr-file: %w", err)
		}
		if err := os.Rename(part, o.addrFile); err != nil {
			return fmt.Errorf("-addr-file: %w", err)
		}
	}
	base := o.tls.scheme() + "://" + addr
	control := base
	if b.control != "" {
		control = "http://" + b.control
	}
	line := fmt.Sprintf("ews=%[1]s/EWS/Exchange.asmx autodiscover=%[1]s/autodiscover/autodiscover.svc control=%[2]s/sim/ page=%[2]s/", base, control)
	if b.smtp != "" {
		line += " smtp=" + b.smtp
	}
	_, err := fmt.Fprintln(stdout, line)
	return err
}
