package exchangesim_test

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// mimeOf reads the MIME of an item over EWS.
func (w *work) mimeOf(id string) string {
	w.t.Helper()
	a := w.call(`<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape><m:ItemIds><t:ItemId Id="` + id + `"/></m:ItemIds></m:GetItem>`)
	m := regexp.MustCompile(`<t:MimeContent[^>]*>([^<]*)<`).FindStringSubmatch(a.body)
	if m == nil {
		w.t.Fatal(a.body)
	}
	mime, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		w.t.Fatal(err)
	}
	return string(mime)
}

const createAppointment = `<m:CreateItem MessageDisposition="SaveOnly" SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem>%s</t:CalendarItem></m:Items></m:CreateItem>`

// CalDAV gateways read how a time zone is written from an appointment that they make in it.
func TestMIMEOfAnAppointment(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		for zone, want := range map[string]string{
			`<t:StartTimeZone Id="Eastern Standard Time"/>`: "TZID:Eastern Standard Time\r\n" +
				"BEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n" +
				"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\n",
			`<t:StartTimeZone Id="Tokyo Standard Time"/>`: "TZID:Tokyo Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0900\r\nTZOFFSETTO:+0900\r\nEND:STANDARD\r\n",
			"": "TZID:UTC\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\n",
		} {
			id, _ := w.call(fmt.Sprintf(createAppointment, `<t:Subject>Tea; cake, and `+strings.Repeat("ü", 40)+`</t:Subject><t:Start>2030-01-02T10:00:00+01:00</t:Start>`+
				`<t:End>2030-01-02T10:00:00Z</t:End><t:Location>`+strings.Repeat("x", 141)+`</t:Location>`+zone)).firstID(t)
			have := w.mimeOf(id)
			for _, part := range []string{"BEGIN:VCALENDAR\r\n", want, "\r\nDTSTART:20300102T090000Z\r\nDTEND:20300102T100000Z\r\n", "\r\nLOCATION:" + strings.Repeat("x", 66) + "\r\n " + strings.Repeat("x", 74) + "\r\n x\r\n",
				"\r\nSUMMARY:Tea\\; cake\\, and " + strings.Repeat("ü", 25) + "\r\n " + strings.Repeat("ü", 15) + "\r\n"} {
				if !strings.Contains(have, part) {
					t.Errorf("%s: no %q in\n%s", zone, part, have)
				}
			}
		}
	})
}

func TestAppointmentByMIME(t *testing.T) {
	const begin, end = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n", "END:VEVENT\r\nEND:VCALENDAR\r\n"
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		for event, want := range map[string]string{
			"SUMMARY:Te\r\n a\\, cake\r\nDTSTART:20300102T100000Z\r\nDTEND:20300102T113000Z\r\nLOCATION:Room 1\r\nCLASS:PRIVATE\r\n": "Tea, cake|2030-01-02T10:00:00Z|2030-01-02T11:30:00Z|Room 1|Private",
			"SUMMARY;LANGUAGE=en:Local\r\nDTSTART;TZID=UTC:20300102T100000\r\nDTEND;TZID=nowhere:20300102T110000\r\n":                "Local|2030-01-02T10:00:00Z|2030-01-02T11:00:00Z||Normal",
			"SUMMARY:All day\r\nDTSTART;VALUE=DATE:20300102\r\n":                                                                     "All day|2030-01-02T00:00:00Z|2030-01-02T00:00:00Z||Normal",
			"SUMMARY:Old\r\nDTSTART;TZID=Europe/Berlin:00000101T000000\r\n":                                                          "ErrorMimeContentInvalid",
			"SUMMARY:Never\r\n":             "ErrorMimeContentInvalid",
			"SUMMARY:x\r\nDTSTART:soon\r\n": "ErrorMimeContentInvalid",
		} {
			a := w.call(fmt.Sprintf(createAppointment, `<t:MimeContent>`+base64.StdEncoding.EncodeToString([]byte(begin+event+end))+`</t:MimeContent>`))
			have := a.code
			if a.code == "NoError" {
				id, _ := a.firstID(t)
				a := w.call(`<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id="` + id + `"/></m:ItemIds></m:GetItem>`)
				var fields []string
				for _, name := range []string{"Subject", "Start", "End", "Location", "Sensitivity"} {
					_, text, _ := strings.Cut(a.body, "<t:"+name+">")
					text, _, _ = strings.Cut(text, "<")
					fields = append(fields, text)
				}
				have = strings.Join(fields, "|")
			}
			if have != want {
				t.Errorf("%q: have %q, want %q", event, have, want)
			}
		}
	})
}

func TestGetUserConfiguration(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		for request, want := range map[string]string{
			`<m:UserConfigurationName Name="OWA.UserOptions">` + ofInbox + `</m:UserConfigurationName>`:            "ErrorItemNotFound",
			`<m:UserConfigurationName Name="x"><t:DistinguishedFolderId Id="nonsense"/></m:UserConfigurationName>`: "ErrorFolderNotFound",
			`<m:UserConfigurationName Name="x"/>`: "ErrorSchemaValidation",
		} {
			if a := w.call(`<m:GetUserConfiguration>` + request + `<m:UserConfigurationProperties>All</m:UserConfigurationProperties></m:GetUserConfiguration>`); a.code != want {
				t.Errorf("%s: have %s, want %s", request, a.code, want)
			}
		}
	})
}

// CalDAV gateways look for appointments by PidLidRecurring.
func TestRecurringIsOfAppointments(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		w.s.Deliver(anna)
		w.s.Create(anna, "calendar")
		const recurring = `<t:ExtendedFieldURI DistinguishedPropertySetId="Appointment" PropertyId="33315" PropertyType="Boolean"/>`
		for folder, want := range map[string]string{"inbox": "", "calendar": "false"} {
			a := w.call(`<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>` + recurring +
				`</t:AdditionalProperties></m:ItemShape><m:Restriction>` + equals(recurring, "false") + `</m:Restriction><m:ParentFolderIds>` +
				strings.Replace(ofInbox, "inbox", folder, 1) + `</m:ParentFolderIds></m:FindItem>`)
			if a.values() != want {
				t.Errorf("%s: have %q, want %q", folder, a.values(), want)
			}
		}
	})
}
