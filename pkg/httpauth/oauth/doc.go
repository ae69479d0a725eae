// Package oauth gets access tokens for an application that acts on its own behalf, as Exchange online and AD FS give them:
// OAuth's client credentials grant (RFC 6749, section 4.4), with a secret or with a certificate (private_key_jwt, RFC 7523).
//
// # Guarantees
//
//   - A token is fetched when it is first asked for, and again shortly before it expires, while the old one is still used.
//     However many ask, one request is under way, and none for a while after one that failed.
//   - The secret and the certificate are asked for at each fetch, so that renewed ones are used from then on.
//   - Redirects are not followed. No error, and nothing that is printed of a [Source], holds a secret, an assertion or a
//     token.
//
// # No guarantees
//
//   - A token may be refused before it expires: tell [Source.Refused].
package oauth
