package exchangesim_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const exampleSubscribe = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages">
<s:Header><t:RequestServerVersion Version="Exchange2013"/><t:ExchangeImpersonation><t:ConnectingSID><t:SmtpAddress>anna@example.com</t:SmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></s:Header>
<s:Body><m:Subscribe><m:StreamingSubscriptionRequest SubscribeToAllFolders="true"><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe></s:Body></s:Envelope>`

// A server, a mailbox, a mail, and what that came to.
func Example() {
	sim := exchangesim.New(exchangesim.Config{Profile: exchangesim.Exchange2016})
	sim.AddMailbox("anna@example.com", "ex01.example.com", "Default-First-Site-Name")
	url, err := sim.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()

	// Any EWS client subscribes at url + "/EWS/Exchange.asmx".
	res, err := sim.Client().Post(url+"/EWS/Exchange.asmx", "text/xml", strings.NewReader(exampleSubscribe))
	if err != nil {
		fmt.Println(err)
		return
	}
	res.Body.Close()

	sim.Deliver("anna@example.com")
	for _, e := range sim.Truth().Events {
		fmt.Println(e.Seq, e.Type, e.Folder)
	}
	fmt.Println(sim.Counts().Subscriptions, "subscription")
	// Output:
	// 1 CreatedEvent inbox
	// 2 NewMailEvent inbox
	// 3 ModifiedEvent inbox
	// 1 subscription
}

// Over TLS, with a certificate that only Client trusts.
func ExampleServer_StartTLS() {
	sim := exchangesim.New(exchangesim.Config{})
	url, err := sim.StartTLS()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	res, err := sim.Client().Get(url + "/sim/counts")
	if err != nil {
		fmt.Println(err)
		return
	}
	res.Body.Close()
	fmt.Println(strings.HasPrefix(url, "https://127.0.0.1:"), res.Status)
	// Output: true 200 OK
}

// A Subscribe that is throttled, and what of it remains in the Truth.
func ExampleServer_Fail() {
	sim := exchangesim.New(exchangesim.Config{})
	sim.AddMailbox("anna@example.com", "ex01.example.com", "Default-First-Site-Name")
	url, err := sim.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()

	// The second Subscribe for anna fails, and so do all after it until remove is called.
	remove := sim.Fail(exchangesim.Fault{
		Operation: "Subscribe", Mailbox: "anna@example.com", After: 1, Times: -1,
		Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy", BackOffMilliseconds: 5000},
	})
	subscribe := func() {
		res, err := sim.Client().Post(url+"/EWS/Exchange.asmx", "text/xml", strings.NewReader(exampleSubscribe))
		if err == nil {
			res.Body.Close()
		}
	}
	subscribe()
	subscribe()
	remove()
	subscribe()
	for _, r := range sim.Truth().Requests {
		fmt.Println(r.Operation, r.HTTPStatus, r.Code)
	}
	// Output:
	// Subscribe 200 NoError
	// Subscribe 500 ErrorServerBusy
	// Subscribe 200 NoError
}

// Half an hour passes at once: the subscription that nobody streams is gone.
func ExampleServer_Advance() {
	sim := exchangesim.New(exchangesim.Config{})
	sim.AddMailbox("anna@example.com", "ex01.example.com", "Default-First-Site-Name")
	url, err := sim.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	if res, err := sim.Client().Post(url+"/EWS/Exchange.asmx", "text/xml", strings.NewReader(exampleSubscribe)); err == nil && res.StatusCode == http.StatusOK {
		res.Body.Close()
	}
	sim.Advance(sim.Config().SubscriptionLife)
	fmt.Println(sim.Truth().Subscriptions[0].EndedWhy)
	// Output: expired
}
