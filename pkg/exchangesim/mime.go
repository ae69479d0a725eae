package exchangesim

import "time"

// MIME returns the bytes of an item in Internet format, as they were delivered or as the simulator made them; nil when it
// is gone. It panics when there is no such mailbox.
func (s *Server) MIME(address, itemID string) []byte { return must(s.mimeOf(address, itemID)) }

func (s *Server) mimeOf(address, itemID string) (raw []byte, err error) {
	return act(s, address, func(mb *mailbox, _ time.Time) ([]byte, error) {
		if it := mb.item(itemID); it != nil {
			return it.says().mime, nil
		}
		return nil, nil
	})
}
