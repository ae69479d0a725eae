package app

// sole owns everything: run one process of each stage. The stages take what they
// own from a port, so that this is all that stands in for a shared one.
type sole[Unit any] struct{}

func (sole[Unit]) Owns(Unit) bool           { return true }
func (sole[Unit]) Changes() <-chan struct{} { return nil }
func (sole[Unit]) Yielding() []Unit         { return nil }
func (sole[Unit]) Release(Unit)             {}
