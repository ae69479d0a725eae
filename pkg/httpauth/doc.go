// Package httpauth logs HTTP clients in to servers that authenticate connections, as Exchange and IIS do: by NTLMv2
// ([MS-NLMP]) and, with package kerberos, by Negotiate (RFC 4559), both with the channel binding tls-server-end-point
// (RFC 5929) that Extended Protection asks for. It has the server side of NTLM too, for simulated servers and tests.
//
//	transport, err := httpauth.New(httpauth.Config{
//		Mechanism: httpauth.NTLM(func(context.Context) (httpauth.Credentials, error) {
//			return httpauth.Credentials{User: `EXAMPLE\svc-ews`, Password: readSecret()}, nil
//		}),
//	})
//	client := &http.Client{Transport: transport}
//
// # Guarantees
//
//   - A login and the requests after it use one connection, which carries one request at a time, from its first byte until the
//     body of the answer is closed. A stream that hangs for half an hour holds its connection and no other.
//   - The body of a request is sent with the last message of a login only, and not at all to a server that refuses before.
//   - A connection that is logged in is used again without a login. If it gets a 401, there is one login with secrets read
//     anew. If the server ended it while it was idle, another takes its place.
//   - A 401 after a whole handshake is the answer, and that handshake is not repeated: wrong passwords are counted, and lock
//     accounts. A handshake is begun again, twice at most, only if its connection ended before the last message.
//   - Idle connections are closed after a time and bounded in number. A context that ends, an answer that is not read to its
//     end and any failure cost the connection and nothing else. No goroutine stays after CloseIdleConnections and the last
//     answer closed.
//   - The channel binding is of the certificate that the server showed on this very connection. Over plain HTTP there is none.
//   - NTLMv1 and LM are neither sent nor accepted. Each NTLM login has a MIC over its three messages.
//   - No bytes of a peer cause a panic. Messages, headers and the 401s within a login are bounded.
//   - No secret is kept between logins, and none is in an error or an [Observation].
//
// # No guarantees
//
//   - It was never tried against IIS or Exchange. The judges were requests-ntlm, curl and gss-ntlmssp for NTLM, and the KDC and
//     the GSSAPI of MIT for Kerberos.
//   - Requests that run at once log in at once: with a wrong password each counts. Who makes many should stop all at the first
//     refusal; see [Config].Observe.
//   - It logs in to every host that a request goes to, following redirects included, and over plain HTTP too, where the
//     password can be guessed offline from what is sent. To whom requests go is the caller's to restrict.
//   - A connection logged in stays so when the secret changes, and belongs to the account it was logged in for.
//   - The number of connections in use is not bounded: it is the number of requests under way.
//   - Servers that take a Kerberos login for one request only cost a login for each: three requests for one.
//   - Messages are not signed or sealed after the login; TLS does that. Channel bindings of other types are not made.
//   - A certificate signed without a hash of its own, such as Ed25519, has no binding (see [ServerEndPoint]).
//   - A proxy between that shares its connections to the server among clients breaks NTLM, and nobody here can tell. A proxy
//     that wants NTLM itself is not logged in to.
//   - The server side keeps no count of wrong passwords and does not check the clock or the SPN that the client meant.
package httpauth
