package catalog

import "strings"

// A token is a part of a pattern: a literal byte, any one byte, or a run of any
// bytes, also of none.
type token struct {
	kind    tokenKind
	literal byte
	noSlash bool // of one and run
}

type tokenKind uint8

const (
	literal tokenKind = iota
	one
	run
)

func compileText(s string) []token {
	tokens := make([]token, len(s))
	for i := range len(s) {
		tokens[i].literal = s[i]
	}
	return tokens
}

// compilePattern reads the wildcards of policies.
func compilePattern(s string) []token {
	tokens := compileText(s)
	for i := range tokens {
		switch tokens[i].literal {
		case '*':
			tokens[i].kind = run
		case '?':
			tokens[i].kind = one
		}
	}
	return tokens
}

// compileTemplate reads the variables ${Name} of the catalog, which stand for
// at least one byte, its stars, and ${*}, which is a star that means itself.
func compileTemplate(s string) []token {
	var tokens []token
	for {
		before, rest, found := strings.Cut(s, "${")
		for i := range len(before) {
			t := token{literal: before[i]}
			if t.literal == '*' {
				t.kind = run
			}
			tokens = append(tokens, t)
		}
		if !found {
			return tokens
		}
		var name string
		name, s, _ = strings.Cut(rest, "}")
		if name == "*" {
			tokens = append(tokens, token{literal: '*'})
			continue
		}
		tokens = append(tokens, token{kind: one}, token{kind: run})
	}
}

// overlap reports whether there is a text that both patterns match. It goes
// through a once, and keeps for each place in b whether what is left of both
// patterns there can still match: the time is that of len(a)*len(b) steps,
// whatever the wildcards.
func overlap(a, b []token) bool {
	// rest[j] says whether a[i:] and b[j:] overlap.
	rest := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		after := false // what rest[j+1] was for a[i+1:]
		for j := len(b); j >= 0; j-- {
			was := rest[j]
			rest[j] = overlapAt(a[i:], b[j:], was, after, j < len(b) && rest[j+1])
			after = was
		}
	}
	return rest[0]
}

// overlapAt reports whether a and b overlap, when it is known of what follows
// the first token of a, of both, and of b.
func overlapAt(a, b []token, afterA, afterBoth, afterB bool) bool {
	switch {
	case len(a) == 0 && len(b) == 0:
		return true
	case len(a) == 0:
		return b[0].kind == run && afterB
	case len(b) == 0:
		return a[0].kind == run && afterA
	case a[0].kind == run && b[0].kind == run:
		return afterA || afterB
	case a[0].kind == run:
		return afterA || agree(a[0], b[0]) && afterB
	case b[0].kind == run:
		return afterB || agree(a[0], b[0]) && afterA
	}
	return agree(a[0], b[0]) && afterBoth
}

// agree reports whether there is a byte that both tokens take.
func agree(x, y token) bool {
	switch {
	case x.kind == literal && y.kind == literal:
		return x.literal == y.literal
	case x.kind == literal:
		return !y.noSlash || x.literal != '/'
	case y.kind == literal:
		return !x.noSlash || y.literal != '/'
	}
	return true
}
