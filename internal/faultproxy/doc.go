// Package faultproxy is a TCP proxy for tests that breaks what real networks
// break: it delays, cuts into bytes, throttles, cuts off, resets, and falls silent.
//
// What it does to a connection is chosen when the connection is made and may be
// changed while it is open. With the same seed the same jitter is drawn for the
// n-th connection; what the two ends make of it is theirs.
package faultproxy
