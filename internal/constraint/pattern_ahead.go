package constraint

import "regexp"

// notFirst says in front of an expression what a value must not begin with.
var notFirst = regexp.MustCompile(`^\^\(\?!([^()]*)\)`)

// lookingAhead is the matcher of an expression that begins by looking ahead, which Go's
// expressions cannot; nil for any other.
func lookingAhead(text string) (func(string) bool, error) {
	m := notFirst.FindStringSubmatch(text)
	if m == nil {
		return nil, nil
	}
	refused, err := regexp.Compile(`\A(?:` + m[1] + `)`)
	if err != nil {
		return nil, err
	}
	match, err := compilePattern(text[len(m[0]):])
	if err != nil {
		return nil, err
	}
	return func(s string) bool { return !refused.MatchString(s) && match(s) }, nil
}
