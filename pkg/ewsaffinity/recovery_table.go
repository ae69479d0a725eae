package ewsaffinity

import (
	"slices"
	"time"
)

// The rows of the recovery table are written as sentences: where a code comes
// up, what it hits, what to do, what that leaves of the subscription, and what
// it says. They stand in recovery_subscription.go (subscriptions and
// routing), recovery_server.go (load, directory, rights, requests),
// recovery_http.go (what Exchange has no code for) and recovery_discover.go.
//
// Legend of the sources, all public: N Microsoft "Handling notification-related
// errors in EWS", T "EWS throttling in Exchange", Y "Handling
// synchronization-related errors", A "Maintain affinity between a group of
// subscriptions and the Mailbox server", RC the ResponseCode page, SE the texts
// of the EWS Managed API's ServiceError, EMA its code, SM Microsoft's
// EWSStreamingNotificationSample, XL exchangelib, EV evolution-ews, GX gromox
// observed, GH a GitHub issue, X the EWS schema, AD Microsoft's Autodiscover
// pages and MS-OXDSCLI, J judgement of this package: no source says it.
type rule struct {
	codes []Code
	row   Row
}

func at(ops Ops, codes ...Code) rule {
	return rule{codes: codes, row: Row{Known: true, At: ops}}
}

func (r rule) hits(scopes ...Scope) rule {
	for _, scope := range scopes {
		r.row.Scope |= scope
	}
	return r
}
func (r rule) do(steps ...Step) rule           { r.row.Steps = steps; return r }
func (r rule) leaves(fate Fate) rule           { r.row.Subscription = fate; return r }
func (r rule) gap() rule                       { r.row.Gap = true; return r }
func (r rule) moved(step Step) rule            { r.row.Moved = step.Do; return r }
func (r rule) ours(step Step) rule             { r.row.Ours = step.Do; return r }
func (r rule) most(step Step) rule             { r.row.Most = step.Do; return r }
func (r rule) says(meaning string) rule        { r.row.Meaning = meaning; return r }
func (r rule) by(source string) rule           { r.row.Source = source; return r }
func (s Step) times(n int) Step                { s.Times = n; return s }
func (s Step) from(wait time.Duration) Step    { s.Wait = wait; return s }
func (s Step) with(adjustment Adjustment) Step { s.With = adjustment; return s }

var (
	nothing         = Step{Do: Nothing}
	retry           = Step{Do: Retry}
	honourHint      = Step{Do: HonourHint}
	reopen          = Step{Do: ReopenSameIDs}
	resubscribe     = Step{Do: Resubscribe}
	regroup         = Step{Do: Regroup}
	rediscover      = Step{Do: Rediscover}
	rediscoverGroup = Step{Do: RediscoverGroup}
	park            = Step{Do: Park}
	stop            = Step{Do: Stop}
)

const (
	aMailbox   = ScopeMailbox
	aGroup     = ScopeGroup
	anEndpoint = ScopeEndpoint
	anAccount  = ScopeAccount
	theClient  = ScopeClient
)

// anyOther is the row of codes that the table lacks. Log them once.
var anyOther = Row{
	At: anywhere, Scope: aMailbox, Steps: []Step{retry.times(3), resubscribe, rediscover, park},
	Subscription: Unknown, Gap: true, Meaning: "a code the recovery table does not know", Source: "J",
}

// table finds rows by code; those of one code differ in At.
var table = index(slices.Concat(subscriptionRules, routingRules, serverRules, accountRules, requestRules,
	statusRules, conditionRules, discoverRules))

func index(rules []rule) map[Code][]Row {
	rows := make(map[Code][]Row)
	for _, rule := range rules {
		for _, code := range rule.codes {
			rows[code] = append(rows[code], rule.row)
		}
	}
	return rows
}
