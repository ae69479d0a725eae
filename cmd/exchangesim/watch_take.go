package main

import (
	"bytes"
	"fmt"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/exchangesim/simsmtp"
)

// Folders, beside a mail, that it goes to.
const (
	deliveredFolder = ".delivered"
	failedFolder    = ".failed"
)

// take moves a mail away and then delivers it: one that cannot be moved would come again at every look.
func (w *watcher) take(path string) {
	taken, err := moveInto(path, deliveredFolder)
	if err != nil {
		w.complain(fmt.Sprintf("%s stays where it is: %v", path, err))
		return
	}
	if err := w.deliver(path, taken); err != nil {
		text := fmt.Sprintf("%s: %v", path, err)
		if failed, err := moveInto(taken, filepath.Join("..", failedFolder)); err == nil {
			text += "; it is now " + failed
		}
		w.say(text)
	}
}

// moveInto moves a file into a folder beside it, under a name that is not taken there.
func moveInto(path, folder string) (string, error) {
	dir := filepath.Join(filepath.Dir(path), folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	name := filepath.Base(path)
	to := filepath.Join(dir, name)
	for n := 2; exists(to); n++ {
		ext := filepath.Ext(name)
		to = filepath.Join(dir, fmt.Sprintf("%s.%d%s", strings.TrimSuffix(name, ext), n, ext))
	}
	return to, os.Rename(path, to)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// deliver delivers a mail that was found at one path and now lies at another.
func (w *watcher) deliver(found, at string) error {
	raw, err := readMail(at)
	if err != nil {
		return err
	}
	to := []string{filepath.Base(filepath.Dir(found))}
	if filepath.Dir(found) == filepath.Clean(w.dir) {
		if to, err = w.recipients(raw); err != nil {
			return err
		}
	}
	for _, address := range to {
		if _, err := w.sim.DeliverMIME(address, raw); err != nil {
			return err
		}
	}
	return nil
}

func readMail(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, simsmtp.MaxMessageBytes+1))
	if len(raw) > simsmtp.MaxMessageBytes {
		return nil, fmt.Errorf("it has more than %d bytes, which is the most that is delivered", simsmtp.MaxMessageBytes)
	}
	return raw, err
}

// recipients are the mailboxes that a header names: in Delivered-To, or without it in To, Cc and Bcc.
func (w *watcher) recipients(raw []byte) (to []string, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("it has no readable header: %w", err)
	}
	names := []string{"To", "Cc", "Bcc"}
	if m.Header.Get("Delivered-To") != "" {
		names = []string{"Delivered-To"}
	}
	var strangers []string
	for _, address := range addressesOf(m.Header, names) {
		switch {
		case !w.sim.HasMailbox(address):
			strangers = append(strangers, address)
		case !slices.Contains(to, address):
			to = append(to, address)
		}
	}
	if len(to) == 0 {
		return nil, fmt.Errorf("%s name no mailbox of this organisation, only %q: correct them, or put it into a folder named as the mailbox",
			strings.Join(names, ", "), strangers)
	}
	return to, nil
}

// addressesOf reads all fields of some names, in lower case; what cannot be read names nobody.
func addressesOf(h mail.Header, names []string) (all []string) {
	for _, name := range names {
		for _, field := range h[name] {
			list, err := mail.ParseAddressList(field)
			if err != nil {
				continue
			}
			for _, a := range list {
				all = append(all, strings.ToLower(a.Address))
			}
		}
	}
	return all
}
