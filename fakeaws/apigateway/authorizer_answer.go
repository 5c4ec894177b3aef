package apigateway

import (
	"encoding/json"
	"errors"

	"github.com/leastpriv/leastpriv/enforce"
)

// maxContext bounds what an authorizer answers; unverified.
const maxContext = 1 << 20

// readGrant reads the answer of a Lambda authorizer.
func readGrant(answer []byte, name string) (*grant, error) {
	var a struct {
		PrincipalID    any                        `json:"principalId"`
		PolicyDocument map[string]json.RawMessage `json:"policyDocument"`
		Context        map[string]any             `json:"context"`
		UsageKey       string                     `json:"usageIdentifierKey"`
	}
	if len(answer) > maxContext {
		return nil, errors.New("it is too long")
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return nil, err
	}
	principal, ok := a.PrincipalID.(string)
	if !ok || principal == "" {
		return nil, errors.New("it has no principalId")
	}
	for key, value := range a.Context {
		switch value.(type) {
		case string, float64, bool, nil:
		default:
			return nil, errors.New("its context has a value that is no text, number or boolean: " + key)
		}
	}
	g := &grant{principal: principal, context: a.Context, usageKey: a.UsageKey}
	return g, g.readPolicy(a.PolicyDocument, name)
}

// readPolicy reads what the policy of an authorizer's answer allows and denies everybody.
func (g *grant) readPolicy(document map[string]json.RawMessage, name string) error {
	var statements, denies []map[string]any
	raw := document["Statement"]
	if err := json.Unmarshal(raw, &statements); err != nil {
		var one map[string]any
		if err := json.Unmarshal(raw, &one); err != nil {
			return errors.New("its policyDocument has no Statement")
		}
		statements = []map[string]any{one}
	}
	for _, st := range statements {
		for _, element := range []string{"Principal", "NotPrincipal"} {
			if _, ok := st[element]; ok { // what AWS makes of it is unverified
				return errors.New("its policyDocument has the element " + element)
			}
		}
		st["Principal"] = "*"
		if st["Effect"] == "Deny" {
			denies = append(denies, st)
		}
	}
	source := enforce.Source{Name: "of the authorizer " + name, Implied: true}
	var err error
	if g.policy, err = parseStatements(statements, document["Version"], source); err != nil || denies == nil {
		return err
	}
	all := map[string]any{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
	g.denies, err = parseStatements(append(denies, all), document["Version"], source)
	return err
}

func parseStatements(statements []map[string]any, version json.RawMessage, source enforce.Source) (*enforce.Policy, error) {
	document := map[string]any{"Statement": statements}
	if version != nil {
		document["Version"] = version
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	return enforce.Parse(string(text), enforce.ResourcePolicy, source)
}
