package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
)

// Severity says how bad a [Finding] is.
type Severity int

// The severities.
const (
	// Info is worth knowing.
	Info Severity = iota
	// Warning is a statement that hardly means what it says.
	Warning
	// Error is a document that AWS refuses, or a name that AWS does not know.
	Error
)

var severityNames = [...]string{"info", "warning", "error"}

// String returns "info", "warning" or "error".
func (s Severity) String() string {
	if s < 0 || int(s) >= len(severityNames) {
		return fmt.Sprintf("Severity(%d)", int(s))
	}
	return severityNames[s]
}

// MarshalText writes the severity as its name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// The codes of findings about documents that AWS may well store. Where IAM Access
// Analyzer has a check for the same, the code is its issue code ("IAM policy
// validation check reference"). The code of what AWS refuses is the code of AWS's
// error, like MalformedPolicyDocument.
const (
	// UnknownService is an action of a service that does not exist.
	UnknownService = "INVALID_SERVICE_IN_ACTION"
	// UnknownAction is an action that its service does not have, or a pattern
	// that matches none.
	UnknownAction = "INVALID_ACTION"
	// UnknownGlobalKey is a condition key aws:… that does not exist.
	UnknownGlobalKey = "INVALID_GLOBAL_CONDITION_KEY"
	// UnknownServiceKey is a condition key that its service does not have.
	UnknownServiceKey = "INVALID_SERVICE_CONDITION_KEY"
	// KeyFormat is a condition key without a prefix.
	KeyFormat = "INVALID_CONDITION_KEY_FORMAT"
	// ForeignKey is a condition key that no request for the statement's actions
	// has.
	ForeignKey = "CONDITION_KEY_NOT_OF_ACTION"
	// ForeignResource is an action and resources that never go together.
	ForeignResource = "RESOURCE_NOT_OF_ACTION"
	// AllowNotAction is NotAction with Allow.
	AllowNotAction = "ALLOW_WITH_NOT_ACTION"
	// AllowEverybody is an Allow for every principal, without a condition.
	AllowEverybody = "ALLOW_EVERY_PRINCIPAL"
	// TooLong is a document that is longer than a quota.
	TooLong = "POLICY_SIZE_EXCEEDED"
	// AllowEverything is an Allow of every action on every resource.
	AllowEverything = "ALLOW_EVERYTHING"
	// AdministratorAccess is an Allow of something that amounts to every permission.
	AdministratorAccess = "ADMINISTRATOR_ACCESS"
	// PassEveryRole is an Allow of iam:PassRole on every role.
	PassEveryRole = "PASS_ROLE_WITH_STAR_IN_RESOURCE"
	// AssumeEveryRole is an Allow of sts:AssumeRole on every role.
	AssumeEveryRole = "ASSUME_ROLE_WITH_STAR_IN_RESOURCE"
	// ResourceTooBroad is an Allow on every resource of actions that act on resources
	// which could be named.
	ResourceTooBroad = "RESOURCE_CAN_BE_NARROWED"
	// NeverHolds is a condition that no request fulfils.
	NeverHolds = "CONDITION_NEVER_HOLDS"
	// EmptyCondition is a condition that compares with an empty list.
	EmptyCondition = "EMPTY_ARRAY_CONDITION"
	// Redundant is a statement that another one of the document covers.
	Redundant = "REDUNDANT_STATEMENT"
	// ServicePrincipal is the name of a service that has not the form of one.
	ServicePrincipal = "INVALID_SERVICE_PRINCIPAL_FORMAT"
	// ARNAccount is an account in an ARN that cannot be one.
	ARNAccount = "INVALID_ARN_ACCOUNT"
	// ARNRegion is a region in an ARN that has not the form of one.
	ARNRegion = "INVALID_ARN_REGION"
	// AccountFormat is a value of a condition on an account that cannot be one.
	AccountFormat = "INVALID_ACCOUNT_ID"
)

// descriptions say what the codes find.
var descriptions = map[string]string{
	UnknownService:    "The action is of a service that does not exist.",
	UnknownAction:     "The action does not exist, or the pattern matches none.",
	UnknownGlobalKey:  "The global condition key does not exist.",
	UnknownServiceKey: "The service has no such condition key.",
	KeyFormat:         "The condition key has no prefix.",
	ForeignKey:        "No request for the statement's actions has the condition key.",
	ForeignResource:   "The actions and resources never go together.",
	AllowNotAction:    "Allow with NotAction allows every other action.",
	AllowEverybody:    "The statement allows every principal without a condition.",
	TooLong:           "The document is over the quota of its kind.",
	AllowEverything:   "The statement allows every action on every resource.",

	AdministratorAccess: "The statement amounts to every permission.",
	PassEveryRole:       "The statement allows every role to be passed.",
	AssumeEveryRole:     "The statement allows every role to be assumed.",
	ResourceTooBroad:    "The actions act on resources that could be named.",
	NeverHolds:          "No request fulfils the conditions.",
	EmptyCondition:      "The condition compares with an empty list.",
	Redundant:           "Another statement of the document covers the statement.",
	ServicePrincipal:    "The service principal has not the form of one.",
	ARNAccount:          "The account in the ARN cannot be one.",
	ARNRegion:           "The region in the ARN has not the form of one.",
	AccountFormat:       "The account that the condition compares with cannot be one.",
}

// Describe returns what a code finds, in a sentence.
func Describe(code string) string {
	if text, ok := descriptions[code]; ok {
		return text
	}
	return "AWS refuses the document."
}

// A Finding is one thing that is wrong with a policy document, or worth knowing
// of it.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	// File is the source's; Line and Column count from 1, in the file when there
	// is one and else in the document.
	File    string `json:"file,omitempty"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	// Suggestion says what to write instead, where that can be told.
	Suggestion string `json:"suggestion,omitempty"`
	// Refusal is AWS's text where AWS refuses the document for it.
	Refusal string `json:"refusal,omitempty"`
}

// String returns the finding in one line.
func (f Finding) String() string {
	file := f.File
	if file == "" {
		file = "policy"
	}
	s := fmt.Sprintf("%s:%d:%d: %s %s: %s", file, f.Line, f.Column, f.Severity, f.Code, f.Message)
	if f.Suggestion != "" {
		s += "; " + f.Suggestion
	}
	return s
}

// findings collects what is found, by its place in the document.
type findings struct {
	doc     *enforce.Document
	kind    enforce.Kind
	src     enforce.Source
	list    []Finding
	refused map[int][]int // by offset, where in list the refusals are
}

// refuse adds what AWS refuses.
func (f *findings) refuse(e *enforce.DocumentError) {
	f.refused[e.Offset] = append(f.refused[e.Offset], len(f.list))
	f.list = append(f.list, Finding{Severity: Error, Code: e.Code, File: e.File, Line: e.Line, Column: e.Column,
		Message: e.Detail, Refusal: e.Message})
}

// add adds what AWS may store.
func (f *findings) add(at int, found Finding) {
	found.File = f.src.File
	found.Line, found.Column = f.doc.Position(at)
	f.list = append(f.list, found)
}

// name adds what is wrong with a name. Where AWS refuses it, the refusal gets the
// suggestion.
func (f *findings) name(at int, found Finding) {
	if !f.suggest(at, found.Suggestion) {
		f.add(at, found)
	}
}

// suggest gives a suggestion to what AWS refuses at a place; false when that is nothing.
func (f *findings) suggest(at int, suggestion string) bool {
	refusals := f.refused[at]
	if len(refusals) > 0 {
		f.list[refusals[0]].Suggestion = suggestion
	}
	return len(refusals) > 0
}

// sorted returns all, in the order of the document.
func (f *findings) sorted() []Finding {
	slices.SortStableFunc(f.list, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	return f.list
}

// didYouMean asks whether something else was meant.
func didYouMean(what string) string { return fmt.Sprintf("did you mean %q?", what) }
