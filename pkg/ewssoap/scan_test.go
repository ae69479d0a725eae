package ewssoap

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// outcome is what a stream brought, envelope by envelope, with the bytes told to the trace, and what its end is called.
type outcome struct {
	Envelopes []*Envelope
	Traced    []string
	End       string
}

// outcomeOf reads a stream behind its first envelope. alone means by encoding/xml alone.
func outcomeOf(t testing.TB, body io.Reader, o Options, alone bool) outcome {
	t.Helper()
	var out outcome
	o.Trace = func(x Exchange) {
		if x.Envelope > 1 {
			out.Traced = append(out.Traced, string(x.ResponseBody))
		}
	}
	s := proven(t, body, o)
	if alone {
		s.alone = true
	}
	envelopes, err := readAll(s)
	out.Envelopes, out.End = envelopes, code(err)
	return out
}

// scanned says whether the scanner takes all of body, which is one envelope, by itself.
func scanned(body string) bool {
	src := newSource(strings.NewReader(body), DefaultMaxEnvelope)
	src.step = streamStep
	e := newScanner(src).envelope()
	return e != nil && src.taken == int64(len(body))
}

// TestPlain: what servers send is plain, or the scanner would be for nothing; what is not, it leaves alone. Either way the
// stream brings what encoding/xml makes of it.
func TestPlain(t *testing.T) {
	full := exchangeEnvelope(0, 2, 3)
	in := func(old, new string) string { return strings.Replace(full, old, new, 1) }
	tests := []struct {
		name, body string
		plain      bool
	}{
		{"full", full, true},
		{"heartbeat", exchangeEnvelope(0, 0, 0), true},
		{"goodbye", goodbye, true},
		{"declaration", "\ufeff\r\n" + `<?xml version="1.0" encoding="UTF-8"?>` + "\n\ufeff" + full, true},
		{"other prefixes", strings.NewReplacer("<t:", "<x-1:", "</t:", "</x-1:", "soap11:", "S.O_A:").Replace(full), true},
		{"no prefixes", strings.NewReplacer("<t:", "<", "</t:", "</", "<m:", "<", "</m:", "</").Replace(full), true},
		{"single quotes", strings.ReplaceAll(full, `"`, `'`), true},
		{"quotes in quotes", in(`Id="AAMk`, `Id='>"`), false}, // the other quote ends it later: malformed
		{"space", strings.NewReplacer(`" `, "\"\r\n\t ", `=`, " = ", "/>", " />", ">", " >").Replace(heartbeat), true},
		{"indented", strings.ReplaceAll(heartbeat, "<", "\r\n  <")[2:], true},
		{"status event", enveloped(message(`<m:Notifications><t:Notification><t:SubscriptionId>a</t:SubscriptionId><t:StatusEvent/></t:Notification></m:Notifications>`)), true},
		{"watermarks", enveloped(message(`<m:Notifications><m:Notification><t:PreviousWatermark>w</t:PreviousWatermark><t:MoreEvents>1</t:MoreEvents><t:StatusEvent><t:Watermark>w</t:Watermark></t:StatusEvent></m:Notification></m:Notifications>`)), true},
		{"empty elements", enveloped(message(`<m:Notifications/><m:ErrorSubscriptionIds></m:ErrorSubscriptionIds><m:ConnectionStatus/><m:Notifications><m:Notification/></m:Notifications>`)), true},
		{"error with ids", enveloped(`<m:GetStreamingEventsResponseMessage ResponseClass="Error"><m:MessageText>No &quot;x&quot;.</m:MessageText></m:GetStreamingEventsResponseMessage>`), false},
		{"error and events", in(`"Success"><m:ResponseCode>NoError</m:ResponseCode>`, `"Error"><m:MessageText>Subscription is invalid.</m:MessageText><m:ResponseCode>ErrorInvalidSubscription</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>`+
			`<m:ErrorSubscriptionIds><SubscriptionId>a</SubscriptionId><m:SubscriptionId> b </m:SubscriptionId></m:ErrorSubscriptionIds>`), true},
		{"two messages", enveloped(message("") + message(`<m:ConnectionStatus>OK</m:ConnectionStatus>`)), true},
		{"the same again", enveloped(message(`<m:ConnectionStatus>OK</m:ConnectionStatus><m:ConnectionStatus> Closed </m:ConnectionStatus><m:ResponseCode/>`)), true},
		{"an id twice", in(`<t:ItemId Id`, `<t:ItemId Id="a" ChangeKey="k"/><t:ItemId x:Id="b" Id`), true},
		{"unread count", in(`>12<`, `> 7 <`), true},
		{"unknown elements", in(`<t:TimeStamp>`, `<t:Unknown a="b">c<d>e</d></t:Unknown><t:TimeStamp>`), true},
		{"deep", strings.Replace(heartbeat, "<m:ConnectionStatus>", nested(maxDepth-5)+"<m:ConnectionStatus>", 1), true},
		{"attributes", in(`<t:ItemId `, `<t:ItemId `+strings.Repeat(`a="" `, maxAttrs-2)), true},
		{"too many attributes", in(`<t:ItemId `, `<t:ItemId `+strings.Repeat(`a="" `, maxAttrs-1)), false},
		{"too deep", strings.Replace(heartbeat, "<m:ConnectionStatus>", nested(maxDepth-4)+"<m:ConnectionStatus>", 1), false},
		{"comment", in("<t:TimeStamp>", "<!-- c --><t:TimeStamp>"), false},
		{"comment first", "<!-- c -->" + full, false},
		{"section", in(">NoError<", "><![CDATA[NoError]]><"), false},
		{"instruction", in("<t:TimeStamp>", "<?p i?><t:TimeStamp>"), false},
		{"entity", in(`Id="AAMk`, `Id="&amp;`), false},
		{"reference", in(">NoError<", ">&#x4e;oError<"), false},
		{"beyond ASCII", in(">NoError<", ">gelöscht<"), false},
		{"beyond ASCII in a name", in("<t:TimeStamp>", "<ä/><t:TimeStamp>"), false},
		{"forbidden", in(`Id="AAMk`, "Id=\"\x01"), false},
		{"forbidden in eight", in(`Id="AAMkAGFh`, "Id=\"AAM\x1fAGFh"), false},
		{"beyond ASCII in eight", in(`Id="AAMkAGFh`, "Id=\"AAM\x80AGFh"), false},
		{"delete", in(`Id="AAMkAGFh`, "Id=\"AAM\x7fAGFh"), true},
		{"line ends in a text", in(">NoError<", ">No\r\nError<"), false},
		{"line end in a value", in(`Id="AAMk`, "Id=\"\n"), false},
		{"text in parts", in(">NoError<", ">No<x/>Error<"), false},
		{"MessageXml", in("<m:ResponseCode>", "<m:MessageXml/><m:ResponseCode>"), false},
		{"less in a value", in(`Id="AAMkAGFh`, `Id="AAM<AGFh`), false},
		{"end of no section", in(">NoError<", ">No]]>Error<"), false},
		{"greater in a text", in(">NoError<", ">No>Error<"), false},
		{"name of two colons", in("<t:TimeStamp>", "<a:b:c/><t:TimeStamp>"), false},
		{"name of a colon", in("<t:TimeStamp>", "<:b/><t:TimeStamp>"), false},
		{"name of a digit", in("<t:TimeStamp>", "<1/><t:TimeStamp>"), false},
		{"no value", in("<t:ItemId ", "<t:ItemId a "), false},
		{"no quotes", in("<t:ItemId ", "<t:ItemId a=b "), false},
		{"another prefix at the end", in("</t:TimeStamp>", "</TimeStamp>"), false},
		{"half a byte order mark", "\xef\xbb" + full, false},
		{"nearly a byte order mark", "\uff3f" + full, false},
		{"other encoding", `<?xml version="1.0" encoding="utf-16"?>` + full, false},
		{"doctype", `<!DOCTYPE x>` + full, false},
		{"other answer", otherAnswer, false},
		{"other root", strings.NewReplacer("<Envelope", "<Envelop", "</Envelope", "</Envelop").Replace(heartbeat), false},
		{"fault", `<Envelope><Body><Fault><faultcode>a:ErrorServerBusy</faultcode></Fault></Body></Envelope>`, false},
		{"HTML", "<html><br>", false},
		{"junk", "junk" + full, false},
		{"no messages", enveloped(""), false},
		{"empty body", "<Envelope><Body/></Envelope>", false},
		{"second body element", in("<m:GetStreamingEventsResponse ", "<x/><m:GetStreamingEventsResponse "), false},
		{"cut", full[:len(full)-1], false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if have := scanned(test.body); have != test.plain {
				t.Errorf("taken by the scanner: %v, want %v", have, test.plain)
			}
			for name, body := range map[string]string{"alone": test.body, "between": full + test.body + goodbye} {
				want := outcomeOf(t, strings.NewReader(body), Options{}, true)
				for _, read := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
					if diff := cmp.Diff(want, outcomeOf(t, read(strings.NewReader(body)), Options{}, false)); diff != "" {
						t.Errorf("%s (-encoding/xml +scanner):\n%s", name, diff)
					}
				}
			}
		})
	}
}

// TestPlainFiles: every envelope of the golden streams is plain but those with a MessageXml.
func TestPlainFiles(t *testing.T) {
	files, _ := filepath.Glob("testdata/wire/getstreamingevents/*.res.xml")
	total := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range strings.SplitAfter(strings.TrimSpace(string(b)), "</Envelope>") {
			if strings.Contains(body, "GetStreamingEventsResponse") && !strings.Contains(body, "MessageXml") {
				total++
				if !scanned(body) {
					t.Errorf("%s: not taken by the scanner: %s", file, body)
				}
			}
		}
	}
	if total < 8 {
		t.Errorf("only %d envelopes", total)
	}
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// TestEnvelopeBounded: of an envelope of 100 MiB no more is read than the limit, whatever it is made of, and the memory it
// costs has a bound.
func TestEnvelopeBounded(t *testing.T) {
	const size = 100 << 20
	head, _, _ := strings.Cut(enveloped(message(`<m:Notifications><m:Notification>|`)), "|")
	tests := []struct {
		name, piece string
		limit       int64
	}{
		{"text", "text ", DefaultMaxEnvelope},
		{"value", `<x a="` + strings.Repeat("v", 1<<20) + `"/>`, 1 << 17},
		{"attributes", `<x ` + strings.Repeat(`a="" `, 1<<17) + `/>`, 1 << 17},
		{"elements", "<x/>", 1 << 17},
		{"events", "<StatusEvent/>", 1 << 17},
		{"ids", "<SubscriptionId>" + firstID + "</SubscriptionId>", 1 << 17},
		{"comment", "<!--" + strings.Repeat(" ", 1<<20) + "-->", 1 << 17},
		{"references", "&#1;", 1 << 17},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := &counted{r: io.LimitReader(io.MultiReader(strings.NewReader(head), &repeat{text: test.piece}), size)}
			s := proven(t, body, Options{MaxEnvelope: test.limit})
			var err error
			spent := peak(func() { _, err = s.Next() })
			if code(err) != ConditionMalformed || !strings.Contains(fmt.Sprint(err), errTooLarge.Error()) {
				t.Errorf("have %v", err)
			}
			if body.n < test.limit || body.n > test.limit+2*streamStep {
				t.Errorf("%d bytes were read", body.n)
			}
			if most := uint64(100 * test.limit); spent > most {
				t.Errorf("%d MiB were held, want %d at most", spent>>20, most>>20)
			}
		})
	}
}

// peak returns how much memory was held at most while f ran, as far as collecting garbage again and again shows.
func peak(f func()) uint64 {
	runtime.GC()
	before := held()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	most := before
	for {
		runtime.GC()
		most = max(most, held())
		select {
		case <-done:
			return most - before
		default:
		}
	}
}

// held is what the last collection of garbage left.
func held() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// repeat repeats a text whatever the length of the reads.
type repeat struct {
	text string
	at   int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.text[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.text)
	}
	return n, nil
}
