"""MIT's GSSAPI as the judge of Kerberos logins, which reads a SPNEGO token a line and answers each with a line: "ok", who it
is and the token of the answer, or "no" and why. Its argument is the channel binding that every login must carry, in hex.
"""

import base64
import sys

import gssapi

BOUND = 0x800  # GSS_C_CHANNEL_BOUND_FLAG of MIT

bindings = gssapi.raw.ChannelBindings(application_data=bytes.fromhex(sys.argv[1]))
mechanism = gssapi.raw.OID.from_int_seq("1.3.6.1.5.5.2")
credentials = gssapi.Credentials(usage="accept", mechs=[mechanism])

for line in sys.stdin:
    try:
        login = gssapi.SecurityContext(creds=credentials, usage="accept", channel_bindings=bindings)
        token = login.step(base64.b64decode(line)) or b""
        if not login.complete or not login.actual_flags & BOUND:
            raise ValueError("no channel binding")
        print("ok", login.initiator_name, base64.b64encode(token).decode(), flush=True)
    except (gssapi.raw.GSSError, ValueError) as error:
        print("no", str(error).replace("\n", " "), flush=True)
