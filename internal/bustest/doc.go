// Package bustest is the conformance suite of the bus: jetbus and membus pass the
// same tests, so that a stage that was tested on the one works on the other.
package bustest
