#!/usr/bin/env bash
# Works as somebody with curl against the server whose addresses the environment names: subscribes, reads the stream, and
# unsubscribes. EWS_URL ends before /EWS; EWS_MAILBOX is the mailbox, EWS_USER and EWS_PASSWORD the service account's,
# EWS_LOGIN is basic or ntlm; EWS_CONTROL is the URL of the control endpoint, EWS_CA the file with the authority to trust.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${reader:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

ok() { echo "ok $*"; }
amiss() { echo "amiss: $1"; shift; [ $# = 0 ] || cat "$@"; exit 1; }

# post NAME BODY [OPTION...]: a request with that operation; the answer is in the file NAME.
post() {
    local name=$1 body=$2
    cat >"$work/$name.request" <<END
<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
    xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types">
  <soap:Header>
    <t:RequestServerVersion Version="Exchange2013"/>
    <t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>$EWS_MAILBOX</t:SmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>
  </soap:Header>
  <soap:Body>$body</soap:Body>
</soap:Envelope>
END
    curl -sS "--$EWS_LOGIN" --cacert "$EWS_CA" --user "$EWS_USER:$EWS_PASSWORD" -H 'Content-Type: text/xml; charset=utf-8' \
        -H "X-AnchorMailbox: $EWS_MAILBOX" --data-binary "@$work/$name.request" "${@:3}" -o "$work/$name" "$EWS_URL/EWS/Exchange.asmx"
}

# pick FILE ELEMENT: the text of the element with that local name.
pick() { xmllint --xpath "string(//*[local-name()='$2'])" "$work/$1"; }

# code NAME: the response code of an answer.
code() { [ "$(pick "$1" ResponseCode)" = "$2" ] || amiss "$1 is not $2" "$work/$1"; }

# saw TEXT: waits until the stream has brought a text.
saw() {
    for _ in $(seq 200); do
        grep -qs -- "$1" "$work/stream" && return
        kill -0 "$reader" 2>/dev/null || amiss "the stream ended before $1" "$work/stream"
        sleep 0.1
    done
    amiss "the stream did not bring $1" "$work/stream"
}

echo "curl $(curl --version | sed -n '1s/^curl \([^ ]*\).*/\1/p') $EWS_LOGIN"
[ "$(curl -sS --cacert "$EWS_CA" -o /dev/null -w '%{http_code}' "$EWS_URL/EWS/Exchange.asmx")" = 401 ] || amiss "nobody is asked who he is"
ok "asked who calls"

post subscribe '<m:Subscribe><m:StreamingSubscriptionRequest>
    <t:FolderIds><t:DistinguishedFolderId Id="inbox"/></t:FolderIds><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes>
  </m:StreamingSubscriptionRequest></m:Subscribe>'
code subscribe NoError
id=$(pick subscribe SubscriptionId)
ok subscribed

post stream "<m:GetStreamingEvents><m:SubscriptionIds><t:SubscriptionId>$id</t:SubscriptionId></m:SubscriptionIds>
    <m:ConnectionTimeout>1</m:ConnectionTimeout></m:GetStreamingEvents>" --no-buffer &
reader=$!
saw '<m:ConnectionStatus>OK</m:ConnectionStatus>'
ok "stream is open"

curl -sS --fail "${EWS_CONTROL}deliver" -d "{\"mailbox\": \"$EWS_MAILBOX\"}" -o "$work/delivered"
saw '</t:NewMailEvent>'
item=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' "$work/delivered")
grep -qF "ItemId Id=\"$item\"" "$work/stream" || amiss "the event is of another item" "$work/delivered" "$work/stream"
ok "event of the delivery"

post item "<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id=\"$item\"/></m:ItemIds></m:GetItem>"
code item NoError
[ -n "$(pick item Subject)" ] || amiss "no subject" "$work/item"
ok "item read back"

post unsubscribe "<m:Unsubscribe><m:SubscriptionId>$id</m:SubscriptionId></m:Unsubscribe>"
code unsubscribe NoError
ok unsubscribed

wait "$reader" || amiss "curl ended with $?" "$work/stream"
xmllint --noout <(sed 's/<?xml[^>]*?>//g; 1s/^/<stream>/; $s/$/<\/stream>/' "$work/stream") || amiss "envelopes that are not XML" "$work/stream"
grep -q 'ErrorSubscriptionUnsubscribed.*<m:ConnectionStatus>Closed<' "$work/stream" || amiss "the stream ended otherwise" "$work/stream"
ok "stream ended"

post again "<m:Unsubscribe><m:SubscriptionId>$id</m:SubscriptionId></m:Unsubscribe>"
code again ErrorSubscriptionNotFound
ok "gone for good"
echo done
