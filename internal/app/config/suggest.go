package config

import (
	"strings"
)

// nearest is the name that word was probably meant to be.
func nearest(word string, names []string) (string, bool) {
	best, found := "", false
	limit := max(1, len(word)/3)
	for _, name := range names {
		if d := distance(strings.ToLower(word), strings.ToLower(name)); d <= limit {
			best, found, limit = name, true, d-1
		}
	}
	return best, found
}

// didYouMean suggests the nearest name, or else lists the names there are.
func didYouMean(word string, names []string) string {
	if name, found := nearest(word, names); found {
		return "did you mean " + name + "?"
	}
	return "write one of " + strings.Join(names, ", ")
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a (the optimal string alignment distance).
func distance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
