package ewssoap

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// longestReference is how long a reference to a character may be to be recognised, in bytes, leading zeros included.
const longestReference = 24

// scrubber passes the bytes of a source on to an XML decoder and keeps out what XML 1.0 forbids (section 2.2, Char):
// Exchange writes the text of items as it is, control characters included, and one of them would cost the whole answer.
// It reads no further than the decoder would. A declaration of XML 1.1 is changed to 1.0, which it is but for such
// characters.
type scrubber struct {
	src     *source
	dropped int    // characters kept out: bytes, references, and sequences that are not UTF-8
	ready   []byte // read and cleaned, to be passed on first
	store   [longestReference + 1]byte
	again   int    // a byte to be looked at once more, -1: none
	last    []byte // the bytes passed on last, for telling where sections begin and end
	section string // what ends the section, comment or instruction that is being read; empty outside
}

// Beginnings of what holds no references, each with its end.
var sections = []struct{ begin, end string }{{"<![CDATA[", "]]>"}, {"<!--", "-->"}, {"<?", "?>"}}

func newScrubber(src *source) *scrubber { return &scrubber{src: src, again: -1} }

// Read implements io.Reader for the decoder's signature alone: ReadByte is what it calls.
func (s *scrubber) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	b, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = b
	return 1, nil
}

// ReadByte implements io.ByteReader.
func (s *scrubber) ReadByte() (byte, error) {
	for len(s.ready) == 0 {
		b, err := s.raw()
		switch {
		case err != nil:
			return 0, err
		case b == '&' && s.section == "":
			s.reference()
		case b >= utf8.RuneSelf:
			s.sequence(b)
		case b < ' ' && b != '\t' && b != '\n' && b != '\r':
			s.dropped++
		default:
			return s.pass(b)
		}
	}
	b := s.ready[0]
	s.ready = s.ready[1:]
	return s.pass(b)
}

func (s *scrubber) raw() (byte, error) {
	if s.again >= 0 {
		b := byte(s.again)
		s.again = -1
		return b, nil
	}
	return s.src.ReadByte()
}

// pass gives a verdict where an envelope does not begin with markup, at once: the decoder would look for the end of the text.
func (s *scrubber) pass(b byte) (byte, error) {
	if !s.src.dirty && !isBlank(b) {
		s.src.dirty = true
		if b != '<' {
			s.src.failed = errNoMarkup
			return 0, errNoMarkup
		}
	}
	if s.section == "?>" && b == '1' && (bytes.HasSuffix(s.last, []byte(`version="1.`)) || bytes.HasSuffix(s.last, []byte(`version='1.`))) {
		b = '0'
	}
	s.follow(b)
	return b, nil
}

// follow notices where sections begin and end.
func (s *scrubber) follow(b byte) {
	if len(s.last) == len(s.store) {
		s.last = s.last[:copy(s.last, s.last[len(s.last)/2:])]
	}
	s.last = append(s.last, b)
	switch {
	case b == '>' && s.section != "":
		if bytes.HasSuffix(s.last, []byte(s.section)) {
			s.section, s.last = "", s.last[:0]
		}
	case s.section == "" && (b == '[' || b == '-' || b == '?'):
		for _, section := range sections {
			if bytes.HasSuffix(s.last, []byte(section.begin)) {
				s.section, s.last = section.end, s.last[:0]
			}
		}
	}
}

// sequence reads a character of several bytes.
func (s *scrubber) sequence(first byte) {
	seq := append(s.store[:0], first)
	for !utf8.FullRune(seq) {
		b, err := s.src.ReadByte()
		if err != nil {
			break // which the next read returns
		}
		if utf8.RuneStart(b) {
			s.again = int(b)
			break
		}
		seq = append(seq, b)
	}
	r, size := utf8.DecodeRune(seq)
	if size < len(seq) || size == 1 || !isCharacter(uint64(r)) {
		s.dropped++
		return
	}
	s.ready = seq
}

// reference reads what follows an ampersand, and keeps it out if it is a reference to a forbidden character.
func (s *scrubber) reference() {
	ref := append(s.store[:0], '&')
	for len(ref) < longestReference {
		b, err := s.src.ReadByte()
		if err != nil {
			break // which the next read returns
		}
		if ok := isReference(ref, b); !ok || b == ';' {
			if ok {
				ref = append(ref, b)
			} else {
				s.again = int(b)
			}
			break
		}
		ref = append(ref, b)
	}
	if forbidden(ref) {
		s.dropped++
		return
	}
	s.ready = ref
}

// isReference says whether b continues the beginning of a numeric reference, or ends it.
func isReference(begin []byte, b byte) bool {
	hex := len(begin) > 2 && begin[2] == 'x'
	digit := '0' <= b && b <= '9' || hex && ('a' <= b && b <= 'f' || 'A' <= b && b <= 'F')
	switch len(begin) {
	case 1:
		return b == '#'
	case 2:
		return b == 'x' || digit
	case 3:
		return digit || b == ';' && !hex
	}
	return digit || b == ';'
}

// forbidden recognises a whole reference to a character that XML does not allow, surrogates among them.
func forbidden(ref []byte) bool {
	if len(ref) < len("&#0;") || ref[len(ref)-1] != ';' {
		return false
	}
	digits, base := ref[2:len(ref)-1], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 64)
	return err != nil || !isCharacter(n)
}

// isCharacter says whether XML 1.0 allows a character (section 2.2).
func isCharacter(r uint64) bool {
	return r == '\t' || r == '\n' || r == '\r' || ' ' <= r && r < 0xd800 || 0xe000 <= r && r < 0xfffe || 0x10000 <= r && r <= utf8.MaxRune
}
