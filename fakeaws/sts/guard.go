package sts

import (
	"errors"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian]: a role is guarded by its trust policy. Who calls with
// the proof of an identity provider has no credentials by which to ask.
func (s *Fake) Guard(call *fakeaws.Call, action, arn string) (fakeaws.Need, error) {
	switch action {
	case "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity":
		return fakeaws.Need{}, errors.New(action + ": only a call can ask, which brings the proof of an identity provider")
	case "sts:AssumeRoot":
		return fakeaws.Need{Action: action, Resource: arn, ResourceAccount: call.Account}, nil
	}
	if checkRoleARN(arn) != nil {
		return fakeaws.Need{Action: action, Resource: arn, Name: "-"}, nil
	}
	need := fakeaws.Need{Action: action, Resource: arn, ResourceAccount: accountIn(arn), Policy: enforce.Empty(enforce.TrustPolicy)}
	role, ok := s.role(arn)
	if !ok {
		need.Note = s.noSuchRole(arn)
		return need, nil
	}
	need.Policy = role.Trust
	setRoleTags(&need.Context, role.Tags)
	return need, nil
}
