package sts

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) federationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getFederationToken),
	}
}

func federatedUserARN(account, name string) string {
	return fakeaws.ARN("sts", "", account, "federated-user/"+name)
}

// getFederationToken makes temporary credentials of a federated user, who may do
// what both the calling user and the session policies may: without a session
// policy nothing that no resource-based policy allows. It needs
// sts:GetFederationToken on the federated user and, where there are tags,
// sts:TagSession. That the latter is asked for on the federated user too is
// unverified: the reference names only roles for it.
func (s *Fake) getFederationToken(call *fakeaws.Call, in *sdk.GetFederationTokenInput) (*fakeaws.Plan[*sdk.GetFederationTokenOutput], error) {
	if err := admit(call, in, ofUsers); err != nil {
		return nil, err
	}
	if err := checkTags(nil, &sdk.AssumeRoleInput{Tags: in.Tags}); err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "sts:GetFederationToken", Resource: federatedUserARN(call.Account, *in.Name)}
	needs := []fakeaws.Need{need}
	if len(in.Tags) > 0 {
		need.Action = actionTagSession
		needs = append(needs, need)
	}
	for i := range needs {
		setRequestTags(&needs[i].Context, in.Tags)
	}
	return &fakeaws.Plan[*sdk.GetFederationTokenOutput]{Needs: needs, Do: func() (*sdk.GetFederationTokenOutput, error) {
		return s.federate(call, in)
	}}, nil
}

// federate makes the credentials.
func (s *Fake) federate(call *fakeaws.Call, in *sdk.GetFederationTokenInput) (*sdk.GetFederationTokenOutput, error) {
	session := &fakeaws.Session{Name: *in.Name, Tags: tagsOf(in.Tags)}
	var err error
	if session.Policies, err = s.sessionPolicies(call, call.Account, in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	packed, err := packedSize(in.Policy, in.PolicyArns, in.Tags)
	if err != nil {
		return nil, err
	}
	if packed == nil {
		packed = aws.Int32(0) // which AssumeRole leaves out
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
