package messages

import (
	"strconv"
	"time"
)

// headerWriter makes the headers of a message, with all values in one string: there
// are many messages, and each has many of them. Its methods return what it has become,
// as append does: so its room may lie on the stack.
type headerWriter struct {
	text  []byte // all values, one behind the other
	names []string
	ends  []int
}

// headerRoom is what most headers have room in, on the stack.
type headerRoom struct {
	text  [1024]byte
	names [16]string
	ends  [16]int
}

func (r *headerRoom) writer() headerWriter {
	return headerWriter{r.text[:0], r.names[:0], r.ends[:0]}
}

// add adds a header; its value is the parts together.
func (w headerWriter) add(name string, parts ...string) headerWriter {
	for _, part := range parts {
		w.text = append(w.text, part...)
	}
	return w.end(name)
}

// addEncoded adds an attribute that may hold any text.
func (w headerWriter) addEncoded(name string, parts ...string) headerWriter {
	for _, part := range parts {
		w.text = appendPercent(w.text, part)
	}
	return w.end(name)
}

func (w headerWriter) addTime(name string, t time.Time) headerWriter {
	w.text = t.UTC().AppendFormat(w.text, time.RFC3339Nano)
	return w.end(name)
}

// addNumber adds a number with at least so many digits.
func (w headerWriter) addNumber(name string, n uint64, digits int) headerWriter {
	for least := uint64(10); digits > 1; digits-- {
		if n < least {
			w.text = append(w.text, '0')
		}
		least *= 10
	}
	w.text = strconv.AppendUint(w.text, n, 10)
	return w.end(name)
}

func (w headerWriter) end(name string) headerWriter {
	w.names, w.ends = append(w.names, name), append(w.ends, len(w.text))
	return w
}

// cloudEvent adds the attributes that every CloudEvent of this project has.
func (w headerWriter) cloudEvent(eventType, source, id string, at time.Time) headerWriter {
	w = w.add(headerSpecVersion, "1.0").add(headerType, eventType).addEncoded(headerSource, source)
	w = w.addEncoded(headerID, id).addTime(headerTime, at)
	return w.add(headerDataContentType, contentTypeJSON).add(headerContentType, contentTypeJSON)
}

// header is what was added, in a former message's headers if they have the same names.
func (w headerWriter) header(former map[string][]string) map[string][]string {
	text := string(w.text)
	if len(former) != len(w.names) {
		return w.fresh(text)
	}
	begin := 0
	for i, name := range w.names {
		value := former[name]
		if len(value) != 1 {
			return w.fresh(text)
		}
		value[0] = text[begin:w.ends[i]]
		begin = w.ends[i]
	}
	return former
}

// fresh is what was added, all of whose values are text, in a map of its own.
func (w headerWriter) fresh(text string) map[string][]string {
	values, begin := make([]string, len(w.names)), 0
	header := make(map[string][]string, len(w.names))
	for i, name := range w.names {
		values[i] = text[begin:w.ends[i]]
		header[name] = values[i : i+1 : i+1]
		begin = w.ends[i]
	}
	return header
}
