// Package ewssoap is a client of Exchange Web Services (EWS) and of Autodiscover, as far as streaming notifications and the
// reading of what they missed need them. Package autodiscover, below it, finds the Autodiscover service of a domain.
//
//	GetUserSettings, AutodiscoverPOX  where mailboxes live (Autodiscover)
//	Subscribe, Unsubscribe            streaming subscriptions: of folders or of a whole mailbox, impersonating or as a delegate
//	GetStreamingEvents                the stream of their events
//	GetFolder, FindFolder             folders by id, or below a folder; the properties that tell whether one changed
//	FindItem, GetItem                 items of a folder, also since a time; items by id
//	SyncFolderItems                   the net changes of items since a state
//	SyncFolderHierarchy               the net changes of folders since a state
//
// The operations that answer in pages have an iterator beside them: FindFolderPages, FindItemPages,
// SyncFolderItemsPages, SyncFolderHierarchyPages.
//
// A [Client] holds connections, and which version of the schema each endpoint takes. Where a request goes, whom it
// impersonates and how it finds its mailbox server is a [Call], a value given each time; there is no cookie jar, so groups
// that share a host never mix.
//
// # Guarantees
//
//   - One request is sent for one call. Nothing is retried, redirected or refreshed here (the transport of net/http repeats
//     a request only where no byte of it reached the server). There is one exception, which Options.FixedVersion forbids: a
//     request whose RequestServerVersion the server refuses is sent once more in the next version of those that
//     Options.Version lists, and so on to the end of the list; nothing was done by the refused one.
//   - Of the page iterators each page is one call, and a walk ends: pages that do not go on are an [Error].
//   - Requests are valid by the published schema; what cannot be is refused before anything is sent.
//   - An answer is accepted only if it is a SOAP envelope whose body begins with the answer to the operation sent and holds
//     a response message; of plain-XML Autodiscover, only if it is such a document. Anything else is an [Error], and the
//     connection it came on is not used again, nor is that of a SOAP fault, since some servers send a second answer behind
//     one (unless the whole body has no more than ten bytes).
//   - Answers are read by the local names of elements, whatever their prefixes and order; unknown ones are skipped.
//   - Where an answer tells of several ids, each has a result of its own, in the order in which they were asked for.
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
//   - Pages are no snapshot, FindItem sees nothing that was deleted, and SyncFolderItems tells neither when nor in what
//     order things changed, nor what was made and deleted between two states.
//   - That a [Field] exists is not checked; a server answers ErrorSchemaValidation.
//   - Texts are the server's, localised and free to change. One decides here: that of a version refused with another code
//     than ErrorInvalidServerVersion, as public reports have it.
package ewssoap
