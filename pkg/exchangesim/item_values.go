package exchangesim

import (
	"cmp"
	"net/mail"
	"strconv"
	"strings"
	"time"
)

// itemValues are the properties that restrictions, sort orders and extended properties know, as string, time.Time, bool,
// int or, where there are several, []string. Those without a FieldURI have the name that MS-OXPROPS gives them.
var itemValues = map[string]func(itemView) any{
	"item:DateTimeCreated":      func(v itemView) any { return v.created },
	"item:DateTimeReceived":     func(v itemView) any { return v.received },
	"item:DateTimeSent":         func(v itemView) any { return v.says().sent },
	"item:LastModifiedTime":     func(v itemView) any { return v.committed },
	"item:ItemClass":            func(v itemView) any { return v.class },
	"item:Subject":              func(v itemView) any { return v.says().subject },
	"item:Body":                 func(v itemView) any { return v.says().plain() },
	"item:Size":                 func(v itemView) any { return len(v.says().mime) },
	"item:Importance":           func(v itemView) any { return v.says().importance },
	"item:Sensitivity":          func(v itemView) any { return v.says().sensitivity },
	"item:Categories":           func(v itemView) any { return v.says().categories },
	"item:HasAttachments":       func(v itemView) any { return v.says().hasFiles() },
	"item:IsDraft":              func(v itemView) any { return v.draft },
	"item:InReplyTo":            func(v itemView) any { return v.says().inReplyTo },
	"item:DisplayTo":            func(v itemView) any { return display(v.says().to) },
	"item:DisplayCc":            func(v itemView) any { return display(v.says().cc) },
	"message:IsRead":            func(v itemView) any { return v.read },
	"message:InternetMessageId": func(v itemView) any { return v.says().messageID },
	"message:From":              func(v itemView) any { return addressTexts(v.says().from) },
	"message:Sender":            func(v itemView) any { return addressTexts(v.says().sender) },
	"message:ToRecipients":      func(v itemView) any { return addressTexts(v.says().to...) },
	"message:CcRecipients":      func(v itemView) any { return addressTexts(v.says().cc...) },
	"message:ConversationTopic": func(v itemView) any { return v.says().topic() },
	"calendar:Start":            func(v itemView) any { return v.says().start },
	"calendar:End":              func(v itemView) any { return v.says().end },
	"calendar:Location":         func(v itemView) any { return v.says().location },

	"PidTagInternetArticleNumber": func(v itemView) any { return int(v.number) },
	"PidTagMessageFlags":          itemView.messageFlags,
	"PidLidRecurring":             itemView.recurring,
}

// taggedFields are the properties behind property tags (MS-OXPROPS).
var taggedFields = map[int64]string{
	0x0e23: "PidTagInternetArticleNumber", tagMessageFlags: "PidTagMessageFlags",
	0x001a: "item:ItemClass", 0x0037: "item:Subject", 0x0039: "item:DateTimeSent", 0x0070: "message:ConversationTopic",
	0x0e03: "item:DisplayCc", 0x0e04: "item:DisplayTo", 0x0e06: "item:DateTimeReceived", 0x0e08: "item:Size",
	0x0e1b: "item:HasAttachments", 0x0e69: "message:IsRead", 0x1000: "item:Body", 0x1035: "message:InternetMessageId",
	0x3007: "item:DateTimeCreated", tagLastModificationTime: "item:LastModifiedTime", tagLocalCommitTime: "item:LastModifiedTime",
}

// namedFields are the properties behind the numbers of a property set (MS-OXPROPS).
var namedFields = map[string]string{"Appointment:33315": "PidLidRecurring"}

// field is the property that a path names, empty if this server does not know it.
func (p property) field() string {
	if p.tag != 0 {
		return taggedFields[p.tag]
	}
	return namedFields[p.named]
}

// recurring tells of an appointment whether it recurs, which none does.
func (v itemView) recurring() any {
	if elementOf(v.class) == "t:CalendarItem" {
		return false
	}
	return nil
}

// addressTexts are name and address of each, which is what a search looks through.
func addressTexts(list ...*mail.Address) []string {
	var texts []string
	for _, a := range list {
		if a != nil {
			texts = append(texts, nameOf(a), a.Address)
		}
	}
	return texts
}

func valueText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case time.Time:
		return wireTime(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case []string:
		return strings.Join(v, "; ")
	}
	return ""
}

// compareConstant compares a property with the constant of a restriction; of several values the one that is equal. Text
// compares without case. False: the constant is not of the property's type.
func compareConstant(value any, constant string) (int, bool) {
	switch v := value.(type) {
	case time.Time:
		limit, err := parseTime(constant)
		return v.Compare(limit), err == nil
	case bool:
		return cmp.Compare(strconv.FormatBool(v), strconv.FormatBool(isTrue(strings.ToLower(constant)))), true
	case int:
		n, err := strconv.Atoi(constant)
		return cmp.Compare(v, n), err == nil
	case []string:
		for _, s := range v {
			if strings.EqualFold(s, constant) {
				return 0, true
			}
		}
		return -1, true
	}
	return strings.Compare(strings.ToLower(valueText(value)), strings.ToLower(constant)), true
}

// parseTime reads xs:dateTime; one without an offset is UTC.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	return t, err
}

// compareValues orders two values of one property.
func compareValues(a, b any) int {
	if at, ok := a.(time.Time); ok {
		if bt, ok := b.(time.Time); ok {
			return at.Compare(bt)
		}
	}
	if an, ok := a.(int); ok {
		if bn, ok := b.(int); ok {
			return cmp.Compare(an, bn)
		}
	}
	return strings.Compare(strings.ToLower(valueText(a)), strings.ToLower(valueText(b)))
}
