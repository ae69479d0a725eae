package ewsaffinity

import "time"

// statusRules: HTTP statuses without a SOAP answer.
var statusRules = []rule{
	at(anywhere, CodeNotSOAP).hits(anEndpoint).do(retry.times(3).with(FreshConnection), stop).leaves(Kept).
		says("status 200 with a login page, or with the answer to another request").by("GX J"),
	at(anywhere, CodeRedirect).hits(anEndpoint).do(rediscover).leaves(Kept).gap().
		says("the endpoint moved to another host: never follow with credentials").by("XL J"),
	at(anywhere, CodeErrorPage).hits(anEndpoint).do(retry).leaves(Kept).
		says("redirected to Exchange's error page: an outage").by("XL"),
	at(anywhere, CodeLoginPage).hits(anEndpoint).do(stop).leaves(Kept).gap().
		says("a gateway in front of Exchange wants its own login").by("XL J"),
	at(anywhere, HTTPStatus(400), HTTPStatus(405), HTTPStatus(501)).hits(theClient).do(retry.times(1), stop).leaves(Kept).
		says("the server finds the request malformed").by("GX, GH office-developer-exchange-docs#358"),
	at(anywhere, HTTPStatus(401)).hits(anAccount).do(retry.times(1).with(FreshConnection), retry.from(5*time.Minute)).leaves(Kept).
		says("the token or NTLM session ended, the connection is dying, or the server is busy").by("EV XL"),
	at(anywhere, CodeRefusedLogin).hits(anAccount).do(stop).leaves(Kept).gap().
		says("the credentials are refused: asking again locks the account").by("EV J"),
	at(anywhere, CodeAuthorizer).hits(anAccount).do(retry.times(3), stop).leaves(Kept).gap().
		says("no credentials to send").by("J"),
	at(anywhere, HTTPStatus(403)).hits(aMailbox, anAccount).do(park).most(stop).leaves(Kept).gap().
		says("EWS is off for the mailbox; where most have it, for organisation, application or licence").by("J"),
	at(anywhere, HTTPStatus(404)).hits(anEndpoint).do(rediscover, park).leaves(Unknown).gap().
		says("the URL is wrong").by("J"),
	at(anywhere, HTTPStatus(407)).hits(theClient).do(stop).leaves(Kept).gap().
		says("the HTTP proxy wants a login").by("J"),
	at(anywhere, HTTPStatus(429)).hits(anAccount, anEndpoint).do(honourHint).leaves(Kept).
		says("throttled, mostly by a gateway").by("J"),
	at(stream, HTTPStatus(440), HTTPStatus(449)).hits(anEndpoint, aGroup).do(regroup.with(FreshConnection), stop).leaves(Unknown).gap().
		says("the login session ended").by("J"),
	at(anywhere, HTTPStatus(440), HTTPStatus(449)).hits(anEndpoint).do(retry.with(FreshConnection), stop).leaves(Unknown).gap().
		says("the login session ended").by("J"),
	at(anywhere, HTTPStatus(456)).hits(anAccount).do(stop).leaves(Kept).gap().
		says("the account is locked; the answer's reason phrase is the URL to unlock it").by("EMA"),
	at(anywhere, HTTPStatus(500)).hits(anEndpoint).do(retry).leaves(Unknown).
		says("the server crashed or is overloaded").by("XL"),
	at(anywhere, HTTPStatus(503)).hits(anEndpoint).do(honourHint).leaves(Kept).
		says("the web server's queue is full, or it restarts").by("T"),
	at(anywhere, HTTPStatus(408), HTTPStatus(502), HTTPStatus(504)).hits(anEndpoint).do(retry).leaves(Kept).
		says("an outage behind the front end").by("J"),
}

// conditionRules: what the client itself saw. Streams are reopened twice before
// their group is done over: subscriptions outlive a connection (seen with
// Exchange and with gromox).
var conditionRules = []rule{
	at(stream, CodeEOF, CodeTruncated, CodeMalformed, CodeReset).hits(aGroup).do(reopen.times(2), regroup).leaves(Unknown).gap().
		says("the stream broke off: a restart, or a load balancer").by("GX"),
	at(stream, CodeSilence, CodeOverdue, CodeTimeout).hits(aGroup).do(reopen.times(2), regroup, rediscoverGroup).leaves(Unknown).gap().
		says("the stream fell silent: a half-open connection, or a server that hangs").by("EMA, GH ews-javascript-api#174"),
	at(anywhere, CodeEOF, CodeTruncated, CodeReset, CodeTimeout, CodeSilence, CodeOverdue).hits(anEndpoint).do(retry).leaves(Kept).
		says("the connection broke, or no answer came in time").by("J"),
	at(anywhere, CodeMalformed).hits(aMailbox).do(retry.times(3), park).leaves(Kept).
		says("the answer is no valid XML").by("J"),
	at(anywhere, CodeTLS).hits(anEndpoint).do(stop.from(5 * time.Minute)).leaves(Kept).gap().
		says("the server's certificate, its name or the TLS version is not accepted").by("XL"),
	at(anywhere, CodeDNSNotFound).hits(anEndpoint).do(retry.times(3), rediscover).leaves(Kept).gap().
		says("the endpoint's name does not exist, perhaps no more").by("J"),
	at(anywhere, CodeDNS, CodeRefused, CodeConnectTimeout).hits(anEndpoint).do(retry).leaves(Kept).
		says("no connection: an outage").by("J"),
	at(anywhere, CodeCancelled).hits(theClient).do(nothing).leaves(Kept).
		says("we gave the request up ourselves").by("J"),
}
