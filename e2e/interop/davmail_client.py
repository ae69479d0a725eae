"""Works as programs for mail and calendars against DavMail, an IMAP, SMTP and CalDAV gateway to EWS, and fails if anything
is amiss.

IMAP_PORT, SMTP_PORT, CALDAV_PORT  where DavMail listens
EWS_MAILBOX                        the mailbox, which is the account too, with
EWS_PASSWORD                       its password
EWS_COLLEAGUE                      another mailbox
EWS_CONTROL                        the URL of the simulator's control endpoint
EWS_IDLE                           set: wait for IDLE, which DavMail looks after once a minute
"""

import base64
import email
import imaplib
import os
import smtplib
import sys
import time
import urllib.error
import urllib.request

MAILBOX, COLLEAGUE, PASSWORD = os.environ["EWS_MAILBOX"], os.environ["EWS_COLLEAGUE"], os.environ["EWS_PASSWORD"]


def check(what, have, want=True):
    if have != want:
        sys.exit(f"{what}: have {have!r}, want {want!r}")
    print("ok", what)


def control(path, body=None, content_type="application/json"):
    request = urllib.request.Request(os.environ["EWS_CONTROL"] + path, body, {"Content-Type": content_type})
    return urllib.request.urlopen(request).read()


def deliver(subject):
    """Has a mail arrive from outside."""
    mail = f"From: Bob <bob@example.org>\r\nTo: {MAILBOX}\r\nSubject: {subject}\r\n\r\nBody of {subject}\r\n"
    control(f"deliver?mailbox={MAILBOX}", mail.encode(), "message/rfc822")


def connect(connection_of, port):
    """Waits until DavMail, which starts, listens."""
    for _ in range(300):
        try:
            return connection_of("127.0.0.1", int(os.environ[port]))
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit(f"DavMail does not listen at {port}")


def done(answer):
    """The data of an answer that must be OK."""
    if answer[0] != "OK":
        sys.exit(f"answered {answer!r}")
    return answer[1]


def subjects(imap):
    """The messages of the selected folder by number."""
    found = {}
    for part in done(imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")):
        if isinstance(part, tuple):
            found[part[0].split()[0].decode()] = email.message_from_bytes(part[1])["Subject"]
    return found


def number_of(imap, subject):
    return {s: n for n, s in subjects(imap).items()}[subject]


def flags(imap, number):
    return {f.decode() for f in imaplib.ParseFlags(done(imap.fetch(number, "(FLAGS)"))[0])} - {"\\Recent"}


def read(imap):
    names = {line.decode().rsplit(' "/" ', 1)[1].strip('"') for line in done(imap.list())}
    check("folders", {"INBOX", "Sent", "Drafts", "Trash", "Junk"} <= names)
    for subject in ("one", "two", "three"):
        deliver(subject)
    check("messages", done(imap.select("INBOX")), [b"3"])
    check("subjects", list(subjects(imap).values()), ["one", "two", "three"])
    message = email.message_from_bytes(done(imap.fetch("2", "(BODY.PEEK[])"))[0][1])
    check("fetched", (message["From"], message.get_payload().strip()), ("Bob <bob@example.org>", "Body of two"))
    check("not read yet", flags(imap, "2"), set())
    check("found by subject", done(imap.search(None, "SUBJECT", "three")), [b"3"])
    check("found unseen", done(imap.search(None, "UNSEEN")), [b"1 2 3"])


def write(imap):
    appended = f"From: {MAILBOX}\r\nSubject: appended\r\nMessage-ID: <appended@example.com>\r\n\r\nText\r\n".encode()
    done(imap.append("INBOX", "(\\Seen)", None, appended))
    done(imap.append("Drafts", "(\\Draft)", None, appended.replace(b"appended", b"draft")))
    done(imap.noop())
    check("appended", (list(subjects(imap).values())[-1], flags(imap, "4")), ("appended", {"\\Seen"}))
    done(imap.store("1", "+FLAGS", "(\\Seen \\Flagged \\Answered mine)"))
    check("flags", flags(imap, "1"), {"\\Seen", "\\Flagged", "\\Answered", "mine"})
    done(imap.store("1", "-FLAGS", "(\\Seen \\Flagged mine)"))
    done(imap.select("INBOX"))
    check("flags taken away", flags(imap, "1"), {"\\Answered"})
    check("draft", (done(imap.select("Drafts")), flags(imap, "1")), ([b"1"], {"\\Seen", "\\Draft"}))


def file_and_delete(imap):
    done(imap.create("Letters"))
    done(imap.select("INBOX"))
    done(imap.copy(number_of(imap, "one"), "Letters"))
    done(imap._simple_command("MOVE", number_of(imap, "two"), "Letters"))
    done(imap.select("INBOX"))
    check("moved away", list(subjects(imap).values()), ["one", "three", "appended"])
    check("copied and moved", (done(imap.select("Letters")), list(subjects(imap).values())), ([b"2"], ["one", "two"]))
    done(imap.close())
    done(imap.rename("Letters", "Post"))
    check("renamed", (done(imap.select("Post")), list(subjects(imap).values())), ([b"2"], ["one", "two"]))
    done(imap.store("1:2", "+FLAGS", "\\Deleted"))
    check("expunged", len(done(imap.expunge())), 2)
    done(imap.close())
    done(imap.delete("Post"))
    check("folder deleted", not any(b"Post" in line for line in done(imap.list())))


def notice(imap):
    done(imap.select("INBOX"))
    deliver("noticed")
    done(imap.noop())
    check("noticed by NOOP", imap.untagged_responses.get("EXISTS", [])[-1:], [b"4"])
    if not os.environ.get("EWS_IDLE"):
        return
    imap.send(b"X1 IDLE\r\n")
    check("idling", imap.readline().startswith(b"+"))
    deliver("idle")
    imap.sock.settimeout(90)
    check("noticed by IDLE", imap.readline(), b"* 5 EXISTS\r\n")
    imap.send(b"DONE\r\n")
    while not imap.readline().startswith(b"X1 OK"):
        pass


def send():
    smtp = connect(smtplib.SMTP, "SMTP_PORT")
    smtp.login(MAILBOX, PASSWORD)
    smtp.sendmail(MAILBOX, [COLLEAGUE], f"From: {MAILBOX}\r\nTo: {COLLEAGUE}\r\nSubject: by SMTP\r\n\r\nHello\r\n")
    smtp.quit()
    received = email.message_from_bytes(control(f"mime?mailbox={COLLEAGUE}"))
    check("sent", (received["Subject"], received.get_payload().strip()), ("by SMTP", "Hello"))


EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//interop//EN
BEGIN:VEVENT
UID:tea@example.com
DTSTAMP:20300101T000000Z
DTSTART:20300102T100000Z
DTEND:20300102T110000Z
SUMMARY:Tea
LOCATION:Room 1
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")

QUERY = """<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter></C:calendar-query>"""


def caldav(method, path="", body=None, **headers):
    """Status and body of a request for the calendar."""
    url = f"http://127.0.0.1:{os.environ['CALDAV_PORT']}/users/{MAILBOX}/calendar/{path}"
    login = base64.b64encode(f"{MAILBOX}:{PASSWORD}".encode()).decode()
    request = urllib.request.Request(url, body and body.encode(), {"Authorization": "Basic " + login, **headers}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def keep_calendar():
    status, answer = caldav("PUT", "tea.ics", EVENT, **{"Content-Type": "text/calendar; charset=utf-8"})
    check("event made", status, 201)
    status, event = caldav("GET", "tea.ics")
    fields = {line for line in event.splitlines() if line.startswith(("SUMMARY", "LOCATION", "DTSTART:2", "DTEND:2"))}
    check("event", (status, fields), (200, {"SUMMARY:Tea", "LOCATION:Room 1", "DTSTART:20300102T100000Z", "DTEND:20300102T110000Z"}))
    status, answer = caldav("REPORT", body=QUERY, Depth="1")
    check("found in the calendar", (status, answer.count("SUMMARY:Tea")), (207, 1))
    check("event deleted", caldav("DELETE", "tea.ics")[0], 200)
    check("calendar is empty", caldav("REPORT", body=QUERY, Depth="1")[1].count("VEVENT"), 0)


def main():
    imap = connect(imaplib.IMAP4, "IMAP_PORT")
    print("DavMail", imap.welcome.decode().split("DavMail ")[1].split()[0])
    imap.login(MAILBOX, PASSWORD)
    for step in (read, write, file_and_delete, notice):
        print("==", step.__name__)
        step(imap)
    imap.logout()
    for step in (send, keep_calendar):
        print("==", step.__name__)
        step()
    print("done")


main()
