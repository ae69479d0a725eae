package exchange

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// credentialName names an account and the version of its password, so that all
// processes count the same logins together, and a corrected password may be tried at
// once: it has another name. It says nothing of the endpoint, because the account is
// locked everywhere.
//
// Of the password it holds 16 bits of a slow hash. They tell versions apart (two of
// 65536 look the same: then the correction waits as the mistake did) and are of no
// use to who would guess it: one password in 65536 fits, after 200 000 rounds each.
func credentialName(user, password string) (string, error) {
	account := sha256.Sum256([]byte(strings.ToLower(user)))
	version, err := pbkdf2.Key(sha256.New, password, account[:], 200_000, 2)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(account[:8]) + "-" + hex.EncodeToString(version), nil
}
