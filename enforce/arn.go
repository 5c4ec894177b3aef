package enforce

import (
	"slices"
	"strings"
)

// An arn is the six segments of an Amazon Resource Name: "arn", partition,
// service, region, account, and the resource, which may contain colons.
type arn [6]string

// splitARN splits at the first five colons. It returns false when s is no ARN.
func splitARN(s string) (a arn, ok bool) {
	if !strings.HasPrefix(s, "arn:") {
		return a, false
	}
	for i := range 5 {
		a[i], s, ok = strings.Cut(s, ":")
		if !ok {
			return arn{}, false
		}
	}
	a[5] = s
	return a, true
}

func (a *arn) service() string  { return a[2] }
func (a *arn) account() string  { return a[4] }
func (a *arn) resource() string { return a[5] }

// An arnPattern matches ARNs segment by segment: a wildcard in one of the first
// five segments does not cross a colon, one in the last crosses colons and
// slashes.
type arnPattern struct {
	any bool // "*"
	// whole is the pattern in one piece when the first five segments are plain
	// text and nothing is a variable: then the text itself pins the colons.
	whole pattern
	parts *[6]template // otherwise
}

// trailingStarCrossesColons would let a "*" at the end of any segment of a Resource match
// colons too. The page of Resource says that such a star "can expand to match beyond the
// colon boundaries"; in the last segment it does, in the others that is unverified. (Of
// the Arn operators AWS says that each segment is checked separately.)
const trailingStarCrossesColons = false

// compileResource compiles a pattern of Resource or NotResource.
func compileResource(s string, variables bool) (arnPattern, error) {
	return compileSegments(s, variables, trailingStarCrossesColons)
}

// compileARN compiles a pattern. Segments that are missing at the end match
// everything, as AWS completes "arn:aws:sqs:us-east-1" to
// "arn:aws:sqs:us-east-1:*:*". Variables are known in the last segment only.
func compileARN(s string, variables bool) (arnPattern, error) {
	return compileSegments(s, variables, false)
}

// compileSegments compiles a pattern in which a "*" at the end of a segment may cross
// colons or not.
func compileSegments(s string, variables, crosses bool) (arnPattern, error) {
	if s == "*" {
		return arnPattern{any: true}, nil
	}
	segments := SplitPattern(s)
	last := len(segments) - 1
	variables = variables && strings.Contains(segments[last], "${")
	keepsWithin := func(segment string) bool {
		if crosses {
			segment = strings.TrimSuffix(segment, "*")
		}
		return strings.ContainsAny(segment, "*?")
	}
	if !variables && !slices.ContainsFunc(segments[:last], keepsWithin) {
		whole := strings.Join(segments[:], ":")
		if len(whole) == len(s) {
			whole = s // nothing was missing: share its memory
		}
		return arnPattern{whole: newPattern(wildcards.Replace(whole))}, nil
	}
	var parts [6]template
	for i, segment := range segments {
		part, err := compileTemplate(segment, textMode{wild: true, variables: variables && i == last})
		if err != nil {
			return arnPattern{}, err
		}
		parts[i] = part
	}
	return arnPattern{parts: &parts}, nil
}

// SplitPattern splits the pattern of an ARN at its first five colons that are not within a
// variable, and fills up with "*": segments that are missing at the end match everything.
func SplitPattern(s string) [6]string {
	parts := [6]string{"*", "*", "*", "*", "*", "*"}
	n, start, braces := 0, 0, false
	for i := 0; i < len(s) && n < 5; i++ {
		switch {
		case strings.HasPrefix(s[i:], "${"):
			braces = true
		case s[i] == '}':
			braces = false
		case s[i] == ':' && !braces:
			parts[n], start = s[start:i], i+1
			n++
		}
	}
	parts[n] = s[start:]
	return parts
}

// matchARN reports whether the ARN s matches p. Its segments are those in a, or
// are put there when they are needed.
func (e *eval) matchARN(p *arnPattern, s string, a *arn) bool {
	if p.parts == nil {
		return p.any || p.whole.matchIn(s, &e.texts)
	}
	return e.matchParts(p.parts, s, a)
}

func (e *eval) matchParts(parts *[6]template, s string, a *arn) bool {
	if a[0] == "" {
		var ok bool
		if *a, ok = splitARN(s); !ok {
			return false
		}
	}
	for i := range parts {
		text, ok := e.expand(&parts[i], len(a[i]))
		if !ok || !e.texts.glob(text, a[i]) {
			return false
		}
	}
	return true
}
