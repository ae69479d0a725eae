package jetbus

import (
	"net/url"
	"strings"
)

// redactURL hides the passwords of a list of servers.
func redactURL(servers string) string {
	list := strings.Split(servers, ",")
	for i, server := range list {
		u, err := url.Parse(strings.TrimSpace(server))
		if err != nil {
			list[i] = "(not a URL)"
			continue
		}
		list[i] = u.Redacted()
	}
	return strings.Join(list, ",")
}
