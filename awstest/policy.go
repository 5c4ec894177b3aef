package awstest

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Policy is a policy document in any of its forms: [JSON], [File], [FS],
// a [Statement], several as [Statements], or AWS's own as [Managed].
type Policy interface {
	IdentityOption
	SessionOption
	// document returns the JSON text, and the file that it came from, if any.
	// Statements without resources are for the given ones.
	document(resources []string) (text string, source enforce.Source, err error)
}

// JSON is a policy document as text.
func JSON(document string) Policy { return jsonPolicy{text: document} }

// File is a policy document in a file, by its path from the test's folder.
func File(path string) Policy {
	text, err := os.ReadFile(path)
	return jsonPolicy{text: string(text), source: enforce.Source{File: path}, err: err}
}

// FS is a policy document in a file system, as go:embed makes one.
func FS(fsys fs.FS, path string) Policy {
	text, err := fs.ReadFile(fsys, path)
	return jsonPolicy{text: string(text), source: enforce.Source{File: path}, err: err}
}

type jsonPolicy struct {
	ofPolicies
	text   string
	source enforce.Source
	err    error
}

func (p jsonPolicy) document([]string) (string, enforce.Source, error) {
	return p.text, p.source, p.err
}
func (p jsonPolicy) addTo(s *spec) { s.policies = append(s.policies, p) }

// A Statement is one statement of a policy, and a whole policy by itself. It is
// a value: each method returns a changed copy.
type Statement struct {
	ofPolicies
	effect     string
	sid        string
	actions    []string
	resources  []string
	principals map[string][]string
	conditions map[string]map[string][]string
}

// Allow begins a statement that allows the given actions. Without [Statement.On]
// it is for every resource; in the policy of a bucket or a queue, for that one.
func Allow(actions ...string) Statement { return Statement{effect: "Allow", actions: actions} }

// Deny begins a statement that denies the given actions. Without [Statement.On]
// it is for every resource; in the policy of a bucket or a queue, for that one.
func Deny(actions ...string) Statement { return Statement{effect: "Deny", actions: actions} }

// On names the resources, by ARN; wildcards and policy variables work as in a document.
func (s Statement) On(resources ...string) Statement {
	s.resources = resources
	return s
}

// Sid names the statement.
func (s Statement) Sid(sid string) Statement {
	s.sid = sid
	return s
}

// If adds a condition: If("StringEquals", "aws:PrincipalTag/team", "blue").
// Several conditions must all hold.
func (s Statement) If(operator, key string, values ...string) Statement {
	conditions := map[string]map[string][]string{}
	for op, keys := range s.conditions {
		conditions[op] = map[string][]string{}
		for k, v := range keys {
			conditions[op][k] = v
		}
	}
	if conditions[operator] == nil {
		conditions[operator] = map[string][]string{}
	}
	conditions[operator][key] = values
	s.conditions = conditions
	return s
}

// By names the principals of a statement in a resource-based policy, a trust
// policy among them: account ids or ARNs, "*", or an AWS service such as
// "lambda.amazonaws.com". Identity providers are named by ARN, or by the domain of
// one that is built into AWS.
func (s Statement) By(principals ...string) Statement {
	s.principals = map[string][]string{}
	for _, p := range principals {
		kind := principalKind(p)
		s.principals[kind] = append(s.principals[kind], p)
	}
	return s
}

// principalKind is the type of principal under which a policy names p.
func principalKind(p string) string {
	switch {
	case strings.Contains(p, ":oidc-provider/"), strings.Contains(p, ":saml-provider/"), slices.Contains(builtInProviders, p):
		return "Federated"
	case strings.HasSuffix(p, ".amazonaws.com"):
		return "Service"
	}
	return "AWS"
}

// builtInProviders are the identity providers that trust policies name by domain.
var builtInProviders = []string{"cognito-identity.amazonaws.com", "accounts.google.com", "www.amazon.com", "graph.facebook.com"}

// String returns the policy document that has only this statement.
func (s Statement) String() string { return Document(s) }

func (s Statement) document(resources []string) (string, enforce.Source, error) {
	return render(resources, []Statement{s}), enforce.Source{}, nil
}
func (s Statement) addTo(sp *spec) { sp.policies = append(sp.policies, s) }

// Statements is a policy of several statements.
func Statements(list ...Statement) Policy { return statements{list: list} }

type statements struct {
	ofPolicies
	list []Statement
}

func (s statements) document(resources []string) (string, enforce.Source, error) {
	return render(resources, s.list), enforce.Source{}, nil
}
func (s statements) addTo(sp *spec) { sp.policies = append(sp.policies, s) }

// anyResource is what statements without resources are for, but in policies of
// a resource.
const anyResource = "*"

// Document returns the JSON text of a policy, for APIs that take one:
// PutBucketPolicy, SetQueueAttributes. Statements without resources are for "*".
func Document(statements ...Statement) string { return render([]string{anyResource}, statements) }

// TrustDocument returns the JSON text of a trust policy, for CreateRole and
// UpdateAssumeRolePolicy. It has no resources: it is the role's.
func TrustDocument(statements ...Statement) string { return render(nil, statements) }

// render returns the JSON text of a policy. Statements without resources get
// the default ones; a trust policy has none.
func render(defaultResources []string, statements []Statement) string {
	type statement struct {
		Sid       string                         `json:",omitempty"`
		Effect    string                         `json:",omitempty"`
		Principal map[string][]string            `json:",omitempty"`
		Action    []string                       `json:",omitempty"`
		Resource  []string                       `json:",omitempty"`
		Condition map[string]map[string][]string `json:",omitempty"`
	}
	doc := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	for _, s := range statements {
		resources := s.resources
		if resources == nil {
			resources = defaultResources
		}
		doc.Statement = append(doc.Statement, statement{s.sid, s.effect, s.principals, s.actions, resources, s.conditions})
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("awstest: a policy of strings does not marshal: %v", err))
	}
	return string(text)
}
