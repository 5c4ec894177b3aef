package sts

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const actionGetFederationToken = "sts:GetFederationToken"

func federatedUserARN(account, name string) string {
	return fakeaws.ARN("sts", "", account, "federated-user/"+name)
}

// federationTokenNeeds asks for sts:GetFederationToken on the federated user
// and, where there are tags, for sts:TagSession. That the latter is asked for on the
// federated user too is unverified: the reference names only roles for it.
func (s *Fake) federationTokenNeeds(ctx context.Context, in *sdk.GetFederationTokenInput) ([]fakeaws.Need, error) {
	if err := checkFederationToken(in); err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: actionGetFederationToken, Resource: federatedUserARN(fakeaws.CallFrom(ctx).Account, *in.Name)}
	needs := []fakeaws.Need{need}
	if len(in.Tags) > 0 {
		need.Action = actionTagSession
		needs = append(needs, need)
	}
	for i := range needs {
		setTagKeys(&needs[i].Context, in.Tags)
	}
	return needs, nil
}

func checkFederationToken(in *sdk.GetFederationTokenInput) error {
	if err := members.Check(in); err != nil {
		return err
	}
	return checkTags(nil, &sdk.AssumeRoleInput{Tags: in.Tags})
}

// GetFederationToken makes temporary credentials of a federated user, who may do
// what both the calling user and the session policies may: without a session
// policy nothing that no resource-based policy allows.
func (s *Fake) GetFederationToken(ctx context.Context, in *sdk.GetFederationTokenInput) (*sdk.GetFederationTokenOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkFederationToken(in); err != nil {
		return nil, err
	}
	session := &fakeaws.Session{Name: *in.Name, Tags: tagsOf(in.Tags)}
	var err error
	if session.Policies, err = s.sessionPolicies(call.Account, in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	packed, err := packedSize(in.Policy, in.PolicyArns, in.Tags)
	if err != nil {
		return nil, err
	}
	life := defaultUserSession
	if in.DurationSeconds != nil {
		life = time.Duration(*in.DurationSeconds) * time.Second
	}
	if call.Caller.Type == enforce.Root {
		life = min(life, rootSession)
	}
	caller := &fakeaws.Caller{
		Principal: enforce.Principal{
			Type:          enforce.FederatedUser,
			ARN:           federatedUserARN(call.Account, *in.Name),
			IssuerARN:     call.Caller.ARN,
			Account:       call.Account,
			UserID:        call.Account + ":" + *in.Name,
			CanonicalUser: call.Caller.CanonicalUser,
		},
		EntityID: call.Caller.EntityID, // empty for root
		Session:  session,
		Uses:     call.Caller.Uses,
	}
	out := &sdk.GetFederationTokenOutput{
		Credentials:      s.issue(caller, call.Time, life, in.MinimumSessionTokenSize),
		FederatedUser:    &types.FederatedUser{Arn: aws.String(caller.ARN), FederatedUserId: aws.String(caller.UserID)},
		PackedPolicySize: packed,
	}
	out.SessionTokenSize, out.SessionTokenUtilization = tokenUse(out.Credentials)
	return out, nil
}

// tagsOf are the tags of a request as sessions keep them.
func tagsOf(tags []types.Tag) []fakeaws.Tag {
	if len(tags) == 0 {
		return nil
	}
	kept := make([]fakeaws.Tag, len(tags))
	for i, t := range tags {
		kept[i] = fakeaws.Tag{Key: *t.Key, Value: *t.Value}
	}
	return kept
}
