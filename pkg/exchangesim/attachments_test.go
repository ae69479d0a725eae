package exchangesim_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

var (
	attachmentIDPattern = regexp.MustCompile(`<t:AttachmentId Id="([^"]*)"`)
	rootPattern         = regexp.MustCompile(` RootItemId="([^"]*)" RootItemChangeKey="([^"]*)"`)
)

func attachmentIDs(body string) []string {
	var ids []string
	for _, m := range attachmentIDPattern.FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// attached names the files of an item.
func (w *work) attached(id string) string {
	var names []string
	for _, m := range regexp.MustCompile(`<t:Name>(\w\.txt)<`).FindAllStringSubmatch(w.getItem(id, allShape), -1) {
		names = append(names, m[1])
	}
	return strings.Join(names, " ")
}

func TestAttachmentsComeAndGo(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		id := readyItem(w)
		_, before := w.must(getItems, `<t:ItemId Id="`+id+`"/>`).firstID(t)
		a := w.must(attachFormat, id, fmt.Sprintf(textFile+textFile+textFile, "a.txt", "b.txt", "c.txt"))
		files, roots := attachmentIDs(a.body), rootPattern.FindAllStringSubmatch(a.body, -1)
		if len(files) != 3 || len(roots) != 3 || roots[2][1] != id || roots[0][2] == before || roots[0][2] == roots[2][2] {
			t.Fatalf("files %q, roots %q of %s %s", files, roots, id, before)
		}
		gone := w.must(detachFormat, files[0])
		_, now := w.must(getItems, `<t:ItemId Id="`+id+`"/>`).firstID(t)
		if root := rootPattern.FindStringSubmatch(gone.body); root == nil || root[1] != id || root[2] != now {
			t.Errorf("RootItemId %q, want %s %s", root, id, now)
		}
		files = append(files, attachmentIDs(w.must(attachFormat, id, fmt.Sprintf(textFile, "d.txt")).body)...)
		if have := w.attached(id); have != "b.txt c.txt d.txt" {
			t.Errorf("files %s", have)
		}
		for i, name := range []string{"b.txt", "c.txt", "d.txt"} {
			get := w.must(`<m:GetAttachment><m:AttachmentIds><t:AttachmentId Id="%s"/></m:AttachmentIds></m:GetAttachment>`, files[i+1])
			wantAll(t, get.body, "<t:Name>"+name+"<", "<t:Content>aGVsbG8=<")
		}
		if have := w.call(fmt.Sprintf(detachFormat, files[0])).code; have != "ErrorInvalidAttachmentId" {
			t.Errorf("again: have %s", have)
		}
		w.must(updateFormat, "NeverOverwrite", id, w.keyOf(id), setSubject)
		if have := w.attached(id); have != "b.txt c.txt d.txt" {
			t.Errorf("after another change: files %s", have)
		}
	})
}

func TestCopiesHaveAttachmentsOfTheirOwn(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		id := readyItem(w)
		w.must(attachFormat, id, fmt.Sprintf(textFile+textFile+textFile, "a.txt", "b.txt", "c.txt"))
		dup := w.s.Copy(anna, id, "notes").ID
		w.must(attachFormat, id, fmt.Sprintf(textFile, "d.txt"))
		w.must(attachFormat, dup, fmt.Sprintf(textFile, "e.txt"))
		if one, two := w.attached(id), w.attached(dup); one != "a.txt b.txt c.txt d.txt" || two != "a.txt b.txt c.txt e.txt" {
			t.Errorf("files %s, of the copy %s", one, two)
		}
	})
}

// keyOf is the change key of an item.
func (w *work) keyOf(id string) string {
	w.t.Helper()
	_, key := w.must(getItems, `<t:ItemId Id="`+id+`"/>`).firstID(w.t)
	return key
}

func TestCreateAttachmentRefuses(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		id := readyItem(w)
		file := fmt.Sprintf(textFile, "a.txt")
		for _, test := range []struct {
			item, files string
			want        []string
		}{
			{id, "", []string{"ErrorSchemaValidation"}},
			{"junk", file + file, []string{"ErrorInvalidIdMalformed", "ErrorInvalidIdMalformed"}},
			{id, `<t:ItemAttachment/>` + file, []string{"ErrorInvalidItemForOperationCreateItemAttachment", "NoError"}},
			{id, strings.ReplaceAll(file, "aGVsbG8=", "!"), []string{"ErrorInvalidPropertySet"}},
		} {
			if have := w.call(fmt.Sprintf(attachFormat, test.item, test.files)).codes; !slices.Equal(have, test.want) {
				t.Errorf("%s: have %q, want %q", test.files, have, test.want)
			}
		}
	})
}
