package asl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxNesting is how deep blocks may be in each other. AWS's bound is unverified.
const maxNesting = 20

// maxName is how long the name of a state or variable may be.
const maxName = 80

// Parse reads a definition. The error is an [UnsupportedError]; what is wrong are the diagnostics,
// and a machine with errors is nil. An express machine cannot wait for what only standard
// ones can.
func Parse(definition []byte, express bool) (*Machine, []Diagnostic, error) {
	v, err := Decode(definition)
	if err != nil {
		return nil, []Diagnostic{{SeverityError, CodeJSON, fmt.Sprintf(textJSON, err), ""}}, nil
	}
	p := &parser{names: make(map[string]bool), express: express}
	m := p.machine(v)
	if p.unsupported != nil {
		return nil, nil, p.unsupported
	}
	if p.wrong {
		return nil, p.diagnostics, nil
	}
	return m, p.diagnostics, nil
}

// ParseState reads the definition of a single state, for TestState: what follows it is not
// looked at.
func ParseState(definition []byte) (*State, []Diagnostic, error) {
	v, err := Decode(definition)
	if err != nil {
		return nil, []Diagnostic{{SeverityError, CodeJSON, fmt.Sprintf(textJSON, err), ""}}, nil
	}
	p := &parser{names: make(map[string]bool)}
	s := p.state(v, "", "", 0)
	if p.unsupported != nil {
		return nil, nil, p.unsupported
	}
	if p.wrong {
		return nil, p.diagnostics, nil
	}
	return s, p.diagnostics, nil
}

// A parser collects what is wrong with a definition.
type parser struct {
	diagnostics []Diagnostic
	wrong       bool
	names       map[string]bool
	express     bool
	unsupported error
}

// maxDiagnostics is how many are kept.
const maxDiagnostics = 100

func (p *parser) report(code, location, format string, args ...any) {
	p.wrong = true
	if len(p.diagnostics) < maxDiagnostics {
		p.diagnostics = append(p.diagnostics, Diagnostic{SeverityError, code, fmt.Sprintf(format, args...), location})
	}
}

func (p *parser) warn(code, location, format string, args ...any) {
	if len(p.diagnostics) < maxDiagnostics {
		p.diagnostics = append(p.diagnostics, Diagnostic{SeverityWarning, code, fmt.Sprintf(format, args...), location})
	}
}

func (p *parser) refuse(what string) {
	if p.unsupported == nil {
		p.unsupported = &UnsupportedError{what}
	}
}

// fields reads the members of an object.
type fields struct {
	p  *parser
	of map[string]any
	at string
}

func (p *parser) object(v any, at string) (*fields, bool) {
	object, ok := v.(map[string]any)
	if !ok {
		p.report(CodeSchema, at, textType, "Object")
		return nil, false
	}
	return &fields{p: p, of: object, at: at}, true
}

func (f *fields) has(name string) bool {
	_, ok := f.of[name]
	return ok
}

func (f *fields) wrong(name, format string, args ...any) {
	f.p.report(CodeSchema, f.at+"/"+name, format, args...)
}

func (f *fields) text(name string) string {
	v, ok := f.of[name]
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		f.wrong(name, textType, "String")
	}
	return s
}

// need is a text that must be there.
func (f *fields) need(name string) string {
	if !f.has(name) {
		f.p.report(CodeSchema, f.at, textRequired, name)
		return ""
	}
	s := f.text(name)
	if _, ok := f.of[name].(string); ok && s == "" {
		f.wrong(name, textEmpty)
	}
	return s
}

// whole is a number within bounds; 0 where it is not there.
func (f *fields) whole(name string, least, most, otherwise int) int {
	v, ok := f.of[name]
	if !ok {
		return otherwise
	}
	n, ok := integer(v)
	if !ok || n < least || n > most {
		f.wrong(name, textRange, least, most)
	}
	return n
}

func (f *fields) list(name string) []any {
	l, ok := f.of[name].([]any)
	if !ok {
		f.wrong(name, textType, "Array")
	}
	if ok && len(l) == 0 {
		f.wrong(name, textEmpty)
	}
	return l
}

func (f *fields) path(name string) *Path {
	if !f.has(name) {
		return nil
	}
	path, err := ParsePath(f.text(name))
	if err != nil {
		f.wrong(name, textPath)
	}
	return path
}

// number is a field that has a twin which says where the number is.
func (f *fields) number(name string, least int) Number {
	twin := name + "Path"
	switch {
	case f.has(name) && f.has(twin):
		f.p.report(CodeSchema, f.at, textExclusive, "["+name+", "+twin+"]")
	case f.has(name):
		return Number{Set: true, Value: f.whole(name, least, maxSeconds, 0)}
	case f.has(twin):
		return Number{Set: true, Path: f.path(twin)}
	}
	return Number{}
}

func (f *fields) place(name string, reference bool) Place {
	if v, ok := f.of[name]; !ok || v == nil {
		return Place{Null: ok}
	}
	path := f.path(name)
	if path != nil && reference && (!path.IsReference() || path.root != ofData) {
		f.wrong(name, textReference)
	}
	return Place{Path: path}
}

func (f *fields) template(name string) *Template {
	v, ok := f.of[name]
	if !ok {
		return nil
	}
	f.looksLikePath(v, name, 0)
	return ParseTemplate(v, func(place, message string) { f.wrong(name+place, "%s", message) })
}

// looksLikePath warns of texts that look as if they were evaluated.
func (f *fields) looksLikePath(v any, name string, depth int) {
	switch v := v.(type) {
	case map[string]any:
		for _, in := range slices.Sorted(maps.Keys(v)) {
			if !strings.HasSuffix(in, ".$") {
				f.looksLikePath(v[in], in, depth+1)
			}
		}
	case string:
		if depth > 0 && (strings.HasPrefix(v, "$.") || strings.HasPrefix(v, "States.") && strings.HasSuffix(v, ")")) {
			f.p.warn(CodeNoDollar, f.at+"/"+name, textNoDollar, name)
		}
	}
}

// assign is the field Assign, whose members are variables.
func (f *fields) assign() *Template {
	t := f.template("Assign")
	if t == nil {
		return nil
	}
	if t.object == nil {
		f.wrong("Assign", textType, "Object")
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(t.object)), slices.Collect(maps.Keys(t.dynamic))) {
		s := scanner{text: name}
		if s.identifier() != name || name == "" || utf8.RuneCountInString(name) > maxName || name == "states" {
			f.wrong("Assign/"+name, textVariable)
		}
	}
	return t
}

func (p *parser) machine(v any) *Machine {
	f, ok := p.object(v, "")
	if !ok {
		return nil
	}
	p.only(f, "Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage")
	p.language(f)
	if f.has("Version") && f.text("Version") != "1.0" {
		f.wrong("Version", textOneOf, "[1.0]")
	}
	m := &Machine{Comment: f.text("Comment"), Timeout: f.whole("TimeoutSeconds", 1, maxSeconds, 0)}
	if b := p.block(f, 0); b != nil {
		m.Block = *b
	}
	return m
}

func (p *parser) only(f *fields, allowed ...string) {
	for _, name := range slices.Sorted(maps.Keys(f.of)) {
		if !slices.Contains(allowed, name) {
			f.wrong(name, textField)
		}
	}
}

func (p *parser) language(f *fields) {
	if !f.has("QueryLanguage") {
		return
	}
	switch f.text("QueryLanguage") {
	case "JSONPath":
	case "JSONata":
		p.refuse("the query language JSONata")
	default:
		f.wrong("QueryLanguage", textOneOf, "[JSONPath, JSONata]")
	}
}

// block reads the states of a machine, of a branch or of a Map state.
func (p *parser) block(f *fields, depth int) *Block {
	if depth > maxNesting {
		p.report(CodeNested, f.at, textTooDeep)
		return nil
	}
	b := &Block{StartAt: f.need("StartAt"), States: make(map[string]*State)}
	if !f.has("States") {
		p.report(CodeSchema, f.at, textRequired, "States")
		return b
	}
	states, ok := p.object(f.of["States"], f.at+"/States")
	if !ok {
		return b
	}
	if len(states.of) == 0 {
		f.wrong("States", textEmpty)
		return b
	}
	for _, name := range slices.Sorted(maps.Keys(states.of)) {
		at := states.at + "/" + name
		if name == "" || utf8.RuneCountInString(name) > maxName {
			p.report(CodeStateName, at, textStateName)
		}
		if p.names[name] {
			p.report(CodeDuplicate, at, textDuplicate, name)
		}
		p.names[name] = true
		if s := p.state(states.of[name], name, at, depth); s != nil {
			b.States[name] = s
		}
	}
	if len(b.States) == len(states.of) {
		p.transitions(b, f.at)
	}
	return b
}

// transitions checks that states lead to states, and that something leads to each.
func (p *parser) transitions(b *Block, at string) {
	missing := func(name, at string) {
		if name != "" && b.States[name] == nil {
			p.report(CodeTransition, at, textNextTarget, name)
		}
	}
	missing(b.StartAt, at+"/StartAt")
	seen, ends := b.reachable(), false
	for _, name := range slices.Sorted(maps.Keys(b.States)) {
		s := b.States[name]
		place := at + "/States/" + name
		missing(s.Next, place+"/Next")
		missing(s.Default, place+"/Default")
		for i, c := range s.Choices {
			missing(c.Next, fmt.Sprintf("%s/Choices[%d]/Next", place, i))
		}
		for i, c := range s.Catch {
			missing(c.Next, fmt.Sprintf("%s/Catch[%d]/Next", place, i))
		}
		if !seen[name] && b.States[b.StartAt] != nil {
			p.report(CodeTransition, place, textUnreachable, name)
		}
		ends = ends || s.Terminal()
	}
	if !ends {
		p.report(CodeNoEnd, at, textNoEnd)
	}
}

func (p *parser) state(v any, name, at string, depth int) *State {
	f, ok := p.object(v, at)
	if !ok {
		return nil
	}
	s := &State{Name: name, Type: f.need("Type")}
	allowed, known := names[s.Type]
	if !known {
		if f.has("Type") {
			f.wrong("Type", textOneOf, "[Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait]")
		}
		return nil
	}
	p.language(f)
	allowed = slices.Concat(common, allowed)
	if s.Type != Fail {
		allowed = append(allowed, paths...)
	}
	if s.Type == Map {
		allowed = append(allowed, distributed...)
	}
	p.only(f, allowed...)
	p.flow(f, s)
	switch s.Type {
	case Task:
		p.task(f, s)
	case Pass:
		s.Result, s.HasResult = f.of["Result"], f.has("Result")
		if text, ok := s.Result.(string); ok && strings.HasPrefix(text, "$.") {
			p.warn(CodeStatic, at+"/Result", textStatic)
		}
	case Choice:
		p.choice(f, s)
	case Wait:
		p.wait(f, s)
	case Fail:
		p.fail(f, s)
	case Parallel:
		p.parallel(f, s, depth)
	case Map:
		p.mapState(f, s, depth)
	}
	return s
}

// flow reads what several types have.
func (p *parser) flow(f *fields, s *State) {
	s.InputPath, s.OutputPath, s.ResultPath = f.place("InputPath", false), f.place("OutputPath", false), f.place("ResultPath", true)
	s.Parameters, s.ResultSelector, s.Assign = f.template("Parameters"), f.template("ResultSelector"), f.assign()
	if slices.Contains(names[s.Type], "Next") {
		s.Next = f.text("Next")
		if f.has("End") {
			end, ok := f.of["End"].(bool)
			if !ok {
				f.wrong("End", textType, "Boolean")
			}
			s.End = end
		}
		if s.End == f.has("Next") {
			p.report(CodeSchema, f.at, textTransition)
		}
	}
	if f.has("Retry") {
		s.Retry = p.retry(f)
	}
	if f.has("Catch") {
		s.Catch = p.catch(f)
	}
}

// Text is the diagnostic as the errors of CreateStateMachine list it.
func (d *Diagnostic) Text() string { return d.Code + ": " + d.Message + " at " + d.Location }

// Reason is the text of the error of a definition with errors, as CreateStateMachine and
// UpdateStateMachine answer it.
func Reason(all []Diagnostic) string {
	var list []string
	for i := range all {
		if all[i].Severity == SeverityError {
			list = append(list, all[i].Text())
		}
	}
	return "Invalid State Machine Definition: '" + strings.Join(list, ", ") + "'"
}
