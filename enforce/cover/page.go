package cover

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// A page is what the template is filled with. Only Style and Script are taken as they
// are; all else is text of others, which the template escapes.
type page struct {
	*Report
	Style      template.CSS
	Script     template.JS
	Policy     string // what the browser may load and run
	Policies   []pagePolicy
	Principals []string
	Actions    []string
	Rows       []pageRow
}

type pagePolicy struct {
	*PolicyReport
	Lines    []pageLine
	Numbered bool // the lines are those of the file
	// Callers are the places of the policy's principals in those of the page.
	Callers string
	Full    bool
}

// A pageRow has what a principal asked for: a cell for each action of the page.
type pageRow struct {
	Principal string
	Cells     []pageCell
}

type pageCell struct{ Class, Sign, Text string }

// A pageLine is a line of a document, with the state of the statement that it is in.
type pageLine struct {
	Number int // 0 where the file has other lines
	Class  string
	Spans  []span
}

// A span is a part of a document.
type span struct {
	Text  string
	Class string // empty outside of grants
	Title string
}

// cells are by outcome.
var cells = [...]pageCell{
	{"none", "", "not asked for"}, {"used", "✓", "allowed"}, {"denied", "✕", "denied"}, {"both", "✓✕", "allowed and denied"},
}

// WriteHTML writes one page that needs nothing else: the documents with their grants, and
// which principals asked for which actions.
func (r *Report) WriteHTML(w io.Writer) error {
	p := page{Report: r, Style: template.CSS(pageCSS), Script: template.JS(pageJS), Actions: r.actions()}
	p.Policy = fmt.Sprintf("default-src 'none'; img-src data:; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", hash(pageCSS), hash(pageJS))
	names := map[string]bool{}
	for _, c := range r.Calls {
		names[c.Principal] = true
	}
	for i := range r.Policies {
		for principal := range r.Policies[i].Principals {
			names[principal] = true
		}
	}
	p.Principals = slices.Sorted(maps.Keys(names))
	places := map[string]int{}
	for i, principal := range p.Principals {
		places[principal] = i
	}
	for i := range r.Policies {
		of := &r.Policies[i]
		var callers []string
		for _, principal := range slices.Sorted(maps.Keys(of.Principals)) {
			callers = append(callers, fmt.Sprint(places[principal]))
		}
		lines := of.lines()
		p.Policies = append(p.Policies, pagePolicy{of, lines, lines[0].Number > 0, strings.Join(callers, " "), of.Used == of.Grants})
	}
	slices.SortStableFunc(p.Policies, func(a, b pagePolicy) int { // what is to be done comes first
		switch {
		case a.Full == b.Full:
			return 0
		case a.Full:
			return 1
		}
		return -1
	})
	asked := map[Call]Outcome{}
	for _, c := range r.Calls {
		asked[Call{Principal: c.Principal, Action: c.Action}] |= c.Outcome
	}
	for _, principal := range p.Principals {
		row := pageRow{Principal: principal}
		for _, action := range p.Actions {
			row.Cells = append(row.Cells, cells[asked[Call{Principal: principal, Action: action}]&3])
		}
		p.Rows = append(p.Rows, row)
	}
	return pageTemplate.Execute(w, p)
}

// hash names a text that the page's policy lets the browser use, and no other.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// lines returns the document in lines. One that is written in a single line is shown in
// several, which then have no numbers.
func (p *PolicyReport) lines() []pageLine {
	shown, numbered := p, true
	var indented bytes.Buffer
	if !strings.Contains(p.policy.Document, "\n") && json.Indent(&indented, []byte(p.policy.Document), "", "  ") == nil {
		other := *p.policy
		other.Document = string(listOfOne.ReplaceAll(indented.Bytes(), []byte("[$1]")))
		of := other.report()
		shown, numbered = &of, false
	}
	tokens := shown.tokens()
	var lines []pageLine
	start := 0
	for text := range strings.Lines(shown.policy.Document) {
		line := pageLine{}
		if numbered {
			line.Number = max(p.Line, 1) + len(lines)
		}
		at := start + len(text) - len(strings.TrimLeft(text, " \t\r\n"))
		for i := range shown.Statements {
			if s := &shown.Statements[i]; s.start <= at && at < s.end {
				line.Class = string(s.State)
			}
		}
		end := start + len(strings.TrimRight(text, "\r\n"))
		line.Spans, tokens = spans(shown.policy.Document, start, end, tokens)
		lines = append(lines, line)
		start += len(text)
	}
	return lines
}

// listOfOne matches an indented list of one string, which is shown in its line.
var listOfOne = regexp.MustCompile(`\[\n *("(?:[^"\\]|\\.)*")\n *\]`)

// spans returns a line in parts, and the tokens that stand behind it.
func spans(document string, start, end int, tokens []token) ([]span, []token) {
	var spans []span
	for len(tokens) > 0 && tokens[0].start < end {
		t := tokens[0]
		tokens = tokens[1:]
		if t.start < start {
			continue
		}
		last := min(t.start+tokenLength(document[t.start:]), end)
		if t.start > start {
			spans = append(spans, span{Text: document[start:t.start]})
		}
		spans = append(spans, span{document[t.start:last], string(t.state), t.title})
		start = last
	}
	if start < end {
		spans = append(spans, span{Text: document[start:end]})
	}
	return spans, tokens
}

// A token is a scalar of a document that has a state.
type token struct {
	start int
	state State
	title string
}

// tokens returns those of the grants, and the effects for the statements, in the order of
// the document.
func (p *PolicyReport) tokens() (tokens []token) {
	for i := range p.Statements {
		s := &p.Statements[i]
		tokens = append(tokens, token{s.effect, s.State, title("Statement", s.State, s.Effect)})
		for _, g := range s.Grants {
			for _, at := range g.tokens {
				tokens = append(tokens, token{at, g.State, title(g.Element, g.State, s.Effect)})
			}
		}
	}
	slices.SortStableFunc(tokens, func(a, b token) int { return a.start - b.start })
	return tokens
}

// title says in words what a colour says.
func title(element string, state State, effect string) string {
	switch {
	case state == Unused:
		return element + ": never used"
	case state == OnlyDenied:
		return element + ": only in requests that were denied"
	case effect == "Deny":
		return element + ": denied requests"
	}
	return element + ": used by allowed requests"
}

// tokenLength returns the length of the scalar that a text begins with; 0 where it begins
// with none.
func tokenLength(text string) int {
	if text == "" || strings.ContainsRune(" \t\r\n{}[]:,", rune(text[0])) {
		return 0
	}
	if text[0] != '"' {
		if end := strings.IndexAny(text, " \t\r\n{}[]:,"); end >= 0 {
			return end
		}
		return len(text)
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
