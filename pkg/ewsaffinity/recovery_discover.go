package ewsaffinity

// discoverRules: the codes of Autodiscover, of SOAP by name and of POX by
// number. Old answers stay valid while an endpoint is only down.
var discoverRules = []rule{
	at(discover, "InvalidUser", "InvalidDomain", "NotFederated", "500", "501").hits(aMailbox).do(park).leaves(None).
		says("Autodiscover knows no such mailbox").by("AD"),
	at(discover, "RedirectAddress", "RedirectUrl").hits(aMailbox).do(park).leaves(None).
		says("Autodiscover redirects in a circle, too often, or to where credentials may not go").by("AD"),
	at(discover, "InvalidSetting", "SettingIsNotAvailable").hits(aMailbox).do(park).leaves(None).
		says("Autodiscover has no EWS URL for the mailbox").by("AD"),
	at(discover, "ServerBusy").hits(anEndpoint).do(honourHint).leaves(None).
		says("Autodiscover is throttled").by("AD"),
	at(discover, "InternalServerError", "602", "603").hits(anEndpoint).do(retry).leaves(None).
		says("Autodiscover failed").by("AD"),
	at(discover, "InvalidRequest").hits(theClient).do(retry.times(6).with(SmallerRequest), park).leaves(None).
		says("Autodiscover refuses the request: too many users, or at one user a bug").by("AD J"),
	at(discover, "600", "601").hits(anEndpoint).do(stop).leaves(None).
		says("Autodiscover does not understand the request: it serves other requests, or a bug of the client").by("AD"),
	at(discover, "404").hits(aMailbox).do(park).leaves(None).
		says("plain-XML Autodiscover knows no such mailbox").by("GX"),
}
