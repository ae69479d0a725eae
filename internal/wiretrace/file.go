package wiretrace

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	suffix      = ".trace"
	predecessor = ".1"
	longestName = 120 // of what a file is named by, beyond which a hash stands for the rest
)

// fileName is where a stage writes what belongs to a group or a mailbox.
func fileName(stage, name string) string {
	name = url.PathEscape(name)
	if len(name) > longestName {
		h := fnv.New64a()
		h.Write([]byte(name))
		name = fmt.Sprintf("%s-%016x", name[:longestName], h.Sum64())
	}
	return stage + "-" + name + suffix
}

// appendTo writes text to a file of the folder. The file is opened each time: others may
// move it, take it away, or write to it, too.
func appendTo(cfg Config, name string, text []byte) error {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(cfg.Dir, name)
	info, err := os.Stat(path)
	isNew := errors.Is(err, fs.ErrNotExist)
	if err == nil && info.Size()+int64(len(text)) > cfg.MaxBytes {
		isNew = true
		if err := os.Rename(path, path+predecessor); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil || !isNew {
		return err
	}
	return prune(cfg.Dir, cfg.MaxFiles)
}

// prune takes the oldest files away until there are at most as many as allowed.
func prune(dir string, most int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	type aged struct {
		path string
		at   time.Time
	}
	var files []aged
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(strings.TrimSuffix(e.Name(), predecessor), suffix) {
			continue
		}
		files = append(files, aged{filepath.Join(dir, e.Name()), info.ModTime()})
	}
	slices.SortFunc(files, func(a, b aged) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.path, b.path)) })
	var failures []error
	for _, f := range files[:max(0, len(files)-most)] {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}
