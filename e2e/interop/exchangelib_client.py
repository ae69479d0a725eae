"""Works as an exchangelib user against the server whose addresses the environment names, and fails if anything is amiss.

EWS_HOST        host name of the server, which resolves to
EWS_ADDRESS     127.0.0.1:port
EWS_MAILBOX     the mailbox to work in
EWS_COLLEAGUE   another mailbox
EWS_USER        the service account, with
EWS_PASSWORD    its password
EWS_CONTROL     the URL of the control endpoint
EWS_DISCOVERY   fixed (the URL is given), soap or pox
EWS_LOGIN       basic, NTLM, unbound (NTLM without channel binding) or refused (the same, and the server must not have it)
EWS_STEPS       all or brief

REQUESTS_CA_BUNDLE and SSL_CERT_FILE name the server's certificate.
"""

import os
import socket
import sys
import threading
import urllib.request

HOST = os.environ["EWS_HOST"]
IP, PORT = os.environ["EWS_ADDRESS"].rsplit(":", 1)
MAILBOX, COLLEAGUE = os.environ["EWS_MAILBOX"], os.environ["EWS_COLLEAGUE"]
DISCOVERY, LOGIN = os.environ["EWS_DISCOVERY"], os.environ["EWS_LOGIN"]

resolve = socket.getaddrinfo


def resolve_here(host, port, *args, **kwargs):
    """Sends the names of the domain to the server, as the domain's DNS would."""
    if str(host).endswith(HOST.split(".", 1)[1]) or host == HOST:
        return resolve(IP, int(PORT), *args, **kwargs)
    return resolve(host, port, *args, **kwargs)


socket.getaddrinfo = resolve_here

from exchangelib import (  # noqa: E402
    IMPERSONATION, UTC, Account, CalendarItem, Configuration, Credentials, EWSDateTime, FileAttachment, Folder, HTMLBody,
    Mailbox, Message, Q,
)
import exchangelib  # noqa: E402
from exchangelib.autodiscover.discovery import base  # noqa: E402
from exchangelib.errors import ErrorItemNotFound, ErrorSubscriptionNotFound, UnauthorizedError  # noqa: E402
from exchangelib.properties import CreatedEvent, DeletedEvent, ModifiedEvent, NewMailEvent, StatusEvent  # noqa: E402
from exchangelib.transport import AUTH_TYPE_MAP, NTLM  # noqa: E402

base.BaseAutodiscovery._ensure_valid_hostname = lambda self, url: None  # asks the DNS


def check(what, have, want=True):
    if have != want:
        sys.exit(f"{what}: have {have!r}, want {want!r}")
    print("ok", what)


def connect():
    credentials = Credentials(os.environ["EWS_USER"], os.environ["EWS_PASSWORD"])
    if DISCOVERY == "fixed":
        config = Configuration(server=HOST, credentials=credentials)
        return Account(MAILBOX, config=config, autodiscover=False, access_type=IMPERSONATION)
    account = Account(MAILBOX, credentials=credentials, autodiscover=DISCOVERY, access_type=IMPERSONATION)
    check("discovered address", account.primary_smtp_address.lower(), MAILBOX)
    check("discovered URL", account.protocol.service_endpoint, f"https://{HOST}/EWS/Exchange.asmx")
    return account


def colleague_of(account):
    return Account(COLLEAGUE, config=account.protocol.config, autodiscover=False, access_type=IMPERSONATION)


def look_around(account):
    names = {f.name for f in account.msg_folder_root.children}
    check("folders", {"Inbox", "Sent Items", "Drafts", "Deleted Items", "Calendar", "Contacts", "Tasks"} <= names)
    check("tree", "Deletions" in account.root.tree())
    check("names", [m.email_address for m in account.protocol.resolve_names([COLLEAGUE])], [COLLEAGUE])
    zones = {zone.id for zone in account.protocol.get_timezones()}
    check("time zones", "UTC" in zones and "W. Europe Standard Time" in zones)


def write_and_read(account):
    message = Message(account=account, folder=account.drafts, subject="Draft ü", body=HTMLBody("<p>Hello</p>"),
                      to_recipients=[Mailbox(email_address=COLLEAGUE)], categories=["red"])
    message.attach(FileAttachment(name="a.txt", content=b"attached"))
    message.save()
    read = account.drafts.get(subject="Draft ü")
    check("draft", (read.is_draft, read.has_attachments, read.categories, str(read.body)), (True, True, ["red"], "<p>Hello</p>"))
    check("attachment", read.attachments[0].content, b"attached")
    read.subject, read.importance = "Draft changed", "High"
    read.save(update_fields=["subject", "importance"])
    again = account.drafts.get(id=read.id)
    check("changed", (again.subject, again.importance), ("Draft changed", "High"))
    check("MIME", b"Draft changed" in again.mime_content)
    again.send()
    check("drafts are empty", account.drafts.all().count(), 0)
    check("sent", account.sent.get(subject="Draft changed").is_draft, False)
    colleague = colleague_of(account)
    got = colleague.inbox.get(subject="Draft changed")
    check("received", (got.is_read, got.sender.email_address, got.attachments[0].content), (False, MAILBOX, b"attached"))
    by_mime = Message(account=account, folder=account.inbox, mime_content=b"Subject: by MIME\r\nFrom: x@example.org\r\n\r\nText\r\n")
    by_mime.save()
    check("by MIME", account.inbox.get(subject="by MIME").text_body.strip(), "Text")


def search(account):
    for i in range(5):
        Message(account=account, folder=account.inbox, subject=f"Find {i}", body="x" * i, is_read=i % 2 == 0).save()
    found = account.inbox.filter(subject__startswith="Find").order_by("-subject").only("subject")
    check("startswith, order", [m.subject for m in found], [f"Find {i}" for i in (4, 3, 2, 1, 0)])
    check("and, not", account.inbox.filter(Q(subject__contains="Find") & ~Q(is_read=True)).count(), 2)
    check("or", account.inbox.filter(Q(subject="Find 1") | Q(subject="find 2")).count(), 2)
    newest = account.inbox.all().order_by("-datetime_received")[:2]
    check("paging", len(list(newest)), 2)


def file_and_delete(account):
    item = account.inbox.get(subject="Find 0")
    item.move(to_folder=account.junk)
    check("moved", account.junk.get(subject="Find 0").id, item.id)
    item.copy(to_folder=account.inbox)
    copy = account.inbox.get(subject="Find 0")
    copy.move_to_trash()
    check("in the trash", account.trash.filter(subject="Find 0").count(), 1)
    item.soft_delete()
    check("recoverable", account.recoverable_items_deletions.filter(subject="Find 0").count(), 1)
    gone = account.inbox.get(subject="Find 1")
    old = gone.id, gone.changekey
    gone.delete()
    check("deleted", [type(i) for i in account.fetch([old])], [ErrorItemNotFound])
    sub = Folder(parent=account.inbox, name="Sub").save()
    check("folder", [f.name for f in account.inbox.children], ["Sub"])
    sub.delete()
    account.root.clear_cache()
    check("folder deleted", [f.name for f in account.inbox.children], [])


def deliver():
    """Has the server deliver a mail to the mailbox, as from outside."""
    request = urllib.request.Request(os.environ["EWS_CONTROL"] + "deliver", b'{"mailbox":"%s"}' % MAILBOX.encode(),
                                     {"Content-Type": "application/json"})
    urllib.request.urlopen(request).read()


def stream(account):
    with account.inbox.streaming_subscription() as subscription:
        threading.Timer(0.5, deliver).start()  # about when the stream is open; earlier, the server queues it
        events = []
        for notification in account.inbox.get_streaming_events(subscription, connection_timeout=1):
            check("subscription", notification.subscription_id, subscription)
            events += notification.events
            if len(events) >= 3:
                break
        check("streamed", [type(e) for e in events], [CreatedEvent, NewMailEvent, ModifiedEvent])
        check("streamed item", account.inbox.get(id=events[1].item_id.id).subject.startswith("Message"))
    try:
        account.inbox.unsubscribe(subscription)
    except ErrorSubscriptionNotFound:
        print("ok unsubscribed")
    else:
        sys.exit("unsubscribed twice")


def pull(account):
    subscription, watermark = account.inbox.subscribe_to_pull(timeout=5)
    quiet = list(account.inbox.get_events(subscription, watermark))
    check("quiet", [type(e) for n in quiet for e in n.events], [StatusEvent])
    deliver()
    account.inbox.all().order_by("datetime_received")[0].delete()
    events = [e for n in account.inbox.get_events(subscription, watermark) for e in n.events]
    check("pulled", [type(e) for e in events], [CreatedEvent, NewMailEvent, ModifiedEvent, DeletedEvent, ModifiedEvent])
    last = list(account.inbox.get_events(subscription, events[-1].watermark))
    check("nothing more", [type(e) for n in last for e in n.events], [StatusEvent])
    account.inbox.unsubscribe(subscription)


def synchronise(account):
    created = [kind for kind, _ in account.inbox.sync_items(only_fields=["subject"])]
    check("synchronised", set(created), {"create"})
    Message(account=account, folder=account.inbox, subject="Late").save()
    later = [(kind, item.subject) for kind, item in account.inbox.sync_items(sync_state=account.inbox.item_sync_state, only_fields=["subject"])]
    check("later", later, [("create", "Late")])


def calendar(account):
    start = EWSDateTime(2030, 1, 2, 10, tzinfo=UTC)
    CalendarItem(account=account, folder=account.calendar, subject="Meet", start=start, end=EWSDateTime(2030, 1, 2, 11, tzinfo=UTC)).save()
    seen = account.calendar.view(start=EWSDateTime(2030, 1, 1, tzinfo=UTC), end=EWSDateTime(2030, 1, 3, tzinfo=UTC))
    check("calendar", [(i.subject, i.start) for i in seen], [("Meet", start)])


def main():
    print("exchangelib", exchangelib.__version__, LOGIN, DISCOVERY)
    if LOGIN in ("unbound", "refused"):
        with_binding = AUTH_TYPE_MAP[NTLM]
        AUTH_TYPE_MAP[NTLM] = lambda **kwargs: with_binding(**kwargs, send_cbt=False)
    if LOGIN == "refused":
        try:
            connect().inbox.refresh()
        except UnauthorizedError:
            print("ok refused\ndone")
            return
        sys.exit("let in without channel binding")
    account = connect()
    check("login", account.protocol.auth_type, "basic" if LOGIN == "basic" else NTLM)
    steps = (look_around, write_and_read, search, file_and_delete, stream, pull, synchronise, calendar)
    for step in steps if os.environ["EWS_STEPS"] == "all" else (look_around, stream):
        print("==", step.__name__)
        step(account)
    print("done")


main()
