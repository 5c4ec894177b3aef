package constraint

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Patterns that look ahead at their beginning or back at their end, as Lambda's model has
// them.
func TestPatternsThatLook(t *testing.T) {
	t.Parallel()
	for pattern, values := range map[string]map[string]bool{
		`(?!^[0-9]+$)([a-zA-Z0-9-_]+)`:              {"live": true, "2024-01-02": true, "2024": false, "a b": false, "": false},
		`((?!^\d+$)^[0-9a-zA-Z-_]+$)`:               {"urlalias": true, "1": false, "$LATEST": false, "1a": true},
		`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`: {"users": true, "system.users": false, "systems": true, "a$": false},
		`[0-9A-Za-z\.\-_]*(?<!\.)`:                  {"bucket.name": true, "bucket.": false, "": true},
		`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`:  {"$LATEST": true, "$LATEST.PUBLISHED": true, "a?": false},
	} {
		for value, want := range values {
			assert.Equal(t, want, patternOf(pattern).Match(value), "%s of %q", pattern, value)
		}
	}
}
