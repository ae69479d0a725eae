package metrics

import (
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// other stands for what a closed set does not have.
const other = "other"

// notificationKinds are the kinds of item and folder events.
func notificationKinds() []messages.Kind {
	var kinds []messages.Kind
	for _, verb := range []messages.Verb{messages.VerbNewMail, messages.VerbCreated, messages.VerbModified,
		messages.VerbDeleted, messages.VerbMoved, messages.VerbCopied, messages.VerbFreeBusyChanged} {
		kinds = append(kinds, messages.Kind{Object: messages.ObjectItem, Verb: verb})
	}
	for _, verb := range []messages.Verb{messages.VerbCreated, messages.VerbModified, messages.VerbDeleted,
		messages.VerbMoved, messages.VerbCopied} {
		kinds = append(kinds, messages.Kind{Object: messages.ObjectFolder, Verb: verb})
	}
	return kinds
}

// lifecycleKinds are the kinds of events about the pipeline itself.
func lifecycleKinds() []messages.Kind {
	var kinds []messages.Kind
	for _, verb := range []messages.Verb{messages.VerbStreaming, messages.VerbStopped, messages.VerbGap, messages.VerbHealed} {
		kinds = append(kinds, messages.Kind{Object: messages.ObjectMailbox, Verb: verb})
	}
	return kinds
}

// kindLabels writes kinds as labels: what is not known has other in both places.
var kindLabels = func() map[messages.Kind]messages.Kind {
	known := map[messages.Kind]messages.Kind{}
	for _, k := range append(notificationKinds(), lifecycleKinds()...) {
		known[k] = k
	}
	return known
}()

func kindLabel(k messages.Kind) messages.Kind {
	if known, ok := kindLabels[k]; ok {
		return known
	}
	return messages.Kind{Object: other, Verb: other}
}

// typeLabel is a kind as one label, such as item.newmail.
func typeLabel(k messages.Kind) string {
	k = kindLabel(k)
	if k.Object == other {
		return other
	}
	return string(k.Object) + "." + string(k.Verb)
}

// words are reasons of our own, besides the codes of Exchange.
type words map[string]bool

func set(reasons ...string) words {
	w := words{}
	for _, r := range reasons {
		w[r] = true
	}
	return w
}

// label is a reason if it is one of the set.
func (w words) label(reason string) string {
	if w[reason] {
		return reason
	}
	return other
}

// labelOrCode is a reason if it is one of the set or a code that the recovery
// table has: those are some hundred.
func (w words) labelOrCode(reason string) string {
	if w[reason] || knownCode(reason) {
		return reason
	}
	return other
}

// The reasons by which the streamer drops, reopens and announces.
var (
	dropReasons      = set("withdrawn", "moved", "lost", "handed over", unstorable)
	reconnectReasons = set("renewed", "joined", "taken over", "handed over")
	gapReasons       = set("takeover", "replaced", "no goodbye", "epochs not opened")
)

// unstorable is the one reason for dropping that is not meant.
const unstorable = "unstorable"

var operations = []ewsaffinity.Operation{ewsaffinity.OpSubscribe, ewsaffinity.OpStream, ewsaffinity.OpReadBack,
	ewsaffinity.OpUnsubscribe, ewsaffinity.OpDiscover}

// knownCode reports whether the recovery table has a row for a code.
func knownCode(code string) bool {
	for _, op := range operations {
		if ewsaffinity.Recover(op, ewsaffinity.Code(code)).Known {
			return true
		}
	}
	return false
}
