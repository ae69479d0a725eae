package exchangesim_test

import (
	"fmt"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func TestMeetingsAreAnswered(t *testing.T) {
	for _, test := range []struct{ answer, want, response string }{
		{"AcceptItem", "accept anna: Modified FreeBusyChanged Modified(calendar)", "Accept"},
		{"TentativelyAcceptItem", "accept anna: Modified FreeBusyChanged Modified(calendar)", "Tentative"},
		{"DeclineItem", "trash anna: Moved[folders] Deleted[all] Created[all] Modified(calendar) Modified(deleteditems)", "Decline"},
	} {
		withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
			request := readyMeeting(w)
			w.begin()
			id, _ := w.must(answerFormat, test.answer, request).firstID(t)
			if have := w.since(); have != test.want {
				t.Errorf("%s: have %s\nwant %s", test.answer, have, test.want)
			}
			wantAll(t, w.getItem(id, allShape), "<t:CalendarItem>", "<t:MyResponseType>"+test.response+"<")
		})
	}
}

func TestMeetingAnswersAreRefused(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		mail, request := readyItem(w), readyMeeting(w)
		w.must(answerFormat, "DeclineItem", request)
		for _, test := range []struct{ answer, id, want string }{
			{"AcceptItem", mail, "ErrorInvalidItemForOperationAcceptItem"}, {"DeclineItem", mail, "ErrorInvalidItemForOperationDeclineItem"},
			{"TentativelyAcceptItem", mail, "ErrorInvalidItemForOperationTentative"},
			{"AcceptItem", request, "ErrorItemNotFound"}, {"AcceptItem", "junk", "ErrorInvalidIdMalformed"},
		} {
			if have := w.call(fmt.Sprintf(answerFormat, test.answer, test.id)).code; have != test.want {
				t.Errorf("%s: have %s, want %s", test.answer, have, test.want)
			}
		}
	})
}
