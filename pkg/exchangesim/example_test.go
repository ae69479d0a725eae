package exchangesim_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func Example() {
	sim := exchangesim.New(exchangesim.Config{})
	sim.AddMailbox("anna@example.com", "ex01.example.com", "Default-First-Site-Name")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	served := make(chan error, 1)
	go func() { served <- sim.Serve(l) }()

	// Any EWS client works against http://ADDRESS/EWS/Exchange.asmx; here it is the control endpoint.
	res, err := http.Post("http://"+l.Addr().String()+"/sim/deliver", "application/json", strings.NewReader(`{"mailbox":"anna@example.com"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	res.Body.Close()
	http.DefaultClient.CloseIdleConnections()

	for _, e := range sim.Truth().Events {
		fmt.Println(e.Seq, e.Type, e.Folder)
	}
	sim.Close()
	fmt.Println(<-served)
	// Output:
	// 1 CreatedEvent inbox
	// 2 NewMailEvent inbox
	// 3 ModifiedEvent inbox
	// http: Server closed
}

func ExampleServer_Script() {
	sim := exchangesim.New(exchangesim.Config{})
	sim.AddMailbox("anna@example.com", "ex01.example.com", "Default-First-Site-Name")

	// The second Subscribe for anna is throttled, and so are all after it until remove.
	remove := sim.Script(exchangesim.Fault{
		Operation: "Subscribe", Mailbox: "anna@example.com", After: 1, Times: -1,
		Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy", BackOffMilliseconds: 5000},
	})
	defer remove()
}
