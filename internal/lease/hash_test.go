package lease

import (
	"fmt"
	"testing"
)

// owners shares units among members.
func owners(units int, members ...string) []string {
	m := newMachine(machineConfig{}, Member{})
	for _, id := range members {
		s := m.slot(id)
		m.live = append(m.live, s)
	}
	var of []string
	for i := range units {
		u := m.unit(fmt.Sprint("group-", i))
		m.appoint(u)
		of = append(of, u.desired.id)
	}
	return of
}

func TestSharesAreFair(t *testing.T) {
	for _, name := range []string{"streamer-", "host.contoso.com-", "m"} {
		four := []string{name + "1", name + "2", name + "3", name + "4"}
		before, after := owners(2000, four...), owners(2000, append(four, name+"5")...)
		counts := map[string]int{}
		for i := range before {
			counts[before[i]]++
			if after[i] != before[i] {
				counts["moved"]++
				if after[i] != name+"5" {
					t.Errorf("unit %d moved from %s to %s", i, before[i], after[i])
				}
			}
		}
		for _, id := range four {
			if n := counts[id]; n < 450 || n > 550 {
				t.Errorf("%s has %d of 2000 units, want 500 within a tenth", id, n)
			}
		}
		if n := counts["moved"]; n < 350 || n > 450 {
			t.Errorf("%d units moved to the fifth, want 400 or so", n)
		}
	}
}
