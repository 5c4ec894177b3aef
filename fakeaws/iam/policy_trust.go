package iam

import (
	"errors"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// trustPolicy compiles the trust policy of a role and finds the principals that
// it names.
func (s *Fake) trustPolicy(call *fakeaws.Call, a *account, document, role string) (*fakeaws.ResourcePolicy, error) {
	p, err := enforce.Parse(document, enforce.TrustPolicy, source(call, role, ""))
	if err != nil {
		return nil, malformed(err)
	}
	if err := checkSharedProviders(p); err != nil {
		return nil, err
	}
	if err := a.checkQuota(trustSizeQuota, p.Size()-1); err != nil {
		return nil, err
	}
	call.Stores(p)
	trust, err := s.world.Bind(p)
	var unknown *fakeaws.UnknownPrincipalError
	if errors.As(err, &unknown) {
		return nil, malformed(&enforce.DocumentError{
			Code:    "MalformedPolicyDocument",
			Message: `Invalid principal in policy: "AWS":"` + unknown.Principal + `"`,
		})
	}
	return trust, err
}
