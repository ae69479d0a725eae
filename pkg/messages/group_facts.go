package messages

import "time"

// GroupSubscribed is the whole truth of a group: who is in it, by which
// subscriptions, behind which anchor and cookie. A group without Subscriptions
// is dissolved. A mailbox named by two groups belongs to the later message.
type GroupSubscribed struct {
	Meta
	Group         GroupID                  `json:"group"`
	Generation    Generation               `json:"generation"`
	Revision      Revision                 `json:"revision"`
	URL           Endpoint                 `json:"externalEwsUrl"`
	Grouping      Grouping                 `json:"groupingInformation"`
	Anchor        Address                  `json:"anchor,omitempty"`
	Cookie        Cookie                   `json:"cookie,omitempty"` // empty where Exchange set none
	Since         time.Time                `json:"since"`            // Exchange's time when the generation began
	Subscriptions map[Address]Subscription `json:"subscriptions"`
	Left          map[Address]Left         `json:"left,omitempty"` // who left by this message

	// ExchangeCookie is the newest exchangecookie that Subscribe answered, by which
	// Exchange 2010 routes; unlike Cookie it may change within a generation.
	ExchangeCookie Cookie `json:"exchangeCookie,omitempty"`
}

// Left says why a mailbox left a group.
type Left struct {
	Reason StopReason `json:"reason"`
	Code   string     `json:"code,omitempty"` // response code or condition, when lost
}

// Subscription is a mailbox's place in a group.
type Subscription struct {
	ID    SubscriptionID `json:"id"`
	Since time.Time      `json:"since"` // Exchange's time (Date) of the answer to Subscribe: coverage begins here
}

// RegroupRequested: subscriptions of a group died. It counts only where the ids
// it names are current.
type RegroupRequested struct {
	Meta
	Group      GroupID                    `json:"group"`
	Generation Generation                 `json:"generation"`
	URL        Endpoint                   `json:"externalEwsUrl"`
	Died       map[Address]SubscriptionID `json:"died"`
	Code       string                     `json:"code"` // response code or condition
	Text       string                     `json:"text,omitempty"`
	Action     RegroupAction              `json:"action"`
}

// RegroupAction says what the recovery table asks for.
type RegroupAction string

const (
	// Resubscribe: subscribe the named mailboxes anew in their group.
	Resubscribe RegroupAction = "resubscribe"
	// RegroupAll: a new generation of the group: anchor first, new cookie.
	RegroupAll RegroupAction = "regroup"
	// Rediscover: ask Autodiscover first, then subscribe where the answer says.
	Rediscover RegroupAction = "rediscover"
)

const (
	typeGroupSubscribed  = "ewsnats.group.subscribed.v1"
	typeRegroupRequested = "ewsnats.group.regrouprequested.v1"
)

func (f GroupSubscribed) Type() string              { return typeGroupSubscribed }
func (f GroupSubscribed) Source() string            { return groupSource(f.Group) }
func (f GroupSubscribed) Subject(s Subjects) string { return s.Group(f.URL.Partition(), f.Group) }

func (f RegroupRequested) Type() string              { return typeRegroupRequested }
func (f RegroupRequested) Source() string            { return groupSource(f.Group) }
func (f RegroupRequested) Subject(s Subjects) string { return s.Regroup(f.URL.Partition(), f.Group) }

// Place is how the group's mailbox server is reached.
func (f GroupSubscribed) Place() Place {
	return Place{f.Group, f.URL, f.Anchor, f.Cookie, f.ExchangeCookie}
}
