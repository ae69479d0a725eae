// Package exchangesim is an Exchange organisation in memory, behind net/http: mailbox servers with mailboxes on them, the
// part of Exchange Web Services that notifications and ordinary mail clients need, and Autodiscover. It is made for tests
// of EWS software, ours and others': users change their mailboxes, servers fail, and the simulator keeps the truth about
// what happened and what it wrote to whom.
//
// It serves
//
//   - EWS at /EWS/Exchange.asmx: Subscribe (streaming and pull), Unsubscribe, GetStreamingEvents, GetEvents; GetFolder,
//     FindFolder, CreateFolder, UpdateFolder, MoveFolder, CopyFolder, DeleteFolder, EmptyFolder, SyncFolderHierarchy;
//     FindItem, GetItem, CreateItem, UpdateItem, SendItem, MoveItem, CopyItem, DeleteItem, MarkAllItemsAsRead,
//     SyncFolderItems; GetAttachment, CreateAttachment, DeleteAttachment; ResolveNames, GetServerTimeZones,
//     GetUserConfiguration and ConvertId;
//   - Autodiscover at /autodiscover/autodiscover.svc (GetUserSettings) and /autodiscover/autodiscover.xml (POX);
//   - the control endpoint below /sim/.
//
// Start and StartTLS serve on a free port, as net/http/httptest does; Deliver and the other methods of users change
// mailboxes, Fail makes requests fail, and Truth tells what happened. docs/simulator.md shows the same for the command.
//
// It runs on any net.Listener, and over the pipes of PipeListener inside a testing/synctest bubble, where half an hour of
// heartbeats takes milliseconds. Config.Minute shortens the server's minute for tests on the real clock.
//
// # Guarantees
//
//   - Routing follows the documented rules alone: X-BackEndOverrideCookie with X-PreferServerAffinity, else
//     X-AnchorMailbox, else the impersonated mailbox, else the next server in turn. A server knows only the
//     subscriptions it gave, and answers ErrorSubscriptionNotFound to others. It subscribes a mailbox of another server
//     only if it is home to a mailbox of the same GroupingInformation, and else answers ErrorProxyRequestNotAllowed.
//   - A subscription belongs to the account that made it; whom that account impersonates chooses the budget.
//   - Every event a subscription covers is queued until a stream takes it, and written at most once, in the order in
//     which the mailbox raised them. It leaves the queue when it is written: what a connection loses is lost.
//   - A Write is in the Truth before its first byte is on the connection.
//   - An open stream writes an event at once, a sign of life after Config.Heartbeat of silence, and Closed when the
//     ConnectionTimeout is over.
//   - What a client does to a mailbox is a Change, like what users do, and raises the events that Microsoft's articles on
//     notifications and on deletion events list; docs/simulator.md says by operation what no article lists.
//   - With accounts configured a mailbox is open to its own account, to who may impersonate it, and to delegates. What
//     one may not see is answered like what is not there; what one may see and not change, ErrorAccessDenied.
//   - A pull subscription gives events again to who asks with an older watermark, as long as Config.QueueLimit of them are
//     kept.
//   - An item says the same for ever, wherever it is moved or copied, until a client changes it. One that came without
//     content has a generated one.
//   - The same configuration and the same calls at the same times give the same bytes.
//   - After Close no goroutine of the Server remains, apart from the moments net/http takes to see its connections closed.
//
// # Non-guarantees
//
//   - Where nothing is known of Exchange the simulator follows what clients expect, and Config offers the alternatives:
//     the interval and form of heartbeats, the life of an idle subscription, the fate of good ids beside a bad one.
//   - More than 200 ids in a stream are answered with the fault ErrorInvalidRequest, a ConnectionTimeout out of 1..30
//     with ErrorSchemaValidation. A stream of which no id is left, or that lost one to a newer stream, ends with an
//     Error that also says Closed. Exchange's own answers to these are not documented.
//   - The override cookie holds a server's name and build, so a restarted server cannot be told by it: the cookie still
//     leads there, where the ids are unknown. After a failover the cookie is stale, as the server is down.
//   - A queue of more than Config.QueueLimit events is dropped, and the id named with ErrorMissedNotificationEvents.
//   - PR_DELETED_COUNT_TOTAL counts items moved out as well as deleted ones.
//   - Of an item the common properties of messages are kept, and extended ones; of appointments start, end, location and
//     the time zone's name. Others are taken and forgotten. AutoResolve lets the later change win.
//   - A draft that CreateItem saves raises Created and the folder's Modified alone; Outlook's way, which is SaveDraft,
//     raises more.
//   - Messages to addresses outside the organisation are lost, without a report. Meeting requests come from Invite alone,
//     and no answer to one is sent.
//   - A deletion of a folder is final, except into Deleted Items. A mailbox takes at most 20,000 items from clients.
//   - Delegates have a permission of three, on folders: they cannot be limited to their own items or to public ones, and do
//     not send on behalf. Without accounts a mailbox is open to everybody.
//   - Messages are worded differently from Exchange's. Nobody should read them.
//
// # Control endpoint
//
// It asks no authentication. docs/simulator.md lists its paths with examples; they mirror the methods of Server. A POST
// takes a JSON object and answers 200 with one, or 400 with a sentence that says what is wrong.
package exchangesim
