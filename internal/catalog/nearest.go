package catalog

import (
	"slices"
	"strings"
)

// maxName is longer than any name of AWS.
const maxName = 128

// Nearest returns the name that was probably meant by one that does not exist:
// the one that takes the fewest letters to be changed, added, left out or
// swapped with the next, without regard to case. It returns "" when that is more
// than a third of the name.
func Nearest(name string, names []string) string {
	if len(name) > maxName {
		return ""
	}
	best, least := "", len(name)/3+1
	lower := strings.ToLower(name)
	for _, candidate := range names {
		changes := distance(lower, strings.ToLower(candidate), least)
		if changes < least || changes == least && best != "" && candidate < best {
			best, least = candidate, changes
		}
	}
	return best
}

// distance counts the changes between two words, no further than most and one
// more.
func distance(a, b string, most int) int {
	if d := len(a) - len(b); d > most || -d > most {
		return most + 1 // each letter of the difference is a change
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			row[j+1] = min(last[j]+change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		if slices.Min(row) > most && slices.Min(last) > most {
			return most + 1
		}
	}
	return row[len(b)]
}
