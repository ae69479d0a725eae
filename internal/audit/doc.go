// Package audit holds what a simulated Exchange did against what the stream of
// events stores: is everything there, in order, once, or inside an announced gap?
package audit
