package constraint

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A Pattern is a regular expression of a model. The whole value must match it,
// as AWS's front end demands, whether it is anchored or not.
type Pattern struct {
	// Text is the expression as the model has it and as AWS prints it.
	Text  string
	match func() func(string) bool
}

// Match reports whether the whole of s matches.
func (p *Pattern) Match(s string) bool { return p.match()(s) }

var patterns sync.Map // of *Pattern by text

// patternOf returns the pattern of a text, compiled when it is first matched.
func patternOf(text string) *Pattern {
	if p, ok := patterns.Load(text); ok {
		return p.(*Pattern)
	}
	p := &Pattern{Text: text, match: sync.OnceValue(func() func(string) bool {
		match, err := compilePattern(text)
		if err != nil {
			panic(fmt.Sprintf("constraint: pattern %s: %v", text, err)) // of an embedded model
		}
		return match
	})}
	stored, _ := patterns.LoadOrStore(text, p)
	return stored.(*Pattern)
}

var (
	// javaEscape is a character by its code. Java reads exactly four digits.
	javaEscape = regexp.MustCompile(`\\u([0-9A-F]{4})`)
	// notTwice is a character that must not follow itself: Go's expressions
	// cannot look ahead, but this alone need not.
	notTwice = regexp.MustCompile(`(\\?[-._/])\(\?!(\\?[-._/])\)`)
	// notWhole says in front of an expression what the whole value must not be, notFirst
	// and notStart what it must not begin with.
	notWhole = regexp.MustCompile(`^(\(?)\(\?!\^([^()]*)\$\)\^?`)
	notFirst = regexp.MustCompile(`^\^\(\?!([^()]*)\)`)
	notStart = regexp.MustCompile(`^\(\^\(\?!(\([^()]*\))\)\)\(\^([^()]*)\)`)
	// notLast is a character that must not stand at the end.
	notLast = regexp.MustCompile(`\(\?<!(\\?[-._/])\)$`)
	// somewhere is, in front of an expression, one that the value must have somewhere.
	somewhere = regexp.MustCompile(`^\^?\(\?=\.\*(\[[^\]()]+\])\)`)
)

// compilePattern translates an expression of Java's into a matcher. A class of
// characters, repeated, becomes a table; the rest goes to package regexp.
func compilePattern(text string) (func(string) bool, error) {
	if match, ok := byHand[text]; ok {
		return match, nil
	}
	translated := javaEscape.ReplaceAllString(text, `\x{$1}`)
	var pairs []string
	translated = notTwice.ReplaceAllStringFunc(translated, func(look string) string {
		m := notTwice.FindStringSubmatch(look)
		if m[1] == m[2] {
			c := strings.TrimPrefix(m[1], `\`)
			pairs = append(pairs, c+c)
			return m[1]
		}
		return look
	})
	translated, refused := forbidden(translated)
	var has *regexp.Regexp
	if m := somewhere.FindStringSubmatch(translated); m != nil {
		var err error
		if has, err = regexp.Compile(m[1]); err != nil {
			return nil, err
		}
		translated = translated[len(m[0]):]
	}
	parsed, err := syntax.Parse(translated, syntax.Perl)
	if err != nil {
		return nil, err
	}
	if class := repeatedClass(parsed); class != nil && has == nil && len(refused) == 0 {
		return class, nil
	}
	re, err := regexp.Compile(`\A(?:` + translated + `)\z`)
	if err != nil {
		return nil, err
	}
	return func(s string) bool {
		return re.MatchString(s) && (has == nil || has.MatchString(s)) && !slices.ContainsFunc(pairs, func(p string) bool { return strings.Contains(s, p) }) &&
			!slices.ContainsFunc(refused, func(r *regexp.Regexp) bool { return r.MatchString(s) })
	}, nil
}

// forbidden takes from an expression what looks ahead at its beginning or back at its end,
// and returns what a value must not match besides.
func forbidden(text string) (rest string, refused []*regexp.Regexp) {
	if m := notWhole.FindStringSubmatch(text); m != nil {
		text = m[1] + text[len(m[0]):]
		refused = append(refused, regexp.MustCompile(`\A(?:`+m[2]+`)\z`))
	}
	if m := notFirst.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		refused = append(refused, regexp.MustCompile(`\A(?:`+m[1]+`)`))
	}
	if m := notStart.FindStringSubmatch(text); m != nil {
		text = m[2] + text[len(m[0]):]
		refused = append(refused, regexp.MustCompile(`\A(?:`+m[1]+`)`))
	}
	if m := notLast.FindStringSubmatch(text); m != nil {
		text = text[:len(text)-len(m[0])]
		refused = append(refused, regexp.MustCompile(m[1]+`\z`))
	}
	return text, refused
}

// repeatedClass returns the matcher of [class]*, [class]+, [class]?, [class]{m,n} and of a
// class alone, also between ^ and $; nil for any other expression.
func repeatedClass(re *syntax.Regexp) func(string) bool {
	re = withoutAnchors(re)
	least, most := 1, 1
	switch re.Op {
	case syntax.OpStar:
		least, most = 0, -1
	case syntax.OpPlus:
		most = -1
	case syntax.OpQuest:
		least = 0
	case syntax.OpRepeat:
		least, most = re.Min, re.Max
	}
	if len(re.Sub) == 1 {
		re = re.Sub[0]
	}
	class := classOf(re)
	if class == nil {
		return nil
	}
	var low [256]bool
	for i := 0; i < len(class); i += 2 {
		for r := class[i]; r <= class[i+1] && r < 256; r++ {
			low[r] = true
		}
	}
	return func(s string) bool {
		count := 0
		for _, r := range s {
			if r < 256 && !low[r] || r >= 256 && !inRanges(class, r) {
				return false
			}
			count++
		}
		return count >= least && (most < 0 || count <= most)
	}
}

// withoutAnchors takes ^ and $ from the ends of an expression that is compared with the
// whole text: there they mean nothing.
func withoutAnchors(re *syntax.Regexp) *syntax.Regexp {
	if re.Op != syntax.OpConcat {
		return re
	}
	rest := re.Sub
	if rest[0].Op == syntax.OpBeginText {
		rest = rest[1:]
	}
	if n := len(rest); n > 0 && rest[n-1].Op == syntax.OpEndText {
		rest = rest[:n-1]
	}
	if len(rest) == 1 {
		return rest[0]
	}
	return re
}

// classOf returns the characters of a class as pairs of first and last, in order; nil when
// an expression is no class.
func classOf(re *syntax.Regexp) []rune {
	switch re.Op {
	case syntax.OpCharClass:
		return re.Rune
	case syntax.OpAnyCharNotNL:
		return []rune{0, '\n' - 1, '\n' + 1, unicode.MaxRune}
	case syntax.OpAnyChar:
		return []rune{0, unicode.MaxRune}
	}
	return nil
}

// inRanges finds r in ordered pairs of first and last.
func inRanges(pairs []rune, r rune) bool {
	first, last := 0, len(pairs)/2
	for first < last {
		middle := (first + last) / 2
		if pairs[2*middle+1] < r {
			first = middle + 1
		} else {
			last = middle
		}
	}
	return 2*first < len(pairs) && pairs[2*first] <= r
}
