package ewsaffinity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Stories write a mailbox as its local part, many as ranges, and a group as
// SITE/GROUPING-NUMBER.

const domain = "@contoso.com"

func short(a messages.Address) string { return strings.TrimSuffix(string(a), domain) }

// addresses reads names separated by commas; a001-a450 is a range.
func addresses(t *testing.T, text string) []messages.Address {
	var all []messages.Address
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
		first, last, ok := strings.Cut(part, "-")
		if !ok {
			all = append(all, messages.Address(part+domain))
			continue
		}
		prefix, digits := splitName(first)
		_, end := splitName(last)
		for n := number(t, digits); n <= number(t, end); n++ {
			all = append(all, messages.Address(fmt.Sprintf("%s%0*d%s", prefix, len(digits), n, domain)))
		}
	}
	return all
}

// splitName parts a name from the digits at its end.
func splitName(name string) (prefix, digits string) {
	prefix = strings.TrimRight(name, "0123456789")
	return prefix, name[len(prefix):]
}

// ranges writes addresses in order, neighbours as a range.
func ranges(all []messages.Address) string {
	var parts []string
	for len(all) > 0 {
		n := 1
		for n < len(all) && follows(short(all[n-1]), short(all[n])) {
			n++
		}
		switch n {
		case 1:
			parts = append(parts, short(all[0]))
		default:
			parts = append(parts, short(all[0])+"-"+short(all[n-1]))
		}
		all = all[n:]
	}
	return strings.Join(parts, ",")
}

func follows(a, b string) bool {
	prefixA, digitsA := splitName(a)
	prefixB, digitsB := splitName(b)
	m, errA := strconv.Atoi(digitsA)
	n, errB := strconv.Atoi(digitsB)
	return prefixA == prefixB && errA == nil && errB == nil && n == m+1
}

// keyNamed is the key written SITE/GROUPING.
func keyNamed(name string) Key {
	site, grouping, _ := strings.Cut(name, "/")
	return Key{messages.Endpoint("https://" + site + ".contoso.com/EWS/Exchange.asmx"), messages.Grouping(grouping)}
}

func groupLabel(id messages.GroupID, key Key) string {
	site := strings.TrimSuffix(strings.TrimPrefix(string(key.URL), "https://"), ".contoso.com/EWS/Exchange.asmx")
	return site + "/" + string(key.Grouping) + string(id[strings.LastIndexByte(string(id), '-'):])
}

func number(t *testing.T, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func itoa(n int) string { return strconv.Itoa(n) }

func TestRangesReadWhatTheyWrite(t *testing.T) {
	for _, text := range []string{"a001-a450", "aaron,a009-a011,b", "a1,a3"} {
		all := addresses(t, text)
		slices.Sort(all)
		if have := slices.Sorted(slices.Values(addresses(t, ranges(all)))); !slices.Equal(have, all) {
			t.Errorf("%s: want %v, have %v", text, all, have)
		}
	}
}
