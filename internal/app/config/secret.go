package config

import (
	"fmt"
	"os"
	"strings"
)

// Secret refers to a secret: a file that holds it, or an environment variable.
type Secret struct {
	File string
	Env  string
}

// Set reports whether the secret is configured.
func (s Secret) Set() bool { return s.File != "" || s.Env != "" }

// Read reads the secret, anew each time, so that a rotated one is taken up. A line
// break at the end of a file is not part of it. The error names the reference.
func (s Secret) Read() (string, error) {
	if s.Env != "" {
		secret, set := os.LookupEnv(s.Env)
		if !set || secret == "" {
			return "", fmt.Errorf("the environment variable %s is not set", s.Env)
		}
		return secret, nil
	}
	data, err := os.ReadFile(s.File)
	if err != nil {
		return "", fmt.Errorf("the secret cannot be read: %w", err)
	}
	secret := strings.TrimRight(string(data), "\r\n")
	if secret == "" {
		return "", fmt.Errorf("the secret file %s is empty", s.File)
	}
	return secret, nil
}
