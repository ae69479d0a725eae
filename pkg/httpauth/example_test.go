package httpauth_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// A server that requires NTLM with the channel binding of its certificate, and a client that logs in to it.
func Example() {
	ntlm := &httpauth.NTLMServer{
		NetBIOSDomain: "EXAMPLE", DNSDomain: "example.com",
		Password: func(user, _ string) (string, bool) { return "secret", user == "svc-ews" },
		Binding:  httpauth.BindingRequired,
	}
	server := httptest.NewUnstartedServer(ntlm.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := httpauth.NTLMUser(r.Context())
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(w, `%s\%s wants %s and says %s`, user.Domain, user.User, user.SPN, body)
	})))
	server.Config.ConnContext = ntlm.ConnContext
	server.StartTLS()
	defer server.Close()
	ntlm.Certificate = server.Certificate()

	transport, err := httpauth.New(httpauth.Config{
		Mechanism: httpauth.NTLM(func(context.Context) (httpauth.Credentials, error) {
			return httpauth.Credentials{User: `EXAMPLE\svc-ews`, Password: "secret"}, nil
		}),
		Transport: server.Client().Transport.(*http.Transport),
		Observe: func(o httpauth.Observation) {
			fmt.Printf("offered %v, used %s, bound %t: %s\n", o.Offered, o.Scheme, o.Binding != nil, o.Outcome)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	answer, err := client.Post(server.URL, "text/plain", strings.NewReader("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	fmt.Printf("%s\n", text)
	// Output:
	// offered [NTLM], used NTLM, bound true: accepted
	// EXAMPLE\svc-ews wants HTTP/127.0.0.1 and says hello
}

// What a server offers is best asked without credentials.
func ExampleOffered() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Www-Authenticate"] = []string{"Negotiate", "NTLM", `Basic realm="mail, and more"`}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	fmt.Println(httpauth.Offered(answer.Header))
	// Output: [Negotiate NTLM Basic]
}

// The hint at a refusal names what the account's owner would not think of.
func ExampleObservation_Hint() {
	refused := httpauth.Observation{Outcome: httpauth.Refused, WithoutBinding: "it is switched off"}
	fmt.Println(refused.Hint())
	// Output: user or password is wrong, or Extended Protection requires a channel binding, and none was sent: it is switched off
}
