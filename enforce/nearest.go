package enforce

import (
	"fmt"
	"strings"
)

// nearest returns the name that was probably meant by one that does not exist:
// the one that takes the fewest letters to be changed, added, left out or
// swapped with the next, without regard to case. It returns "" when that is more
// than a third of the name.
func nearest(name string, names []string) string {
	best, least := "", len(name)/3+1
	lower := strings.ToLower(name)
	for _, candidate := range names {
		// Each letter of difference in length is a change of its own.
		if d := len(candidate) - len(name); d > least || -d > least {
			continue
		}
		changes := distance(lower, strings.ToLower(candidate))
		if changes < least || changes == least && best != "" && candidate < best {
			best, least = candidate, changes
		}
	}
	return best
}

// distance counts the changes between two words.
func distance(a, b string) int {
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
	}
	return row[len(b)]
}

// didYouMean asks whether something else was meant.
func didYouMean(what string) string { return fmt.Sprintf("did you mean %q?", what) }
