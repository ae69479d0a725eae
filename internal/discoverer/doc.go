// Package discoverer is the stage that knows where every mailbox is: it turns
// mailbox lists into enrolments and asks Autodiscover for the endpoint and the
// GroupingInformation of each enrolled mailbox.
//
// # Guarantees
//
// A source touches only what it enrolled itself. A list that cannot be read, or
// that would withdraw many mailboxes at once, changes nothing. Every answer is
// published, changed or not, and names the fact that made the stage ask. A mailbox
// that became stale while it was being asked about is asked about again. After a
// restart nothing is asked that is known and fresh.
//
// Requests are as polite as the recovery table says: a domain that fails is left
// alone for a growing time and then tried with one request; refused credentials
// stop all requests. Such failures are logged and leave no facts: only an answer
// about a mailbox does.
//
// # Not guaranteed
//
// Between processes nothing is coordinated beyond [Ownership]: while two of them
// believe to own a mailbox, it may be discovered twice.
package discoverer
