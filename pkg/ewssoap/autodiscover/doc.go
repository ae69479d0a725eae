// Package autodiscover finds the Autodiscover service of a mailbox's domain, and by it where mailboxes live.
//
// A [Client] asks about users of one domain with [Client.Discover]. While the domain's service is not known it walks the
// endpoints of Microsoft's "Generate a list of Autodiscover endpoints", without the directory's service connection points:
//
//  1. https://<domain>/autodiscover/autodiscover.svc
//  2. https://autodiscover.<domain>/autodiscover/autodiscover.svc
//  3. where http://autodiscover.<domain>/autodiscover/autodiscover.xml redirects to; that request has no credentials, and
//     nothing but its Location counts
//  4. the SRV records _autodiscover._tcp.<domain> with port 443, in the order of RFC 2782
//  5. where none of these has a SOAP service: plain XML (POX) at those hosts that answered something else
//
// A configured URL takes the place of all this. The endpoint that answered is asked from then on, as long as it works.
// [Client.All] is for callers without a schedule of their own: it makes batches, halves them, and waits.
//
// # Where credentials go
//
// Requests with credentials go to the host of the configured URL, to the domain of the mailboxes and hosts under it, and
// to hosts that match [Options.Allow]. Nothing else gets any, wherever a redirect, a SRV record or another address points:
// it is refused with a [RedirectError] that names the host. The list is empty by default, also of the hosts of Exchange
// Online ([Online]): the password of an account on premises is nothing that an answer may send to a cloud. A redirected
// address is no exception: its domain does not count as the mailboxes' own.
//
// Requests with credentials use https and port 443. The configured URL alone may be otherwise; no redirect to http is
// followed.
//
// A refused login is not tried elsewhere: account lock-out counts at all servers together. A 401 to a password ends the
// walk, and so do 407 and 456. A 401 to a token ([Options.Bearer]), which nobody is locked out by, and 403, 440 and 449,
// which refuse the request and not the login, end the use of their host: other hosts are asked, plain XML at the same
// host is not. A web server on <domain> that answers 401 therefore hides the service on autodiscover.<domain> from an
// account with a password: configure the URL.
//
// # Guarantees
//
//   - Of many simultaneous calls about a domain whose service is not known one walks; the others wait for what it finds, and
//     share its failure.
//   - At most ten redirects are followed for a user, those of HTTP, of RedirectUrl and of RedirectAddress counted together,
//     and none to where it has been.
//   - A known endpoint is given up only for another that answered. It is asked again, without a walk, after ServerBusy,
//     InternalServerError, 429 and 503, unless these come three times in a row. After a failed connection, 401 to a token, or
//     403, a new walk is made only if the last is an hour old ("How to: Refresh configuration information by using
//     Autodiscover"). Where another answer than Autodiscover's comes, it is made at once. A walk in vain changes nothing.
//   - A call does not wait for anything but answers.
//
// # No guarantees
//
//   - The EWS URLs in the settings are the service's word: they are not held against the list of hosts.
//   - A walk that found nothing is not remembered: the next call makes another. Pace the calls.
//   - An endpoint found by one mailbox is taken to be good for its domain.
package autodiscover
