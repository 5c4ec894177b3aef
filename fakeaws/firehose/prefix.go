package firehose

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxPrefix is how long a prefix is once it is evaluated.
const maxPrefix = 512

// A part of a prefix is text, or an expression !{namespace:value}.
type part struct{ namespace, value string }

// parsePrefix reads a prefix ("Custom prefixes for Amazon S3 objects" of the Developer
// Guide). Errors say what is wrong with it.
func parsePrefix(text string) ([]part, error) {
	var parts []part
	for text != "" {
		before, after, found := strings.Cut(text, "!{")
		if before != "" {
			parts = append(parts, part{value: before})
		}
		if !found {
			break
		}
		expression, rest, closed := strings.Cut(after, "}")
		namespace, value, ok := strings.Cut(expression, ":")
		switch {
		case !closed || !ok:
			return nil, errors.New("!{ begins an expression of the form !{namespace:value}")
		case namespace == "timestamp":
			if _, err := formatTime(time.Time{}, value); err != nil {
				return nil, err
			}
		case namespace != "firehose" || value != errorOutputType && value != randomString:
			return nil, errors.New("!{" + expression + "} is no expression for a stream without dynamic partitioning")
		}
		parts = append(parts, part{namespace, value})
		text = rest
	}
	return parts, nil
}

// The values of the namespace firehose.
const (
	errorOutputType = "error-output-type"
	randomString    = "random-string"
)

// has reports whether a prefix has an expression; any of the namespace where value is empty.
func has(parts []part, namespace, value string) bool {
	for _, p := range parts {
		if p.namespace == namespace && (value == "" || p.value == value) {
			return true
		}
	}
	return false
}

func hasExpression(parts []part) bool {
	return has(parts, "timestamp", "") || has(parts, "firehose", "")
}

// checkPrefixes refuses prefixes that break the page's semantic rules.
func checkPrefixes(prefix, errorPrefix string) error {
	parts, err := parsePrefix(prefix)
	if err != nil {
		return invalidArgument(textPrefix, "Prefix", err)
	}
	failed, err := parsePrefix(errorPrefix)
	switch {
	case err != nil:
		return invalidArgument(textPrefix, "ErrorOutputPrefix", err)
	case has(parts, "firehose", errorOutputType):
		return invalidArgument(textPrefix, "Prefix", "!{firehose:error-output-type} is for ErrorOutputPrefix")
	case hasExpression(parts) && errorPrefix == "":
		return invalidArgument(textErrorPrefix)
	case hasExpression(failed) && !has(failed, "firehose", errorOutputType):
		return invalidArgument(textPrefix, "ErrorOutputPrefix", "it has expressions, but not !{firehose:error-output-type}")
	}
	return nil
}

// hourly is what a prefix without a timestamp gets.
const hourly = "yyyy/MM/dd/HH/"

// keyOf is the key of an object whose oldest record arrived at a time. failed is the type of
// an error; empty for what was processed.
func (s *Fake) keyOf(prefix, errorPrefix, failed string, at time.Time) (string, error) {
	text := prefix
	if failed != "" {
		text = errorPrefix
	}
	parts, err := parsePrefix(text)
	if err != nil {
		return "", err
	}
	if failed != "" && !hasExpression(parts) {
		if errorPrefix == "" {
			parts = []part{{value: prefix}}
		}
		parts = append(parts, part{value: failed + "/"}, part{"timestamp", hourly})
	} else if failed == "" && !has(parts, "timestamp", "") {
		parts = append(parts, part{"timestamp", hourly})
	}
	var b strings.Builder
	for _, p := range parts {
		switch {
		case p.namespace == "":
			b.WriteString(p.value)
		case p.namespace == "timestamp":
			value, err := formatTime(at, p.value)
			if err != nil {
				return "", err
			}
			b.WriteString(value)
		case p.value == errorOutputType:
			b.WriteString(failed)
		default:
			b.WriteString(s.world.IDs().UUID()[:11])
		}
	}
	if b.Len() > maxPrefix {
		return "", fmt.Errorf("the prefix is longer than %d characters once it is evaluated", maxPrefix)
	}
	return b.String(), nil
}

// formatTime writes a time as a pattern of Java's DateTimeFormatter has it, as far as it is
// of numbers and of the names of days and months. An error names what is not known.
func formatTime(t time.Time, pattern string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			text, rest, err := quoted(pattern[i:])
			if err != nil {
				return "", err
			}
			b.WriteString(text)
			i = len(pattern) - len(rest)
			continue
		}
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			text, err := timeField(t, c, n)
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		} else {
			b.WriteString(pattern[i : i+n])
		}
		i += n
	}
	return b.String(), nil
}

// quoted reads a text in single quotes, of which two stand for one.
func quoted(pattern string) (text, rest string, err error) {
	if strings.HasPrefix(pattern, "''") {
		return "'", pattern[2:], nil
	}
	inside, rest, ok := strings.Cut(pattern[1:], "'")
	if !ok {
		return "", "", errors.New("a quote in a timestamp is not closed")
	}
	for strings.HasPrefix(rest, "'") {
		more, after, ok := strings.Cut(rest[1:], "'")
		if !ok {
			return "", "", errors.New("a quote in a timestamp is not closed")
		}
		inside, rest = inside+"'"+more, after
	}
	return inside, rest, nil
}

// timeField is one field of a time: its letter, as often as it is repeated.
func timeField(t time.Time, letter byte, n int) (string, error) {
	numbers := map[byte]int{
		'M': int(t.Month()), 'L': int(t.Month()), 'd': t.Day(), 'D': t.YearDay(), 'H': t.Hour(), 'k': (t.Hour()+23)%24 + 1,
		'K': t.Hour() % 12, 'h': (t.Hour()+11)%12 + 1, 'm': t.Minute(), 's': t.Second(),
	}
	value, isNumber := numbers[letter]
	switch {
	case letter == 'y' || letter == 'u':
		if n == 2 {
			return fmt.Sprintf("%02d", t.Year()%100), nil
		}
		return fmt.Sprintf("%0*d", n, t.Year()), nil
	case (letter == 'M' || letter == 'L') && n == 3:
		return t.Format("Jan"), nil
	case (letter == 'M' || letter == 'L') && n == 4:
		return t.Month().String(), nil
	case isNumber && (n <= 2 || letter == 'D' && n == 3):
		return fmt.Sprintf("%0*d", n, value), nil
	case letter == 'S' && n <= 9:
		return fmt.Sprintf("%09d", t.Nanosecond())[:n], nil
	case letter == 'E' && n <= 3:
		return t.Format("Mon"), nil
	case letter == 'E' && n == 4:
		return t.Weekday().String(), nil
	case letter == 'a' && n == 1:
		return t.Format("PM"), nil
	}
	return "", errors.New("the timestamp " + strings.Repeat(string(letter), min(n, 10)) + " is not implemented by leastpriv")
}

// suffix is what follows the prefix in a key: "<stream name>-<stream version>-<year>-<month>-
// <day>-<hour>-<minute>-<second>-<uuid><file extension>".
func suffix(w *fakeaws.World, x streamID, version int, extension string, at time.Time) string {
	return fmt.Sprintf("%s-%d-%s-%s%s", x.name, version, at.Format("2006-01-02-15-04-05"), w.IDs().UUID(), extension)
}
