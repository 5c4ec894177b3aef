// Package validation finds what IAM Access Analyzer says of policy documents: the checks of
// "IAM policy validation check reference" of the IAM User Guide. What package lint finds too
// is found by it, and worded as AWS does here.
package validation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/lint"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A Finding is one thing that a check has found.
type Finding struct {
	// Code is the issue code, Type one of the types, and Details the text.
	Code, Type, Details string
	Places              []Place
}

// A Place is where in a document a finding is.
type Place struct {
	Path       []Step
	Start, End Position
}

// A Position is a place in a document: Line counts from 1, Column and Offset from 0, in
// characters.
type Position struct{ Line, Column, Offset int }

// The types of policies that are validated.
const (
	Identity        = "IDENTITY_POLICY"
	Resource        = "RESOURCE_POLICY"
	ServiceControl  = "SERVICE_CONTROL_POLICY"
	ResourceControl = "RESOURCE_CONTROL_POLICY"
)

// RoleTrust is the type of the resource of trust policies.
const RoleTrust = "AWS::IAM::AssumeRolePolicyDocument"

// link is where the checks are described; each has a part of its own.
const link = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-"

// kinds are how the addresses of parts begin.
var kinds = map[string]string{Error: "error", Warning: "general-warning", SecurityWarning: "security-warning", Suggestion: "suggestion"}

// Link returns the address of the description of a check.
func Link(code string) string {
	slug := strings.ReplaceAll(strings.ToLower(code), "_", "-")
	return link + kinds[checks[code].kind] + "-" + slug
}

// Checks returns the issue codes of all checks that AWS documents.
func Checks() []string { return slices.Sorted(maps.Keys(checks)) }

// Missing returns the codes of those that are never found here.
func Missing() []string { return slices.Clone(missing) }

// A validator looks at one document.
type validator struct {
	ctx                       context.Context
	doc, policyType, resource string
	kind                      enforce.Kind
	root                      *node
	version                   string
	found                     []Finding
	// linted are the findings of package lint by their code and place.
	linted map[place][]lint.Finding
	// lines are where lines begin, and runes has how many characters there are before each byte.
	lines, runes []int
	// catalogs are the services of the ARNs that were looked at: see servicesOf.
	catalogs map[string][]*catalog.Service
}

type place struct {
	code         string
	line, column int
}

// Validate returns what is found in a document of a type of policies, for a type of resources
// or none, in the order of the document.
// The error is that of a context that ends.
func Validate(ctx context.Context, doc, policyType, resource string) ([]Finding, error) {
	v := &validator{ctx: ctx, doc: doc, policyType: policyType, resource: resource, kind: kindOf(policyType, resource), catalogs: make(map[string][]*catalog.Service)}
	v.measure()
	root, offset, err := read(doc)
	if err != nil || root.kind != object {
		at := v.position(offset)
		v.add("JSON_SYNTAX_ERROR", span{start: offset, end: offset}, fmt.Sprint(at.Offset), fmt.Sprint(at.Line), fmt.Sprint(at.Column))
		return v.found, nil
	}
	v.root = root
	v.lint()
	if err := v.document(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(v.found, func(x, y Finding) int {
		return cmp.Compare(x.Places[0].Start.Offset, y.Places[0].Start.Offset)
	})
	return v.found, nil
}

func kindOf(policyType, resource string) enforce.Kind {
	switch policyType {
	case Identity:
		return enforce.IdentityPolicy
	case ServiceControl:
		return enforce.ServiceControlPolicy
	case ResourceControl:
		return enforce.ResourceControlPolicy
	}
	switch resource {
	case RoleTrust:
		return enforce.TrustPolicy
	case "AWS::S3::Bucket":
		return enforce.BucketPolicy
	}
	return enforce.ResourcePolicy
}

// add adds what a check has found at one place, with what its text names.
func (v *validator) add(code string, at span, args ...string) {
	v.addAll(code, []span{at}, args...)
}

func (v *validator) addAll(code string, at []span, args ...string) {
	t := checks[code]
	values := make([]any, len(args))
	for i, a := range args {
		values[i] = a
	}
	// Where nothing else can be meant, AWS does not ask for it.
	f := Finding{Code: code, Type: t.kind, Details: strings.TrimSuffix(fmt.Sprintf(t.words, values...), " Did you mean ?")}
	for _, s := range at {
		f.Places = append(f.Places, Place{s.path, v.position(s.start), v.position(s.end)})
	}
	v.found = append(v.found, f)
}

// measure counts the lines and characters of the document, so that each place is found at once.
func (v *validator) measure() {
	v.lines, v.runes = []int{0}, make([]int, len(v.doc)+1)
	n := 0
	for i := range len(v.doc) {
		v.runes[i] = n
		if utf8.RuneStart(v.doc[i]) {
			n++
		}
		if v.doc[i] == '\n' {
			v.lines = append(v.lines, i+1)
		}
	}
	v.runes[len(v.doc)] = n
}

func (v *validator) position(offset int) Position {
	line, found := slices.BinarySearch(v.lines, offset)
	if !found {
		line--
	}
	return Position{line + 1, v.runes[offset] - v.runes[v.lines[line]], v.runes[offset]}
}

// lint has package lint look at the document.
func (v *validator) lint() {
	v.linted = make(map[place][]lint.Finding)
	for _, f := range lint.Lint(v.doc, v.kind, enforce.Source{}) {
		p := place{f.Code, f.Line, f.Column}
		v.linted[p] = append(v.linted[p], f)
	}
}

// lintedAt returns what package lint has found under a code where a value or a key begins.
func (v *validator) lintedAt(code string, offset int) (lint.Finding, bool) {
	at := v.position(offset)
	found := v.linted[place{code, at.Line, at.Column + 1}]
	if len(found) == 0 {
		return lint.Finding{}, false
	}
	return found[0], true
}

// meant is what a suggestion of package lint names in quotes or, of an operation, at its end.
func meant(suggestion string) string {
	if _, rest, ok := strings.Cut(suggestion, `"`); ok {
		text, _, _ := strings.Cut(rest, `"`)
		return text
	}
	return suggestion[strings.LastIndexByte(suggestion, ' ')+1:]
}

// elements are those of statements.
var elements = []string{"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}

// document checks the document as a whole, and its statements.
func (v *validator) document() error {
	v.versions()
	for _, f := range v.root.fields {
		if f.key != "Version" && f.key != "Id" && f.key != "Statement" {
			v.add("INVALID_POLICY_ELEMENT", f.span(), f.key)
		}
	}
	v.size()
	st := v.root.field("Statement")
	if st == nil || len(st.value.list()) == 0 {
		v.add("MISSING_STATEMENT", v.root.span())
		return nil
	}
	var all []*statement
	for _, n := range st.value.list() {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if n.kind != object {
			v.add("DATA_TYPE_MISMATCH", n.span(), object.String())
			continue
		}
		s := v.statement(n)
		all = append(all, s)
	}
	v.sids(all)
	v.sameStatements(all)
	return nil
}

func (v *validator) versions() {
	f := v.root.field("Version")
	switch {
	case f == nil:
		v.add("MISSING_VERSION", v.root.span())
		return
	case f.value.kind != str:
		v.add("DATA_TYPE_MISMATCH", f.value.span(), str.String())
		return
	}
	v.version = f.value.text
	if v.version != "2012-10-17" && v.version != "2008-10-17" {
		v.add("INVALID_VERSION", f.value.span(), v.version, "2012-10-17, 2008-10-17")
	}
}

// size compares the size of the document with the quota of its type.
func (v *validator) size() {
	compact := len([]rune(v.doc)) - v.whiteSpace()
	all := utf8.RuneCountInString(v.doc)
	for _, q := range []struct {
		code  string
		is    bool
		n, of int
		plain bool // the text has no numbers
	}{
		{"POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA", v.policyType == Identity, compact, 6144, false},
		{"POLICY_SIZE_EXCEEDS_SCP_QUOTA", v.policyType == ServiceControl, all, 10240, false},
		{"POLICY_SIZE_EXCEEDS_RCP_QUOTA", v.policyType == ResourceControl, all, 5120, false},
		{"POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", v.resource == RoleTrust, compact, 2048, true},
		{"POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA", v.kind == enforce.BucketPolicy, all, 20480, false},
	} {
		switch {
		case !q.is || q.n <= q.of:
		case q.plain:
			v.add(q.code, v.root.span())
		default:
			v.add(q.code, v.root.span(), fmt.Sprint(q.n), fmt.Sprint(q.of))
		}
	}
}

// whiteSpace counts the white space between tokens.
func (v *validator) whiteSpace() (n int) {
	inString := false
	for i := 0; i < len(v.doc); i++ {
		switch c := v.doc[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && strings.IndexByte(" \t\r\n", c) >= 0:
			n++
		}
	}
	return n
}

// sids finds statement ids that are there twice.
func (v *validator) sids(all []*statement) {
	code := "UNIQUE_SIDS_REQUIRED"
	if v.policyType == Resource && v.resource == "" {
		code = "UNIQUE_SIDS_RECOMMENDED"
	}
	seen := make(map[string]bool)
	for _, s := range all {
		f := s.field("Sid")
		if f == nil || f.value.kind != str || f.value.text == "" {
			continue
		}
		if seen[f.value.text] {
			v.add(code, f.value.span())
		}
		seen[f.value.text] = true
	}
}

// sameStatements finds statements that are there twice.
func (v *validator) sameStatements(all []*statement) {
	seen := make(map[string]*statement)
	for _, s := range all {
		key := s.meaning()
		if first := seen[key]; first != nil {
			v.addAll("REDUNDANT_STATEMENT", []span{first.span(), s.span()})
			continue
		}
		seen[key] = s
	}
}
