// Package sts is the fake of the AWS Security Token Service: who is calling,
// and temporary credentials for roles and users.
package sts

import (
	"context"
	"crypto/cipher"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// A Fake is the STS of a World. Of its own it has only the keys with which it
// signs: principals and policies are IAM's, credentials the World's. It is safe
// for concurrent use.
type Fake struct {
	world *fakeaws.World

	mu sync.Mutex // guards outbound and seal
	// outbound has the signing keys by issuer and algorithm.
	outbound map[string]map[string]*signingKey
	seal     cipher.AEAD // of trusted contexts
}

// Service is STS, for a World to be made of.
var Service = fakeaws.Service{Name: "sts", New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) }}

// Of returns the STS of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("sts").(*Fake) }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{world: w, outbound: make(map[string]map[string]*signingKey)}
}

// Ops returns the operations of STS with the permissions that they need.
func (s *Fake) Ops() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.UnrestrictedMethod(s.GetCallerIdentity),
		bind(s.GetAccessKeyInfo, keyInfoNeeds),
		bind(s.AssumeRole, s.assumeRoleNeeds),
		bind(s.GetFederationToken, s.federationTokenNeeds),
		fakeaws.UnrestrictedMethod(s.GetSessionToken),
		bind(s.AssumeRoot, s.rootNeeds),
		bind(s.DecodeAuthorizationMessage, decodeNeeds),
		bind(s.GetDelegatedAccessToken, delegatedNeeds),
		bind(s.GetWebIdentityToken, s.webIdentityTokenNeeds),
		bind(s.AssumeRoleWithSAML, s.samlNeeds).Unsigned(),
		bind(s.AssumeRoleWithWebIdentity, s.webIdentityNeeds).Unsigned(),
	}
}

// bind makes the row of an operation that not all credentials can call.
func bind[I, O any](method func(context.Context, *I) (*O, error), needs fakeaws.Needs[I]) fakeaws.Op {
	operation := strings.TrimSuffix(reflect.TypeFor[I]().Name(), "Input")
	return fakeaws.BindMethod(method, func(ctx context.Context, in *I) ([]fakeaws.Need, error) {
		if slices.Contains(regionalOnly, operation) && fakeaws.CallFrom(ctx).Host() == globalHost {
			return nil, &fakeaws.Error{Code: "InvalidAction", Message: "Unknown Operation", Status: 400}
		}
		if err := members.Check(in); err != nil {
			return nil, err
		}
		if !callable(operation, fakeaws.CallFrom(ctx).Caller) {
			return nil, accessDenied(fmt.Sprintf(notWithSession, operation))
		}
		return needs(ctx, in)
	})
}

// globalHost is the endpoint without a region, which does not know the operations of
// regionalOnly (API pages of both). The words are those that STS answers to AssumeRoot.
const globalHost = "sts.amazonaws.com"

var regionalOnly = []string{"AssumeRoot", "GetWebIdentityToken"}

// callable reports whether an operation takes credentials of the caller's kind:
// page "Compare AWS STS credentials". GetCallerIdentity takes all.
func callable(operation string, caller *fakeaws.Caller) bool {
	switch {
	case caller.Session == nil:
		return true
	case caller.Type == enforce.AssumedRole:
		return operation != "GetFederationToken"
	case caller.Type == enforce.FederatedUser:
		return false
	}
	return operation == "AssumeRole" // credentials of GetSessionToken
}

// The actions whose denials never give a reason, so that nobody learns which
// roles other accounts have.
const (
	actionAssumeRole        = "sts:AssumeRole"
	actionTagSession        = "sts:TagSession"
	actionSetSourceIdentity = "sts:SetSourceIdentity"
	actionSetContext        = "sts:SetContext"
)

// Denied answers a denial as STS does.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	switch call.Caller.Type {
	case enforce.WebIdentity, enforce.SAMLIdentity:
		return accessDenied("Not authorized to perform " + need.Action)
	}
	style := enforce.MessageStyle{Name: need.Name}
	switch need.Action {
	case actionAssumeRole, actionTagSession, actionSetSourceIdentity, actionSetContext:
		style.Bare = true
	}
	return accessDenied(d.Message(style))
}

// members has the constraints of STS's service model.
var members = constraint.NewModel("sts", constraint.Wording{})

const (
	// tokenSize is the length of session tokens. AWS promises none; its are
	// about as long.
	tokenSize = 356
	// maxToken is the longest session token (API page "AssumeRole").
	maxToken = 4096
)

// issue makes temporary credentials for a caller whose session is filled in
// but for its times, and enters them into the World. The token is at least as
// long as the request demands.
func (s *Fake) issue(caller *fakeaws.Caller, now time.Time, life time.Duration, minToken *int32) *types.Credentials {
	ids := s.world.IDs()
	// AWS answers times in whole seconds.
	caller.Session.Issued = now.Truncate(time.Second)
	caller.Session.Expires = caller.Session.Issued.Add(life)
	c := &fakeaws.Credential{
		AccessKeyID:     ids.AccessKey("ASIA"),
		SecretAccessKey: ids.Secret(),
		SessionToken:    ids.Token(max(tokenSize, int(aws.ToInt32(minToken)))),
		Caller:          caller,
	}
	s.world.AddSession(c)
	return &types.Credentials{
		AccessKeyId:     aws.String(c.AccessKeyID),
		SecretAccessKey: aws.String(c.SecretAccessKey),
		SessionToken:    aws.String(c.SessionToken),
		Expiration:      aws.Time(caller.Session.Expires),
	}
}

// GetCallerIdentity says who calls. It needs no permission, and no policy can
// deny it.
func (s *Fake) GetCallerIdentity(ctx context.Context, _ *sdk.GetCallerIdentityInput) (*sdk.GetCallerIdentityOutput, error) {
	p := &fakeaws.CallFrom(ctx).Caller.Principal
	return &sdk.GetCallerIdentityOutput{
		Account: aws.String(p.Account),
		Arn:     aws.String(p.ARN),
		UserId:  aws.String(p.UserID),
	}, nil
}

// tokenUse is what an answer says of the size of its session token.
func tokenUse(c *types.Credentials) (size, utilization *int32) {
	n := len(*c.SessionToken)
	return aws.Int32(int32(n)), aws.Int32(percent(n, maxToken))
}

func keyInfoNeeds(context.Context, *sdk.GetAccessKeyInfoInput) ([]fakeaws.Need, error) {
	return []fakeaws.Need{{Action: "sts:GetAccessKeyInfo", Resource: "*", Name: "-"}}, nil
}

// GetAccessKeyInfo names the account of an access key, whosever it is. AWS
// reads it from the key id itself and so answers for keys that are deleted too;
// here a key that no longer exists is an error.
func (s *Fake) GetAccessKeyInfo(_ context.Context, in *sdk.GetAccessKeyInfoInput) (*sdk.GetAccessKeyInfoOutput, error) {
	if err := members.Check(in); err != nil {
		return nil, err
	}
	c, ok := s.world.Credential(*in.AccessKeyId)
	if !ok {
		return nil, constraint.Error(unknownAccessKey)
	}
	return &sdk.GetAccessKeyInfoOutput{Account: aws.String(c.Caller.Account)}, nil
}
