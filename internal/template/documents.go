package template

import (
	"encoding/json"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/deploy"
)

// isDocument are the properties that are policies.
var isDocument = map[string]bool{
	"PolicyDocument": true, "AssumeRolePolicyDocument": true, "KeyPolicy": true, "Policy": true, "ResourcePolicy": true, "AccessPolicies": true, "AccessPolicy": true,
	"RepositoryPolicyText": true, "RegistryPolicyText": true, "FileSystemPolicy": true, "PermissionsPolicyDocument": true, "PolicyText": true, "DomainPermissionsPolicyDocument": true,
}

// sourceOf says where a document begins.
func sourceOf(n *node) enforce.Source { return enforce.Source{File: n.file, Line: n.line} }

// document makes the JSON of a policy, and keeps where its statements stand.
func (s *stack) document(n *node) any {
	source := sourceOf(n)
	var b strings.Builder
	var unknowns []any
	add := func(key string, value any) {
		collectUnknowns(value, &unknowns)
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(toJSON(key) + ":" + toJSON(texts(value)))
	}
	for i, key := range n.keys {
		if key == "Statement" {
			add(key, s.statements(n.items[i], &source))
			continue
		}
		if v := s.evaluateNode(n.items[i]); v != (noValue{}) {
			add(key, v)
		}
	}
	switch len(unknowns) {
	case 0:
		return deploy.Document{Text: "{" + b.String() + "}", Source: source}
	case 1:
		return unknowns[0]
	}
	return unknowns
}

// statements evaluates the statements of a document.
func (s *stack) statements(n *node, source *enforce.Source) any {
	chosen, unknown := s.choose(n)
	if unknown != nil {
		return *unknown
	}
	if !chosen.isList() {
		if chosen != nil {
			source.Statements = append(source.Statements, enforce.Position{Line: chosen.line, Column: chosen.col})
		}
		return s.evaluateNode(chosen)
	}
	list := make([]any, 0, len(chosen.items))
	for _, item := range chosen.items {
		statement, unknown := s.choose(item)
		if unknown != nil {
			return *unknown
		}
		if statement == nil {
			continue
		}
		if v := s.evaluateNode(statement); v != (noValue{}) {
			source.Statements = append(source.Statements, enforce.Position{Line: statement.line, Column: statement.col})
			list = append(list, v)
		}
	}
	return list
}

// texts makes text of the numbers and booleans of a document: CloudFormation does so, and
// IAM reads "true" as true.
func texts(value any) any {
	switch v := value.(type) {
	case json.Number, bool:
		return textOf(v)
	case []any:
		for i := range v {
			v[i] = texts(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = texts(v[k])
		}
	}
	return value
}

func collectUnknowns(value any, to *[]any) {
	switch v := value.(type) {
	case deploy.Unknown:
		*to = append(*to, v)
	case []any:
		for _, e := range v {
			collectUnknowns(e, to)
		}
	case map[string]any:
		for _, e := range v {
			collectUnknowns(e, to)
		}
	}
}
