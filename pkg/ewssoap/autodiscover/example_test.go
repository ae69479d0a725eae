package autodiscover_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

// Find out where mailboxes live, and print what was tried. Without URL the service is found from the domain.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(toyService))
	defer server.Close()
	soap := ewssoap.NewClient(ewssoap.Options{
		Auth: ewssoap.BasicAuth("EXAMPLE\\sa1", func() (string, error) { return "secret", nil }),
	})
	defer soap.CloseIdleConnections()

	client := autodiscover.New(autodiscover.Options{
		Service: soap,
		URL:     server.URL + "/autodiscover/autodiscover.svc",
		Allow:   autodiscover.Online, // hosts that may get the credentials if the service redirects there
		Observe: func(s autodiscover.Step) { fmt.Println("tried", s.Protocol, "of", s.Source, "service:", s.Outcome) },
	})
	results, err := client.All(context.Background(), []string{"anna@example.com", "nobody@example.com"}, autodiscover.Pace{})
	if err != nil {
		fmt.Println(err) // such as a refused login
		return
	}
	for _, r := range results {
		if r.Err != nil {
			fmt.Println(r.User, "is not to be found")
			continue
		}
		fmt.Println(r.User, r.Settings["ExternalEwsUrl"], r.Settings["GroupingInformation"])
	}
	// Output:
	// tried SOAP of configured service: ok
	// anna@example.com https://mail.example.com/EWS/Exchange.asmx CONTOSO-1
	// nobody@example.com is not to be found
}

// toyService knows anna.
func toyService(w http.ResponseWriter, r *http.Request) {
	request, _ := io.ReadAll(r.Body)
	var users strings.Builder
	for _, m := range mailbox.FindAllStringSubmatch(string(request), -1) {
		if m[1] == "anna@example.com" {
			users.WriteString(`<UserResponse><ErrorCode>NoError</ErrorCode><UserSettings>` +
				`<UserSetting><Name>ExternalEwsUrl</Name><Value>https://mail.example.com/EWS/Exchange.asmx</Value></UserSetting>` +
				`<UserSetting><Name>GroupingInformation</Name><Value>CONTOSO-1</Value></UserSetting></UserSettings></UserResponse>`)
		} else {
			users.WriteString("<UserResponse><ErrorCode>InvalidUser</ErrorCode></UserResponse>")
		}
	}
	fmt.Fprintf(w, "<Envelope><Body><GetUserSettingsResponseMessage><Response><ErrorCode>NoError</ErrorCode><UserResponses>%s</UserResponses>"+
		"</Response></GetUserSettingsResponseMessage></Body></Envelope>", users.String())
}
