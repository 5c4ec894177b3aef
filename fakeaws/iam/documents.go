package iam

import (
	"encoding/json"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// inlinePolicy compiles an inline policy.
func inlinePolicy(document, name string) (*enforce.Policy, error) {
	p, err := enforce.Parse(document, enforce.IdentityPolicy, enforce.Source{Name: name})
	if err != nil {
		return nil, malformed(err)
	}
	return p, nil
}

// managedPolicySize is the quota of a managed policy's characters.
const managedPolicySize = 6144

// managedPolicy compiles a version of a managed policy, which must be in the
// current version of the language, while inline policies may be in the old one.
func managedPolicy(document, name, arn string) (*enforce.Policy, error) {
	p, err := enforce.Parse(document, enforce.ManagedPolicy, enforce.Source{Name: name, ARN: arn})
	if err != nil {
		return nil, malformed(err)
	}
	if p.Size() > managedPolicySize {
		return nil, quotaExceeded("PolicySize", managedPolicySize)
	}
	return p, nil
}

// checkPrincipals refuses a trust policy that names a user or role which does
// not exist: IAM stores principals as their unique ids, so it must find them
// (User Guide "AWS JSON policy elements: Principal"). Accounts outside of this
// World are taken to have every principal.
func (s *Service) checkPrincipals(document string) error {
	for _, arn := range namedPrincipals(document) {
		if !s.principalExists(arn) {
			return malformed(&enforce.DocumentError{
				Code:    "MalformedPolicyDocument",
				Message: `Invalid principal in policy: "AWS":"` + arn + `"`,
			})
		}
	}
	return nil
}

func (s *Service) principalExists(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return true // an account id, a unique id or "*"
	}
	if _, ours := s.world.Account(parts[4]); !ours {
		return true
	}
	kindOf, rest, _ := strings.Cut(parts[5], "/")
	a := s.account(parts[4])
	switch kindOf {
	case "user":
		e, err := userKind.find(a, lastSegment(rest))
		return err == nil && e.arn == arn
	case "role":
		e, err := roleKind.find(a, lastSegment(rest))
		return err == nil && e.arn == arn
	case "assumed-role":
		role, _, _ := strings.Cut(rest, "/")
		_, err := roleKind.find(a, role)
		return err == nil
	case "group":
		return false // groups are no principals
	}
	return true
}

// lastSegment is the name in a path and name.
func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// namedPrincipals returns the values of the AWS principals of a valid document.
func namedPrincipals(document string) []string {
	var doc struct{ Statement many[json.RawMessage] }
	if json.Unmarshal([]byte(document), &doc) != nil {
		return nil
	}
	var names []string
	for _, raw := range doc.Statement {
		var st struct {
			Principal struct{ AWS many[string] }
		}
		// A principal "*" is no object; it names nobody.
		if json.Unmarshal(raw, &st) == nil {
			names = append(names, st.Principal.AWS...)
		}
	}
	return names
}

// many reads one value or a list of them, which the policy language lets stand
// for each other everywhere.
type many[T any] []T

func (m *many[T]) UnmarshalJSON(b []byte) error {
	var list []T
	if err := json.Unmarshal(b, &list); err == nil {
		*m = list
		return nil
	}
	var one T
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*m = []T{one}
	return nil
}
