package constraint

import (
	"regexp"
	"strings"
)

// byHand are the patterns of models that look ahead, which Go's expressions cannot, by
// their texts.
var byHand = map[string]func(string) bool{
	// The values of paths of EventBridge's HTTP targets.
	`^(?!\s*$).+`: func(s string) bool {
		return strings.Trim(s, " \t\n\v\f\r") != "" && !strings.ContainsAny(s, "\n\r\u0085\u2028\u2029")
	},
	// The sources of events of EventBridge Scheduler.
	`^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$`: func(s string) bool {
		return !strings.HasPrefix(s, "aws.") && sourceText.MatchString(s) || sourcePath.MatchString(s)
	},
}

var (
	sourceText = regexp.MustCompile(`\A[/.\-_A-Za-z0-9].*\z`)
	sourcePath = regexp.MustCompile(`\A\$(\.[\w_-]+(\[(\d+|\*)\])*)*\z`)
)
