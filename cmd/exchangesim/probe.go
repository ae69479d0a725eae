package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// probeTimeout is below what container engines wait for a check.
const probeTimeout = 2 * time.Second

// probe asks the control endpoint of a running simulator for its time. An image without a shell has no other program that
// could tell whether it is well.
func probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/sim/clock", nil)
	if err != nil {
		return fmt.Errorf("-probe: %w", err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("-probe: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("-probe %s: answered %s: give the URL of the control endpoint without /sim/", url, res.Status)
	}
	return nil
}
