package ewssoap

import (
	"bytes"
	"encoding/binary"
)

// scanner recognises the tags of plain XML in what a source holds: ASCII without references, comments, sections,
// instructions and control characters, which is how Exchange writes streams. What it does not know it calls odd, and
// leaves to encoding/xml, which decides about the same bytes: an envelope is consumed as a whole or not at all. It never
// accepts what encoding/xml refuses, and wants no byte more than that does.
type scanner struct {
	src     *source
	buf     []byte // what src holds
	pos     int    // how much of it was looked at
	odd     bool   // there is something that is not plain; from then on nothing is found any more
	closing bool   // the last tag was of an empty element: its end is due
	open    [maxDepth]name
	depth   int
	attrs   [maxAttrs]attr // of the last tag
	count   int            // of attrs

	texts         texts
	messages      []StreamMessage
	notifications []Notification
	events        []Event
}

// maxAttrs is how many attributes a plain element has at most. Real ones have up to eight.
const maxAttrs = 16

type (
	span struct{ from, to int } // in buf
	name struct {
		span
		local int // where the part behind the prefix begins
	}
	attr struct {
		name  name
		value span
	}
)

// What a byte may be part of.
const (
	inSpace  = 1 << iota
	inName   // of an element or attribute, but for the colon
	inBegin  // of a name
	inText   // between tags
	inQuotes // a value in double quotes
	inApostrophes
)

var classes = func() (table [256]byte) {
	for b := range 0x80 {
		switch b := byte(b); {
		case b == ' ':
			table[b] = inSpace | inText | inQuotes | inApostrophes
		case b == '\t' || b == '\n' || b == '\r':
			table[b] = inSpace | inText
		case b < ' ' || b == '&' || b == '<':
		case b == '>': // in a text it may end what is no section
			table[b] = inQuotes | inApostrophes
		case b == '"':
			table[b] = inText | inApostrophes
		case b == '\'':
			table[b] = inText | inQuotes
		case b == '_' || 'a' <= b|0x20 && b|0x20 <= 'z':
			table[b] = inName | inBegin | inText | inQuotes | inApostrophes
		case b == '-' || b == '.' || '0' <= b && b <= '9':
			table[b] = inName | inText | inQuotes | inApostrophes
		default:
			table[b] = inText | inQuotes | inApostrophes
		}
	}
	return table
}()

// newScanner fills the scanner in place: copied in, its texts would lie on the stack of whoever reads a stream, for as long
// as that lives.
func newScanner(src *source) *scanner {
	s := &scanner{src: src}
	s.texts.begin()
	return s
}

// begin looks at the next envelope.
func (s *scanner) begin() {
	s.buf, s.pos, s.odd, s.closing, s.depth = s.src.held(), 0, false, false, 0
}

// forget drops what was gathered of an envelope that turned out to be none for the scanner.
func (s *scanner) forget() {
	s.buf = nil
	emptied(&s.messages)
	emptied(&s.notifications)
	emptied(&s.events)
}

// at returns the byte to be looked at, reading if need be; 0, which is never plain, if there is none.
func (s *scanner) at() byte {
	if s.pos == len(s.buf) && !s.more() {
		return 0
	}
	return s.buf[s.pos]
}

func (s *scanner) more() bool {
	got := s.src.more()
	s.buf = s.src.held()
	return got
}

// run passes over bytes of a class.
func (s *scanner) run(class byte) {
	for {
		rest := s.buf[s.pos:]
		n := 0
		for n < len(rest) && classes[rest[n]]&class != 0 {
			n++
		}
		s.pos += n
		if n < len(rest) || !s.more() {
			return
		}
	}
}

// expect passes over one byte, which must be b.
func (s *scanner) expect(b byte) bool {
	if s.at() != b {
		s.odd = true
		return false
	}
	s.pos++
	return true
}

// child moves into the next element of the one it is in, and says whether there is one. If not, it has left that element.
func (s *scanner) child() bool {
	if s.closing {
		s.closing = false
		s.depth--
		return false
	}
	s.run(inText)
	if s.odd || !s.expect('<') {
		return false
	}
	if s.at() == '/' {
		s.pos++
		s.end()
		return false
	}
	return s.start()
}

// start reads a start tag behind its first byte.
func (s *scanner) start() bool {
	if s.depth == maxDepth {
		s.odd = true
		return false
	}
	s.open[s.depth] = s.name()
	s.depth++
	for s.count = 0; !s.odd; {
		s.run(inSpace)
		switch s.at() {
		case '/':
			s.pos++
			s.closing = true
			return s.expect('>')
		case '>':
			s.pos++
			return true
		}
		s.attribute()
	}
	return false
}

func (s *scanner) attribute() {
	if s.count == maxAttrs {
		s.odd = true
		return
	}
	a := &s.attrs[s.count]
	s.count++
	a.name = s.name()
	s.run(inSpace)
	s.expect('=')
	s.run(inSpace)
	quote := s.at()
	if quote != '"' && quote != '\'' {
		s.odd = true
		return
	}
	s.pos++
	a.value.from = s.pos
	s.value(quote)
	a.value.to = s.pos
	s.expect(quote)
}

// value passes over an attribute's value: most of a stream are ids, so it looks at eight bytes at a time if it can.
func (s *scanner) value(quote byte) {
	if n := bytes.IndexByte(s.buf[s.pos:], quote); n >= 0 && isPlainValue(s.buf[s.pos:s.pos+n]) {
		s.pos += n
	} else if quote == '"' {
		s.run(inQuotes)
	} else {
		s.run(inApostrophes)
	}
}

// isPlainValue says whether all of b may stand in a plain value, quotes apart. Of a word it computes for each byte a top
// bit that says "not ASCII" or "less than" (by subtraction; a borrow reaches other bytes only from one that is less).
func isPlainValue(b []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		w := binary.LittleEndian.Uint64(b)
		ampersand, less := w^ones*'&', w^ones*'<'
		if (w|(w-ones*' ')|(ampersand-ones)|(less-ones))&tops != 0 {
			return false
		}
	}
	for _, c := range b {
		if classes[c]&(inQuotes|inApostrophes) == 0 {
			return false
		}
	}
	return true
}

// end reads an end tag behind its first two bytes.
func (s *scanner) end() {
	n := s.name()
	s.run(inSpace)
	if !s.expect('>') || s.depth == 0 || !bytes.Equal(s.bytes(n.span), s.bytes(s.open[s.depth-1].span)) {
		s.odd = true
		return
	}
	s.depth--
}

// name reads a name with or without a prefix.
func (s *scanner) name() name {
	n := name{span{s.pos, s.pos}, s.pos}
	if classes[s.at()]&inBegin == 0 {
		s.odd = true
		return n
	}
	s.run(inName)
	if s.at() == ':' {
		s.pos++
		n.local = s.pos
		s.run(inName)
	}
	n.to = s.pos
	s.odd = s.odd || n.local == n.to
	return n
}

func (s *scanner) bytes(p span) []byte { return s.buf[p.from:p.to] }

// local returns the name of the current element without its prefix.
func (s *scanner) local() []byte {
	n := s.open[s.depth-1]
	return s.buf[n.local:n.to]
}

// skip leaves the current element, whatever is in it.
func (s *scanner) skip() {
	for outside := s.depth - 1; s.depth > outside && !s.odd; {
		s.child()
	}
}

// text returns what is in the current element, which must be text alone, and leaves it.
func (s *scanner) text() []byte {
	p := span{s.pos, s.pos}
	if !s.closing {
		s.run(inText)
		p.to = s.pos
	}
	if s.child() {
		s.odd = true
	}
	text := bytes.TrimSpace(s.bytes(p))
	if bytes.IndexByte(text, '\r') >= 0 { // which encoding/xml changes
		s.odd = true
	}
	return text
}
