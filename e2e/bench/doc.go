// Package bench holds the benchmarks of the whole pipeline. Rates are compared with
// other ways in the same run, in turn, so that a busy machine hits all alike.
package bench
