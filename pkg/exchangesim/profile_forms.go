package exchangesim

// HeaderForm says which headers an answer has.
type HeaderForm string

const (
	Headers2010       HeaderForm = "2010"        // IIS alone, as the capture of 2010 has it
	HeadersOnPremises HeaderForm = "on-premises" // names of the servers in X-FEServer, X-BEServer, X-CalculatedBETarget, X-DiagInfo
	HeadersOnline     HeaderForm = "online"      // further X-FEServer (of two front ends), X-CalculatedFETarget, X-FEProxyInfo, X-FEEFZInfo, X-Proxy-RoutingCorrectness and X-BackEndHttpStatus
	HeadersNone       HeaderForm = "none"        // no header and no cookie of Exchange's
)

// AffinityMode says how requests find the server that holds their subscriptions.
type AffinityMode string

const (
	AffinityHeaders        AffinityMode = "headers"        // override cookie and anchor, since 2013
	AffinityExchangeCookie AffinityMode = "exchangecookie" // 2010: exchangecookie leads back to the client access server
	AffinityMailbox        AffinityMode = "mailbox"        // always the home of the impersonated mailbox
)

// SubscriptionIDForm is the form of subscription ids. All are base64.
type SubscriptionIDForm string

const (
	SubscriptionIDShort       SubscriptionIDForm = "short"        // server and GUID, as public ids of 2010
	SubscriptionIDWithTime    SubscriptionIDForm = "with-time"    // and the time of creation, as those of 2013
	SubscriptionIDWithMailbox SubscriptionIDForm = "with-mailbox" // and the mailbox's GUID, as all later ones
	SubscriptionIDCounter     SubscriptionIDForm = "counter"      // gromox: a number that starts anew with the server, and the life in minutes
)

// WireForm is the form of envelopes, events and faults.
type WireForm string

const (
	WireExchange WireForm = "exchange"
	// WireGromox has other prefixes, a ConnectionStatus and empty lists in every envelope of a stream, MoreEvents, times of
	// nine digits and ids without ChangeKey; faults come with HTTP 200 and without detail; there is no SOAP Autodiscover;
	// and a subscription to folders sees items only come, every other change on the folder alone.
	WireGromox WireForm = "gromox"
)

// OwnerMode says who owns a subscription.
type OwnerMode string

const (
	OwnerAccount      OwnerMode = "account"      // who logged in
	OwnerImpersonated OwnerMode = "impersonated" // the impersonated user
)
