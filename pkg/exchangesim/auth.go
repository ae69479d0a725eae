package exchangesim

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// authenticate tells who calls, or answers 401.
func (c *call) authenticate() bool {
	account, challenges, ok := c.s.login(c.r)
	if len(challenges) > 0 {
		c.w.Header()["Www-Authenticate"] = challenges
	}
	if !ok {
		c.plain(http.StatusUnauthorized, "")
		return false
	}
	c.account, c.log.Account = account, account
	return true
}

// login checks the credentials of a request. Without an account it is a 401. The challenges name the ways to log in, or
// go with the answer as the server's proof. Without anything configured everybody is the account "".
func (s *Server) login(r *http.Request) (account string, challenges []string, ok bool) {
	asksUsers := len(s.cfg.Accounts) > 0 || s.cfg.Login != nil
	if !asksUsers && len(s.cfg.BearerTokens) == 0 {
		return "", nil, true
	}
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && slices.Contains(s.cfg.BearerTokens, credentials) {
		return ApplicationAccount, nil, true
	}
	if len(s.cfg.BearerTokens) > 0 {
		challenges = append(challenges, "Bearer")
	}
	switch {
	case !asksUsers:
		return "", challenges, false
	case s.scheme != nil:
		account, asked := s.loginConn(r)
		if account != "" {
			return account, asked, true
		}
		return "", append(challenges, asked...), false
	}
	decoded, err := base64.StdEncoding.DecodeString(credentials)
	user, password, whole := strings.Cut(string(decoded), ":")
	want, known := s.cfg.Accounts[user]
	if strings.EqualFold(scheme, "Basic") && err == nil && whole && known && password == want {
		return user, nil, true
	}
	return "", append(challenges, `Basic realm="EWS"`), false
}

// impersonate finds the target mailbox: the impersonated one, or the caller's own.
func (c *call) impersonate(header *node) *soapFault {
	c.charged = "account:" + c.account
	impersonation := header.child(nsTypes, "ExchangeImpersonation")
	if impersonation == nil {
		c.target = c.s.org.mailboxes[strings.ToLower(c.account)]
		return nil
	}
	connecting := impersonation.child(nsTypes, "ConnectingSID")
	sid := connecting.first()
	switch {
	case header.child(nsTypes, "SerializedSecurityContext") != nil:
		return newFault("ErrorMoreThanOneAccessModeSpecified")
	case len(connecting.all()) > 1:
		return schemaFault("ConnectingSID names more than one")
	case sid.is(nsTypes, "SID"):
		return newFault("ErrorInvalidUserSid")
	case !sid.is(nsTypes, "SmtpAddress") && !sid.is(nsTypes, "PrimarySmtpAddress") && !sid.is(nsTypes, "PrincipalName"):
		return newFault("ErrorInvalidExchangeImpersonationHeaderData")
	}
	if sid.is(nsTypes, "PrincipalName") && !strings.Contains(sid.value(), "@") {
		return newFault("ErrorInvalidUserPrincipalName")
	}
	address := strings.ToLower(sid.value())
	c.log.Impersonated = address
	if !c.s.org.mayImpersonate(c.account, address) {
		return newFault("ErrorImpersonateUserDenied")
	}
	if c.target = c.s.org.mailboxes[address]; c.target == nil {
		return newFault("ErrorNonExistentMailbox")
	}
	c.charged = "impersonated:" + address
	return nil
}
