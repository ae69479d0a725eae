package interop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

const davmailProperties = `davmail.server=true
davmail.mode=EWS
davmail.url=https://localhost:%s/EWS/Exchange.asmx
davmail.imapPort=%s
davmail.smtpPort=%s
davmail.caldavPort=%s
davmail.popPort=
davmail.ldapPort=
davmail.bindAddress=127.0.0.1
davmail.allowRemote=false
davmail.disableUpdateCheck=true
davmail.imapAutoExpunge=false
davmail.imapIdleDelay=1
davmail.logFilePath=%s
log4j.rootLogger=WARN
log4j.logger.davmail=DEBUG
`

func TestDavMail(t *testing.T) {
	gateway, err := exec.LookPath("davmail-server")
	if err != nil {
		t.Skip("no DavMail (Debian: davmail-server, with default-jre-headless)")
	}
	t.Parallel()
	sim := organised(t)
	imap, smtp, caldav := freePort(t), freePort(t), freePort(t)
	startDavMail(t, gateway, sim, imap, smtp, caldav)
	sim.play(t, []string{"IMAP_PORT=" + imap, "SMTP_PORT=" + smtp, "CALDAV_PORT=" + caldav, "EWS_PASSWORD=hers", "PYTHONUNBUFFERED=1"},
		python(t, "imaplib"), "davmail_client.py")
	have := sim.counts(t).Requests
	for _, operation := range []string{"ConvertId", "GetFolder", "FindFolder", "FindItem", "GetItem", "CreateItem", "UpdateItem",
		"MoveItem", "CopyItem", "DeleteItem", "CreateFolder", "UpdateFolder", "DeleteFolder", "GetUserConfiguration"} {
		if have[operation] == 0 {
			t.Errorf("there was no %s", operation)
		}
	}
}

// startDavMail starts the gateway, which is stopped with the test; its log is shown when that fails.
func startDavMail(t *testing.T, gateway string, sim simulator, imap, smtp, caldav string) {
	t.Helper()
	dir := t.TempDir()
	trust, log, file := filepath.Join(dir, "trust.p12"), filepath.Join(dir, "davmail.log"), filepath.Join(dir, "davmail.properties")
	if out, err := exec.Command("keytool", "-importcert", "-noprompt", "-alias", "sim", "-file", sim.certificate, "-keystore", trust,
		"-storepass", password, "-storetype", "PKCS12").CombinedOutput(); err != nil {
		t.Fatalf("keytool: %v\n%s", err, out)
	}
	_, port, err := net.SplitHostPort(sim.address)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, fmt.Appendf(nil, davmailProperties, port, imap, smtp, caldav, log), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(gateway, file)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore="+trust+" -Djavax.net.ssl.trustStorePassword="+password)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says that it was killed
		if text, err := os.ReadFile(log); t.Failed() && err == nil {
			t.Logf("%s", text[max(0, len(text)-20_000):])
		}
	})
}

// freePort is a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
