package exchangesim

import "strconv"

// message is one ResponseMessage of an ordinary answer.
type message struct {
	code    string // NoError or what went wrong
	text    string
	values  map[string]string
	inner   string // markup after the head
	warning bool   // of class Warning, in place of Error
}

func success(inner string) message { return message{code: "NoError", inner: inner} }

func failure(code string) message { return message{code: code, text: textOf(code)} }

// message makes the message of a fault.
func (a FaultAnswer) message() message {
	return message{code: a.ResponseCode, text: a.text(a.ResponseCode), values: a.hints()}
}

func (a FaultAnswer) text(code string) string {
	if a.Text != "" {
		return a.Text
	}
	return textOf(code)
}

// hints are the t:Value children that an answer carries.
func (a FaultAnswer) hints() map[string]string {
	values := map[string]string{}
	for k, v := range a.Values {
		values[k] = v
	}
	if a.BackOffMilliseconds > 0 {
		values["BackOffMilliseconds"] = strconv.Itoa(a.BackOffMilliseconds)
	}
	return values
}

// renderMessages writes the response element of an operation.
func renderMessages(operation string, messages []message) []byte {
	x := &xmlBuffer{}
	x.raw(`<m:`, operation, `Response xmlns:m="`, nsMessages, `" xmlns:t="`, nsTypes, `"><m:ResponseMessages>`)
	for _, m := range messages {
		m.render(x, operation)
	}
	return x.raw(`</m:ResponseMessages></m:`, operation, `Response>`).b
}

func (m message) render(x *xmlBuffer, operation string) {
	x.raw(`<m:`, operation, `ResponseMessage ResponseClass="`)
	switch {
	case m.code == "NoError":
		x.raw(`Success"><m:ResponseCode>NoError</m:ResponseCode>`)
	case m.warning:
		x.raw(`Warning">`)
		m.head(x)
	default:
		x.raw(`Error">`)
		m.head(x)
	}
	x.raw(m.inner)
	x.raw(`</m:`, operation, `ResponseMessage>`)
}

// head writes what messages of class Error begin with, in the order of messages.xsd.
func (m message) head(x *xmlBuffer) {
	x.element("m:MessageText", m.text).element("m:ResponseCode", m.code)
	x.raw(`<m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>`).values("m:MessageXml", "", m.values)
}

// soapFault is an answer that is no ResponseMessage.
type soapFault struct {
	code   string
	text   string
	values map[string]string
}

func (f *soapFault) Error() string { return f.code + ": " + f.text }

func newFault(code string) *soapFault { return &soapFault{code: code, text: textOf(code)} }

// render writes the fault as Exchange does: codes of EWS in the types namespace, detail in none.
func (f *soapFault) render() []byte {
	x := &xmlBuffer{}
	x.raw(`<s:Fault><faultcode xmlns:a="`, nsTypes, `">a:`, f.code, `</faultcode><faultstring xml:lang="en-US">`)
	x.text(f.text).raw(`</faultstring><detail><e:ResponseCode xmlns:e="`, nsErrors, `">`, f.code, `</e:ResponseCode>`)
	x.raw(`<e:Message xmlns:e="`, nsErrors, `">`).text(f.text).raw(`</e:Message>`)
	x.values("t:MessageXml", ` xmlns:t="`+nsTypes+`"`, f.values)
	return x.raw(`</detail></s:Fault>`).b
}

// texts are the words that go with the codes. Exchange's own are longer and localised; nobody may depend on them.
var texts = map[string]string{
	"ErrorChangeKeyRequired":                      "The item needs its ChangeKey.",
	"ErrorChangeKeyRequiredForWriteOperations":    "The item needs its ChangeKey.",
	"ErrorDeleteDistinguishedFolder":              "A distinguished folder cannot be deleted.",
	"ErrorFolderSave":                             "The folder needs a DisplayName.",
	"ErrorMoveDistinguishedFolder":                "A distinguished folder cannot be moved.",
	"ErrorMoveCopyFailed":                         "A folder cannot be put into itself or into a folder below it.",
	"ErrorCrossMailboxMoveCopy":                   "A folder cannot be moved or copied to another mailbox.",
	"ErrorCannotEmptyFolder":                      "A calendar cannot be emptied.",
	"ErrorToFolderNotFound":                       "The folder to put it into was not found.",
	"ErrorParentFolderNotFound":                   "The parent folder was not found.",
	"ErrorSyncFolderNotFound":                     "The folder to synchronize was not found.",
	"ErrorInvalidPropertyAppend":                  "The property cannot be appended to.",
	"ErrorInvalidPropertyDelete":                  "The property cannot be deleted.",
	"ErrorUpdatePropertyMismatch":                 "An update is a path and an object with that one property.",
	"ErrorFolderExists":                           "A folder of that name exists.",
	"ErrorInvalidPropertySet":                     "The property cannot be set, or not to this value.",
	"ErrorInvalidRecipients":                      "The message has no recipients.",
	"ErrorIrresolvableConflict":                   "The item was changed since it was read.",
	"ErrorMessageDispositionRequired":             "Messages need a MessageDisposition.",
	"ErrorMimeContentInvalid":                     "MimeContent is no message.",
	"ErrorMimeContentInvalidBase64String":         "MimeContent is not base64.",
	"ErrorQuotaExceeded":                          "The mailbox is full.",
	"ErrorSendMeetingInvitationsRequired":         "Appointments need SendMeetingInvitations.",
	"ErrorStaleObject":                            "The item was changed since it was read.",
	"ErrorEventNotFound":                          "The events after the watermark are no longer known.",
	"ErrorInvalidAttachmentId":                    "The attachment was not found.",
	"ErrorInvalidPullSubscriptionId":              "The subscription is not of the pull kind.",
	"ErrorInvalidWatermark":                       "The watermark is invalid.",
	"ErrorNameResolutionMultipleResults":          "Several names match.",
	"ErrorNameResolutionNoResults":                "No name matches.",
	"ErrorUnsupportedTypeForConversion":           "The id format is not supported.",
	"ErrorAccessDenied":                           "Access is denied.",
	"ErrorExceededConnectionCount":                "The number of concurrent connections of this account is exceeded.",
	"ErrorExceededSubscriptionCount":              "The number of subscriptions of this mailbox is exceeded.",
	"ErrorFolderNotFound":                         "The folder was not found.",
	"ErrorImpersonateUserDenied":                  "The account may not impersonate this user.",
	"ErrorIncorrectSchemaVersion":                 "The request needs another RequestServerVersion.",
	"ErrorInvalidIdMalformed":                     "The id is malformed.",
	"ErrorInvalidServerVersion":                   "The specified server version is invalid.",
	"ErrorInvalidSubscription":                    "Subscription is invalid.",
	"ErrorInvalidSubscriptionRequest":             "The subscription request is invalid.",
	"ErrorItemNotFound":                           "The item was not found.",
	"ErrorMissedNotificationEvents":               "Events were missed; the subscription goes on.",
	"ErrorMissingEmailAddress":                    "The caller has no mailbox; impersonate one.",
	"ErrorNewEventStreamConnectionOpened":         "A newer connection has been opened for the subscription.",
	"ErrorNonExistentMailbox":                     "No mailbox with such an address.",
	"ErrorProxyRequestNotAllowed":                 "The mailbox is in another site, and the request is not proxied there.",
	"ErrorReadEventsFailed":                       "The events of the subscription cannot be read.",
	"ErrorServerBusy":                             "The server cannot service this request right now. Try again later.",
	"ErrorSubscriptionAccessDenied":               "The subscription belongs to another account.",
	"ErrorSubscriptionDelegateAccessNotSupported": "A subscription needs the owner of the mailbox; impersonate it.",
	"ErrorSubscriptionNotFound":                   "The subscription was not found.",
	"ErrorSubscriptionUnsubscribed":               "The subscription was unsubscribed.",
	"ErrorMailboxMoveInProgress":                  "Mailbox move in progress. Try again later.",
	"ErrorSchemaValidation":                       "The request failed schema validation.",
	"ErrorInvalidRequest":                         "The request is invalid.",
	"ErrorInvalidExchangeImpersonationHeaderData": "The ExchangeImpersonation header is invalid.",
	"ErrorInvalidUserPrincipalName":               "The user principal name is not valid.",
	"ErrorMoreThanOneAccessModeSpecified":         "Impersonate, or send a security context, but not both.",
	"ErrorInvalidUserSid":                         "The SID is not a user's.",
	"ErrorInvalidPagingMaxRows":                   "The page is too small.",
	"ErrorInvalidSyncStateData":                   "The SyncState is damaged, too old or another folder's.",
	"ErrorUnsupportedPathForQuery":                "The restriction names a property that is not supported.",
}

func textOf(code string) string {
	if text := texts[code]; text != "" {
		return text
	}
	return "The server answered " + code + "."
}
