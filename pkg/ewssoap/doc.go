// Package ewssoap is a client of Exchange Web Services (EWS) and of SOAP Autodiscover, as far as streaming notifications
// need them: GetUserSettings, Subscribe, Unsubscribe, GetStreamingEvents, GetFolder, FindFolder.
//
// A [Client] holds connections and nothing else. Where a request goes, whom it impersonates and how it finds its mailbox
// server is a [Call], a value given each time; there is no cookie jar, so groups that share a host never mix.
//
// # Guarantees
//
//   - One request is sent for one call. Nothing is retried, redirected or refreshed here (the transport of net/http repeats
//     a request only where no byte of it reached the server).
//   - An answer is accepted only if it is a SOAP envelope whose body begins with the answer to the operation sent and holds
//     a response message. Anything else is an [Error], and the connection it came on is not used again, nor is that of a
//     SOAP fault, since some servers send a second answer behind one (unless the whole body has no more than ten bytes).
//   - Every failure is an [Error] whose Code can be decided upon: an EWS ResponseCode, an Autodiscover ErrorCode, "HTTP 503"
//     and so on, or a Condition. Only a cancelled context is not: then the call returns ctx.Err() itself.
//   - [Stream.Next] returns an envelope as soon as its last byte is there, whatever the framing, and every notification
//     in it, also beside an error. It never waits longer than the silence and the overdue time allow.
//   - A stream has no goroutine and reads only while Next is called: a slow caller slows the server down, and no more is in
//     memory than one envelope.
//   - Envelopes and answers are limited in size (after unpacking) and depth, document type declarations are refused, and
//     no input panics.
//   - Characters that XML forbids are left out and counted, [Envelope].Forbidden and [Meta].Forbidden: they fail neither a
//     stream nor a page of items. XML 1.1 is read as 1.0.
//   - An envelope means the same whether the scanner of plain ones reads it or encoding/xml, which has the last word on all
//     that is unusual.
//   - The trace, the texts of errors and printed cookies hold no credentials and no cookie values.
//
// # No guarantees
//
//   - An event that Exchange wrote to a stream is gone from its queue. When a stream ends with anything but io.EOF, events
//     may be lost; this package cannot tell.
//   - Requests ask for no compression. A server that compresses all the same with gzip or deflate is understood, but only
//     what it flushes comes at once; a foreign answer in deflate without the zlib format may leave its connection in use.
//   - Silence is no proof of health: a subscription to a folder without rights may just never bring an event.
//   - A Closed does not say why: a server may mean the end of the time, an Unsubscribe, or a second stream.
//   - Event times order nothing, and the change keys of events tell no versions apart.
//   - Texts are the server's, localised and free to change.
package ewssoap
