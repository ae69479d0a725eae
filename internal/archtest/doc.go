// Package archtest holds the tests that keep the structure of the repository:
// which package may import which, where the clock may be read, and how long a
// main function's file may be. It has no code of its own.
package archtest
