"""A POST by requests and requests_ntlm for each four arguments: URL, user, password, channel binding ("on" or "off").

It writes status and text of the answers. The certificate is not checked: what is tested is what is sent of it.
"""

import sys
import warnings

import requests
import requests_ntlm

warnings.simplefilter("ignore")
arguments = iter(sys.argv[1:])
for url, user, password, binding in zip(*[arguments] * 4):
    with requests.Session() as session:
        session.trust_env, session.verify = False, False
        session.auth = requests_ntlm.HttpNtlmAuth(user, password, send_cbt=binding == "on")
        answer = session.post(url, data="hello")
        print(answer.status_code, answer.text.strip())
