// Package breaker says when: it takes the outcome of what was asked of Exchange
// and returns what to do now. What a fault means is the recovery table's to say
// (package ewsaffinity); the package counts, waits and trips.
//
// # Guarantees
//
// A [Group] asks for new subscriptions at once when the table says that some are
// lost, and at the third transport failure in a row; throttling and credentials
// never count. It lives over generations: a group that has to be done over again
// within ten minutes is rediscovered where the table says so. A refused login is
// probed at most three times in ten minutes. An [Endpoint] that is open lets nothing
// through, and one probe at a time when half-open; its wait doubles up to five
// minutes while probes fail.
//
// # Not guaranteed
//
// Nothing is published, retried or closed here: a [Verdict] is advice that its
// caller carries out. Breakers do not know of each other: a process that streams
// many groups as one account needs a count of refused logins of its own. State
// is not kept over a restart.
package breaker
