package exchangesim

// markAllItemsAsRead answers MarkAllItemsAsRead: every item of the other state is read, or unread, from now on.
func (c *call) markAllItemsAsRead() ([]message, *soapFault) {
	flag := c.op.child(nsMessages, "ReadFlag")
	if flag == nil || c.op.child(nsMessages, "SuppressReadReceipts") == nil {
		return nil, schemaFault("ReadFlag or SuppressReadReceipts is missing")
	}
	read := isTrue(flag.value())
	return c.perFolder(func(f *folder) message {
		for _, it := range f.items() {
			if it.read != read && !it.hidden {
				c.s.org.markAs(it, read, c.s.now())
			}
		}
		return success("")
	})
}
