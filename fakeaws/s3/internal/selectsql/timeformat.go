package selectsql

import (
	"fmt"
	"strconv"
	"strings"
)

// formats are the symbols of the patterns of TO_STRING (User Guide, "TO_STRING").
var formats = map[string]func(*timestamp) string{
	"y":    func(t *timestamp) string { return strconv.Itoa(t.at.Year()) },
	"yy":   func(t *timestamp) string { return t.at.Format("06") },
	"yyyy": func(t *timestamp) string { return t.at.Format("2006") },
	"M":    func(t *timestamp) string { return t.at.Format("1") },
	"MM":   func(t *timestamp) string { return t.at.Format("01") },
	"MMM":  func(t *timestamp) string { return t.at.Format("Jan") },
	"MMMM": func(t *timestamp) string { return t.at.Format("January") },
	"MMMMM": func(t *timestamp) string {
		return t.at.Format("January")[:1]
	},
	"d":     func(t *timestamp) string { return t.at.Format("2") },
	"dd":    func(t *timestamp) string { return t.at.Format("02") },
	"a":     func(t *timestamp) string { return t.at.Format("PM") },
	"h":     func(t *timestamp) string { return t.at.Format("3") },
	"hh":    func(t *timestamp) string { return t.at.Format("03") },
	"H":     func(t *timestamp) string { return strconv.Itoa(t.at.Hour()) },
	"HH":    func(t *timestamp) string { return t.at.Format("15") },
	"m":     func(t *timestamp) string { return t.at.Format("4") },
	"mm":    func(t *timestamp) string { return t.at.Format("04") },
	"s":     func(t *timestamp) string { return t.at.Format("5") },
	"ss":    func(t *timestamp) string { return t.at.Format("05") },
	"n":     func(t *timestamp) string { return strconv.Itoa(t.at.Nanosecond()) },
	"X":     func(t *timestamp) string { return t.hours(true) },
	"XX":    func(t *timestamp) string { return t.zone("-0700", true) },
	"XXXX":  func(t *timestamp) string { return t.zone("-0700", true) },
	"XXX":   func(t *timestamp) string { return t.zone("-07:00", true) },
	"XXXXX": func(t *timestamp) string { return t.zone("-07:00", true) },
	"x":     func(t *timestamp) string { return t.hours(false) },
	"xx":    func(t *timestamp) string { return t.zone("-0700", false) },
	"xxxx":  func(t *timestamp) string { return t.zone("-0700", false) },
	"xxx":   func(t *timestamp) string { return t.zone("-07:00", false) },
	"xxxxx": func(t *timestamp) string { return t.zone("-07:00", false) },
}

// hours is the offset in hours; with the minutes where there are some.
func (t *timestamp) hours(z bool) string {
	if _, seconds := t.at.Zone(); seconds%3600 != 0 {
		return t.at.Format("-0700")
	}
	return t.zone("-07", z)
}

// maxFraction is how many S a pattern may have: nanoseconds.
const maxFraction = 9

// format is TO_STRING.
func (t *timestamp) format(pattern string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			text, n, ok := quotedText(pattern[i:])
			if !ok {
				return "", Fail("EvaluatorUnterminatedTimestampFormatPatternToken")
			}
			b.WriteString(text)
			i += n
			continue
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			b.WriteByte(c)
			i++
			continue
		}
		end := i + 1
		for end < len(pattern) && pattern[end] == c {
			end++
		}
		text, err := t.symbol(pattern[i:end])
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		i = end
	}
	return b.String(), nil
}

// symbol writes one symbol of a pattern.
func (t *timestamp) symbol(s string) (string, error) {
	if write, ok := formats[s]; ok {
		return write(t), nil
	}
	if s[0] == 'S' && len(s) <= maxFraction {
		return fmt.Sprintf("%09d", t.at.Nanosecond())[:len(s)], nil
	}
	if _, ok := formats[s[:1]]; ok || s[0] == 'S' {
		return "", Fail("EvaluatorInvalidTimestampFormatPatternToken")
	}
	return "", Fail("EvaluatorInvalidTimestampFormatPatternSymbol")
}

// quotedText reads a text in quotation marks, in which two of them are one.
func quotedText(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		if b.Len() == 0 {
			return "'", i + 1, true // '' outside of quotation marks
		}
		return b.String(), i + 1, true
	}
	return "", 0, false
}
