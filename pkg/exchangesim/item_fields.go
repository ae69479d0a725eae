package exchangesim

import (
	"encoding/base64"
	"net/mail"
	"slices"
	"strconv"
	"strings"
)

// itemView is an item in an answer.
type itemView struct {
	*item
	memo **content // of the item, once somebody has looked
	sh   shape
	find bool // of FindItem or SyncFolderItems, which leave large properties out
}

// itemField is a property of items: in which base shapes it is, and how it is written. Which are in Default and not in
// FindItem says Microsoft's article on property sets and response shapes.
type itemField struct {
	uri     string
	level   level
	getOnly bool
	write   func(*xmlBuffer, itemView)
}

// itemFields are the properties in the order of types.xsd. Those before ExtendedProperty and those after it are apart.
var itemFields = []itemField{
	{"item:MimeContent", idOnly, true, func(x *xmlBuffer, v itemView) {
		x.raw(`<t:MimeContent CharacterSet="UTF-8">`, base64.StdEncoding.EncodeToString(v.says().mime), `</t:MimeContent>`)
	}},
	{"item:ItemId", inDefault, false, func(x *xmlBuffer, v itemView) { x.id("t:ItemId", v.id, v.changeKey()) }},
	{"item:ParentFolderId", allProperties, false, func(x *xmlBuffer, v itemView) {
		x.id("t:ParentFolderId", v.folder.plainID(), v.folder.changeKey())
	}},
	textField("item:ItemClass", allProperties, func(v itemView) string { return v.class }),
	textField("item:Subject", inDefault, func(v itemView) string { return v.says().subject }),
	textField("item:Sensitivity", inDefault, func(v itemView) string { return v.says().sensitivity }),
	{"item:Body", inDefault, true, func(x *xmlBuffer, v itemView) { v.says().writeBodyElement(x, "t:Body", v.sh.bodyType) }},
	{"item:Attachments", allProperties, true, writeAttachments},
	textField("item:DateTimeReceived", allProperties, func(v itemView) string { return wireTime(v.received) }),
	textField("item:Size", inDefault, func(v itemView) string { return strconv.Itoa(len(v.says().mime)) }),
	{"item:Categories", allProperties, false, writeCategories},
	textField("item:Importance", allProperties, func(v itemView) string { return v.says().importance }),
	textField("item:InReplyTo", allProperties, func(v itemView) string { return v.says().inReplyTo }),
	boolField("item:IsSubmitted", allProperties, func(itemView) bool { return false }),
	boolField("item:IsDraft", allProperties, func(v itemView) bool { return v.draft }),
	boolField("item:IsFromMe", allProperties, func(v itemView) bool {
		return v.says().from != nil && strings.EqualFold(v.says().from.Address, v.folder.mailbox.address)
	}),
	boolField("item:IsResend", allProperties, func(itemView) bool { return false }),
	boolField("item:IsUnmodified", allProperties, func(v itemView) bool { return v.edited == 0 }),
	{"item:InternetMessageHeaders", allProperties, true, writeMessageHeaders},
	textField("item:DateTimeSent", inDefault, func(v itemView) string {
		if v.says().sent.IsZero() {
			return ""
		}
		return wireTime(v.says().sent)
	}),
	textField("item:DateTimeCreated", inDefault, func(v itemView) string { return wireTime(v.created) }),
	boolField("item:ReminderIsSet", allProperties, func(itemView) bool { return false }),
	textField("item:DisplayCc", allProperties, func(v itemView) string { return display(v.says().cc) }),
	textField("item:DisplayTo", allProperties, func(v itemView) string { return display(v.says().to) }),
	boolField("item:HasAttachments", inDefault, func(v itemView) bool { return v.says().hasFiles() }),
	{"", idOnly, false, writeExtended},
	textField("item:Culture", allProperties, func(itemView) string { return "en-US" }),
	{"item:EffectiveRights", allProperties, true, func(x *xmlBuffer, _ itemView) { writeRights(x) }},
	textField("item:LastModifiedName", allProperties, func(v itemView) string { return v.folder.mailbox.address }),
	textField("item:LastModifiedTime", allProperties, func(v itemView) string { return wireTime(v.committed) }),
	boolField("item:IsAssociated", inDefault, func(v itemView) bool { return v.hidden }),
	{"item:ConversationId", allProperties, false, func(x *xmlBuffer, v itemView) {
		x.raw(`<t:ConversationId Id="`, v.says().conversation(), `" />`)
	}},
	{"item:UniqueBody", idOnly, true, func(x *xmlBuffer, v itemView) { v.says().writeBodyElement(x, "t:UniqueBody", v.sh.bodyType) }},
	{"item:Flag", idOnly, false, func(x *xmlBuffer, _ itemView) { x.raw(`<t:Flag><t:FlagStatus>NotFlagged</t:FlagStatus></t:Flag>`) }},
	textField("item:Preview", idOnly, func(v itemView) string { return v.says().preview() }),
	{"item:TextBody", idOnly, true, func(x *xmlBuffer, v itemView) { v.says().writeBodyElement(x, "t:TextBody", "Text") }},
}

// fieldsOf are the further properties by the element of the item.
var fieldsOf = map[string][]itemField{
	"t:Message":        messageFields,
	"t:CalendarItem":   calendarFields,
	"t:MeetingRequest": slices.Concat(messageFields, requestFields),
	"t:Contact": {
		textField("contacts:FileAs", inDefault, func(v itemView) string { return v.says().subject }),
		textField("contacts:DisplayName", allProperties, func(v itemView) string { return v.says().subject }),
	},
	"t:Task": {
		boolField("task:IsComplete", allProperties, func(itemView) bool { return false }),
		textField("task:PercentComplete", inDefault, func(itemView) string { return "0" }),
		textField("task:Status", inDefault, func(itemView) string { return "NotStarted" }),
	},
}

var messageFields = []itemField{
	addressField("message:Sender", allProperties, func(v itemView) *mail.Address { return v.says().sender }),
	addressesField("message:ToRecipients", inDefault, func(v itemView) []*mail.Address { return v.says().to }),
	addressesField("message:CcRecipients", inDefault, func(v itemView) []*mail.Address { return v.says().cc }),
	addressesField("message:BccRecipients", allProperties, func(v itemView) []*mail.Address { return v.says().bcc }),
	boolField("message:IsReadReceiptRequested", inDefault, func(itemView) bool { return false }),
	boolField("message:IsDeliveryReceiptRequested", inDefault, func(itemView) bool { return false }),
	textField("message:ConversationIndex", allProperties, func(v itemView) string { return v.says().conversation() }),
	textField("message:ConversationTopic", allProperties, func(v itemView) string { return v.says().topic() }),
	addressField("message:From", inDefault, func(v itemView) *mail.Address { return v.says().from }),
	textField("message:InternetMessageId", allProperties, func(v itemView) string { return v.says().messageID }),
	boolField("message:IsRead", inDefault, func(v itemView) bool { return v.read }),
	boolField("message:IsResponseRequested", allProperties, func(itemView) bool { return false }),
	textField("message:References", allProperties, func(v itemView) string { return v.says().references }),
	addressesField("message:ReplyTo", allProperties, func(v itemView) []*mail.Address { return v.says().replyTo }),
	addressField("message:ReceivedBy", allProperties, itemView.owner),
	addressField("message:ReceivedRepresenting", allProperties, itemView.owner),
}

var calendarFields = []itemField{
	textField("calendar:UID", allProperties, func(v itemView) string { return v.says().messageID }),
	textField("calendar:Start", inDefault, func(v itemView) string { return wireTime(v.says().start) }),
	textField("calendar:End", inDefault, func(v itemView) string { return wireTime(v.says().end) }),
	boolField("calendar:IsAllDayEvent", allProperties, func(itemView) bool { return false }),
	textField("calendar:LegacyFreeBusyStatus", inDefault, itemView.freeBusy),
	textField("calendar:Location", inDefault, func(v itemView) string { return v.says().location }),
	boolField("calendar:IsMeeting", allProperties, func(itemView) bool { return false }),
	boolField("calendar:IsCancelled", allProperties, func(itemView) bool { return false }),
	boolField("calendar:IsRecurring", allProperties, func(itemView) bool { return false }),
	textField("calendar:CalendarItemType", inDefault, func(itemView) string { return "Single" }),
	textField("calendar:MyResponseType", allProperties, itemView.answer),
	addressField("calendar:Organizer", inDefault, func(v itemView) *mail.Address { return v.says().from }),
}

// says is the content of the item, which is made at most once.
func (v itemView) says() *content {
	if *v.memo == nil {
		*v.memo = v.item.says()
	}
	return *v.memo
}

func (v itemView) owner() *mail.Address { return &mail.Address{Address: v.folder.mailbox.address} }

// render writes the item.
func (it *item) render(x *xmlBuffer, sh shape, find bool) {
	element, v := elementOf(it.class), itemView{it, new(*content), sh, find}
	x.raw("<", element, ">")
	for _, fields := range [][]itemField{itemFields, fieldsOf[element]} {
		for _, f := range fields {
			asked := sh.wants(f.uri, f.level) || f.uri == "item:ItemId" || f.uri == "" || f.uri == "item:MimeContent" && sh.mime
			if asked && !(find && f.getOnly) {
				f.write(x, v)
			}
		}
	}
	x.raw("</", element, ">")
}
