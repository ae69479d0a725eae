package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// value is one configured value: set reads it from a text and shows it.
type value struct {
	set     func(string) *mistake
	show    func() string
	list    bool // the file may hold a sequence; texts are separated by commas
	boolean bool // the flag may stand without a value
}

func text[T ~string](p *T) value {
	return value{
		set:  func(s string) *mistake { *p = T(s); return nil },
		show: func() string { return string(*p) },
	}
}

func list(p *[]string) value {
	set := func(s string) *mistake {
		*p = nil
		for part := range strings.SplitSeq(s, ",") {
			if part = strings.TrimSpace(part); part != "" {
				*p = append(*p, part)
			}
		}
		return nil
	}
	return value{set: set, show: func() string { return strings.Join(*p, ",") }, list: true}
}

func number(p *int) value {
	set := func(s string) *mistake {
		n, err := strconv.Atoi(s)
		if err != nil {
			return &mistake{fmt.Sprintf("%q is not a whole number", s), "write digits only, such as 10"}
		}
		*p = n
		return nil
	}
	return value{set: set, show: func() string { return strconv.Itoa(*p) }}
}

func boolean(p *bool) value {
	set := func(s string) *mistake {
		switch s {
		case "true", "false":
			*p = s == "true"
			return nil
		}
		return &mistake{fmt.Sprintf("%q is neither true nor false", s), "write true or false"}
	}
	return value{set: set, show: func() string { return strconv.FormatBool(*p) }, boolean: true}
}

func duration(p *time.Duration) value {
	set := func(s string) *mistake {
		d, err := time.ParseDuration(s)
		if err != nil {
			return &mistake{fmt.Sprintf("%q is not a duration", s), "write a number with its unit, such as 500ms, 110s, 25m or 24h"}
		}
		*p = d
		return nil
	}
	return value{set: set, show: func() string { return p.String() }}
}

// Size is a number of bytes.
type Size int64

var sizeUnits = []struct {
	suffix string
	bytes  Size
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"B", 1}}

// String is the size in the greatest unit that divides it.
func (s Size) String() string {
	best := Size(1)
	suffix := "B"
	for _, unit := range sizeUnits {
		if s != 0 && s%unit.bytes == 0 && unit.bytes > best {
			best, suffix = unit.bytes, unit.suffix
		}
	}
	return strconv.FormatInt(int64(s/best), 10) + suffix
}

func size(p *Size) value {
	set := func(s string) *mistake {
		for _, unit := range sizeUnits {
			digits, found := strings.CutSuffix(s, unit.suffix)
			if !found {
				continue
			}
			if n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64); err == nil && n >= 0 && Size(n) <= math.MaxInt64/unit.bytes {
				*p = Size(n) * unit.bytes
				return nil
			}
		}
		return &mistake{fmt.Sprintf("%q is not a size", s), "write a number with its unit, such as 64MiB or 10GiB"}
	}
	return value{set: set, show: func() string { return p.String() }}
}
