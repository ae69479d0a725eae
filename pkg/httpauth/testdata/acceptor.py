"""An HTTPS server that accepts logins by GSSAPI, of whatever mechanism the system has.

It writes its port, then answers POST with "user: body". Arguments: certificate, key, hash of the certificate's signature,
HTTP scheme, mechanism ("ntlm" or "spnego"), whether a channel binding is required ("require" or "allow").
"""

import base64
import hashlib
import http.server
import ssl
import sys

import gssapi

CERTIFICATE, KEY, HASH, SCHEME, MECHANISM, POLICY = sys.argv[1:]
OIDS = {"ntlm": "1.3.6.1.4.1.311.2.2.10", "spnego": "1.3.6.1.5.5.2"}
BOUND = 0x800  # GSS_C_CHANNEL_BOUND_FLAG of MIT

with open(CERTIFICATE) as file:
    der = ssl.PEM_cert_to_DER_cert(file.read())
bindings = gssapi.raw.ChannelBindings(
    application_data=b"tls-server-end-point:" + hashlib.new(HASH, der).digest())
mechanism = gssapi.raw.OID.from_int_seq(OIDS[MECHANISM])
credentials = gssapi.Credentials(usage="accept", mechs=[mechanism])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.login, self.user = None, None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        try:
            offer = self.accept(base64.b64decode(token)) if scheme == SCHEME else ""
        except gssapi.raw.GSSError as error:
            self.answer(401, str(error).encode(), [("WWW-Authenticate", SCHEME)])
            return
        if self.user is None:
            self.answer(401, b"who are you?", [("WWW-Authenticate", SCHEME + offer)])
            return
        self.answer(200, self.user.encode() + b": " + body, [("WWW-Authenticate", SCHEME + offer)] if offer else [])

    def accept(self, token):
        if self.login is None:
            self.user = None
            self.login = gssapi.SecurityContext(creds=credentials, usage="accept", channel_bindings=bindings)
        login = self.login
        try:
            out = login.step(token)
        except gssapi.raw.GSSError:
            self.login = None
            raise
        if login.complete:
            self.login = None
            if POLICY == "allow" or login.actual_flags & BOUND:
                self.user = str(login.initiator_name).rstrip("\0")  # gss-ntlmssp counts the end of its string
        return " " + base64.b64encode(out).decode() if out else ""

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(CERTIFICATE, KEY)
server.socket = tls.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
