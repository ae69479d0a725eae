package oauth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/ewsnats/ewsnats/pkg/httpauth/oauth"
)

// Get a token with a secret, from a toy in place of Entra.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0eXAi"}`)
	}))
	defer server.Close()

	source, err := oauth.New(oauth.Config{
		TokenURL: server.URL, // oauth.EntraURL("contoso.onmicrosoft.com")
		ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e",
		Scope:    oauth.ExchangeScope,
		Secret:   func() (string, error) { return "secret", nil },
		Client:   server.Client(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := source.Token(context.Background())
	fmt.Println(token, err)
	// Output: eyJ0eXAi <nil>
}
