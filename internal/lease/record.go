package lease

import (
	"encoding/json"
	"fmt"
	"time"
)

// Member is the record of a member, under its id.
type Member struct {
	ID          string    `json:"id"`
	Incarnation string    `json:"incarnation"`    // unique to the run of the process
	Life        uint64    `json:"life,omitempty"` // sequence of the record that began it; 0: this one
	Host        string    `json:"host,omitempty"`
	PID         int       `json:"pid,omitempty"`
	Since       time.Time `json:"since"` // for people: when the process began
	Leaving     bool      `json:"leaving,omitempty"`
	// Gone says that the life is over: the member left, or By found it dead.
	Gone bool   `json:"gone,omitempty"`
	By   string `json:"by,omitempty"`
}

// Claim is the record of a unit, under its name. The zero Claim says that it is free.
type Claim struct {
	Owner string `json:"owner,omitempty"`
	Life  uint64 `json:"life,omitempty"` // of the owner
	// Token is the sequence of the record by which the owner became it; 0: this one.
	Token     uint64    `json:"token,omitempty"`
	Inherited bool      `json:"inherited,omitempty"` // the former owner released it to this one
	Since     time.Time `json:"since"`               // for people: when the owner became it
	To        string    `json:"to,omitempty"`        // the member that it is offered to
	ToLife    uint64    `json:"toLife,omitempty"`
	Opened    bool      `json:"opened,omitempty"` // that member has begun
}

// DecodeMember reads the record of a member. Where it has expired or was never
// written the Member is zero.
func DecodeMember(r Record) (Member, error) {
	var m Member
	if len(r.Value) == 0 {
		return m, nil
	}
	if err := json.Unmarshal(r.Value, &m); err != nil {
		return Member{}, fmt.Errorf("record %d of member %q: %w", r.Sequence, r.Key.Name, err)
	}
	if m.Life == 0 || m.Gone {
		m.Life = r.Sequence
	}
	return m, nil
}

// DecodeClaim reads the record of a unit.
func DecodeClaim(r Record) (Claim, error) {
	var c Claim
	if len(r.Value) == 0 {
		return c, nil
	}
	if err := json.Unmarshal(r.Value, &c); err != nil {
		return Claim{}, fmt.Errorf("claim %d of unit %q: %w", r.Sequence, r.Key.Name, err)
	}
	if c.Owner != "" && c.Token == 0 {
		c.Token = r.Sequence
	}
	return c, nil
}

// encode writes a record. Both kinds consist of plain fields, which cannot fail.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("lease: " + err.Error())
	}
	return text
}
