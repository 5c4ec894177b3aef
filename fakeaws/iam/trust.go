package iam

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// trustPolicySize is the quota of a trust policy's characters.
const trustPolicySize = 2048

// trustPolicy compiles the trust policy of a role.
func (s *Service) trustPolicy(ctx context.Context, document, role string) (*enforce.Policy, error) {
	p, err := enforce.Parse(document, enforce.TrustPolicy, source(ctx, role, ""))
	if err != nil {
		return nil, malformed(err)
	}
	if p.Size() > trustPolicySize {
		return nil, quotaExceeded("ACLSizePerRole", trustPolicySize)
	}
	return p, s.checkPrincipals(p)
}

// checkPrincipals refuses a trust policy that names a user or role which does
// not exist: IAM stores principals as their unique ids, so it must find them
// (User Guide "AWS JSON policy elements: Principal"). Accounts outside of this
// World are taken to have every principal.
func (s *Service) checkPrincipals(p *enforce.Policy) error {
	for _, ref := range p.Principals() {
		if ref.Type == "AWS" && !s.principalExists(ref.Value) {
			return malformed(&enforce.DocumentError{
				Code:    "MalformedPolicyDocument",
				Message: `Invalid principal in policy: "AWS":"` + ref.Value + `"`,
			})
		}
	}
	return nil
}

func (s *Service) principalExists(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return true // an account id or a unique id
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
	}
	return true
}

// lastSegment is the name in a path and name.
func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// setTrust gives a role its trust policy, and keeps who is named by which roles.
// A role that is deleted has none.
func (s *Service) setTrust(r *entity, p *enforce.Policy) {
	if r.role.trust != nil {
		for _, ref := range r.role.trust.Principals() {
			delete(s.trusting[ref.Value], r)
			if len(s.trusting[ref.Value]) == 0 {
				delete(s.trusting, ref.Value)
			}
		}
	}
	r.role.trust = p
	if p == nil {
		return
	}
	for _, ref := range p.Principals() {
		roles := s.trusting[ref.Value]
		if roles == nil {
			roles = make(map[*entity]bool)
			s.trusting[ref.Value] = roles
		}
		roles[r] = true
	}
}

// retrust puts another name for a principal into the trust policies that name
// it: the ARN after a rename, and the unique id after a deletion. IAM stores the
// id at all times and shows the ARN while there is one, so that a user or role
// that is made anew under the same name is not trusted.
func (s *Service) retrust(arn, replacement string) {
	if arn == replacement {
		return
	}
	for r := range s.trusting[arn] {
		document := replacePrincipal(r.role.trust.Document(), arn, replacement)
		p, err := enforce.Parse(document, enforce.TrustPolicy, r.role.trust.Source())
		if err == nil { // always: ARNs and ids are valid in each other's place
			s.setTrust(r, p)
		}
	}
}

// replacePrincipal replaces a principal in the statements of a document and
// leaves everything else as it is written.
func replacePrincipal(document, old, replacement string) string {
	type level struct {
		object bool
		key    string
	}
	levels := []level{{}}
	inPrincipal := func() bool {
		return slices.ContainsFunc(levels, func(l level) bool { return l.key == "Principal" }) &&
			!slices.ContainsFunc(levels, func(l level) bool { return l.key == "Condition" })
	}
	dec := json.NewDecoder(strings.NewReader(document))
	var b strings.Builder
	copied, before := 0, 0
	expectKey := false
	for {
		token, err := dec.Token()
		if err != nil {
			break // the end: the document was parsed before
		}
		top, end := &levels[len(levels)-1], int(dec.InputOffset())
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				levels = append(levels, level{object: v == '{'})
			} else {
				levels = levels[:len(levels)-1]
			}
			top = &levels[len(levels)-1]
		case string:
			if expectKey {
				top.key = v
			} else if v == old && inPrincipal() {
				start := before + strings.IndexByte(document[before:], '"')
				b.WriteString(document[copied:start] + `"` + replacement + `"`)
				copied = end
			}
		}
		_, isText := token.(string)
		expectKey = top.object && !(expectKey && isText)
		before = end
	}
	return b.String() + document[copied:]
}
