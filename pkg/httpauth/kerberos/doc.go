// Package kerberos is the mechanism of package httpauth for Negotiate (RFC 4559): SPNEGO with Kerberos V5, and the channel
// binding in the authenticator's checksum (RFC 4121, section 4.1.1), which Extended Protection asks for. The Kerberos
// protocol itself is that of github.com/jcmturner/gokrb5.
//
// # Guarantees
//
//   - The KDC is asked for a ticket once for all logins that wait for it, and a failure is the failure of them all. A ticket is
//     used until it ends; after a refused login one that is older than a minute is replaced, with secrets read anew.
//   - Nothing renews tickets or logs in behind the caller's back, and no goroutine stays.
//   - With Mutual, an answer of a server that could not decrypt the ticket is an error, whatever its status.
//   - No bytes of a server, a KDC or a file cause a panic.
//
// # No guarantees
//
//   - It was never tried against IIS or Active Directory: the judges were the KDC and the GSSAPI of MIT.
//   - The name of the service is not looked up in the DNS, and is sent as given. MIT's KDC tells upper and lower case apart.
//   - A service in another realm needs "canonicalize = true" in krb5.conf and a KDC that refers to it; this was not tried.
//   - FAST (RFC 6113) is not used. Of a credential cache only the TGT is.
//   - gokrb5 waits up to five seconds for each KDC and takes no context: a request whose context ends returns at once, while
//     its question to the KDC may go on for that long. What a KDC sends is bounded by nothing.
package kerberos
