package exchangesim

import "time"

// updateItem answers UpdateItem: SetItemField, AppendToItemField of bodies and recipients, and DeleteItemField.
func (c *call) updateItem() ([]message, *soapFault) {
	changes, conflicts := c.op.child(nsMessages, "ItemChanges").named(nsTypes, "ItemChange"), c.op.attr("ConflictResolution")
	if len(changes) == 0 {
		return nil, schemaFault("ItemChanges is empty")
	}
	if conflicts != "NeverOverwrite" && conflicts != "AutoResolve" && conflicts != "AlwaysOverwrite" {
		return nil, schemaFault("ConflictResolution " + conflicts)
	}
	if !knownDisposition(c.op.attr("MessageDisposition")) {
		return nil, schemaFault("MessageDisposition " + c.op.attr("MessageDisposition"))
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	var messages []message
	for _, n := range changes {
		messages = append(messages, c.updateOne(n, conflicts, c.s.now()))
	}
	return messages, nil
}

func (c *call) updateOne(n *node, conflicts string, now time.Time) message {
	id := n.child(nsTypes, "ItemId")
	it, code := c.resolveItem(id.attr("Id"))
	if code == "" {
		code = conflict(it, id.attr("ChangeKey"), conflicts)
	}
	if code == "" && elementOf(it.class) == "t:Message" && c.op.attr("MessageDisposition") == "" {
		code = "ErrorMessageDispositionRequired"
	}
	if code != "" {
		return itemFailure(code)
	}
	e := newEdit(it)
	for _, update := range n.child(nsTypes, "Updates").all() {
		if code := e.apply(update); code != "" {
			return itemFailure(code)
		}
	}
	c.s.org.update(it, e, now)
	return c.updated(it, now)
}

// updated sends the item if that is asked for, and answers with what it is now.
func (c *call) updated(it *item, now time.Time) message {
	m := itemIDs(it)
	if d := c.op.attr("MessageDisposition"); d == "SendOnly" || d == "SendAndSaveCopy" {
		if _, code := c.send(it, d == "SendAndSaveCopy", now); code != "" {
			return itemFailure(code)
		}
		m = success(noItems)
	}
	m.inner += `<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>`
	return m
}

// conflict checks the change key as the reference of ItemId and of ConflictResolution says.
func conflict(it *item, key, resolution string) string {
	switch {
	case resolution == "AlwaysOverwrite":
	case key == "":
		return "ErrorChangeKeyRequired"
	case key != it.changeKey() && resolution == "NeverOverwrite":
		return "ErrorIrresolvableConflict"
	}
	return ""
}

// apply takes up one change and returns a response code, empty if all is well.
func (e *itemEdit) apply(n *node) string {
	if n.is(nsTypes, "DeleteItemField") {
		return e.unset(n.first())
	}
	given := n.children
	if len(given) != 2 || len(given[1].children) != 1 {
		return "ErrorUpdatePropertyMismatch" // a change is a path and an item with one property
	}
	value := given[1].children[0]
	if n.is(nsTypes, "AppendToItemField") {
		return e.append(value)
	}
	return e.set(value)
}

// append adds to a body or to recipients; nothing else can be appended to.
func (e *itemEdit) append(n *node) string {
	before := e.content
	if code := e.set(n); code != "" {
		return code
	}
	switch n.name.Local {
	case "Body":
		e.text, e.html = before.text+e.text, before.html+e.html
	case "ToRecipients":
		e.to = append(before.to[:len(before.to):len(before.to)], e.to...)
	case "CcRecipients":
		e.cc = append(before.cc[:len(before.cc):len(before.cc)], e.cc...)
	case "BccRecipients":
		e.bcc = append(before.bcc[:len(before.bcc):len(before.bcc)], e.bcc...)
	default:
		return "ErrorInvalidPropertyAppend"
	}
	return ""
}

// update changes an item. The read state alone is not an edit of the item.
func (o *organisation) update(it *item, e *itemEdit, now time.Time) {
	kind := "update"
	if e.read != nil && *e.read != it.read {
		it.setRead(*e.read, now)
		if kind = "read"; !*e.read {
			kind = "unread"
		}
	}
	if kind == "update" || e.written || e.class != it.class {
		kind = "update"
		it.content, it.class = e.result(), e.class
		it.edited = it.touch(now)
	}
	o.edited(kind, it, now)
}
