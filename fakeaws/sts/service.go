// Package sts is the fake of the AWS Security Token Service: who is calling,
// and temporary credentials for roles and users.
package sts

import (
	"crypto/cipher"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
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

	mu fakeaws.Mutex // guards everything below
	// outbound has the signing keys by issuer and algorithm.
	outbound map[string]signingKeys
	seal     cipher.AEAD // of trusted contexts
	saml     SAMLVerifier
}

// Service is STS, for a World to be made of.
var Service = fakeaws.Service{Name: "sts", Wire: ownWire, New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) }}

// Of returns the STS of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("sts").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{world: w, outbound: make(map[string]signingKeys)}
}

// Ops returns the operations of STS.
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(
		s.identityOps(), s.roleOps(), s.federationOps(), s.sessionOps(), s.rootOps(), s.decodeOps(), s.delegatedOps(),
		s.outboundOps(), s.samlOps(), s.webIdentityOps(),
	)
}

// globalHost is the endpoint without a region.
const globalHost = "sts.amazonaws.com"

// regionalOnly refuses a call at the endpoint without a region, which does not know
// AssumeRoot and GetWebIdentityToken (API pages of both). The words are those that STS
// answers to AssumeRoot.
func regionalOnly(call *fakeaws.Call) error {
	if call.Host() == globalHost {
		return &fakeaws.Error{Code: "InvalidAction", Message: "Unknown Operation", Status: http.StatusBadRequest}
	}
	return nil
}

// Credentials are of these kinds: page "Compare AWS STS credentials".
type kinds int

const (
	ofUsers     kinds = 1 << iota // long-term ones, root's too
	ofRoles                       // role sessions
	ofFederated                   // of GetFederationToken
	ofSessions                    // of GetSessionToken and AssumeRoot
)

func kindOf(caller *fakeaws.Caller) kinds {
	switch {
	case caller.Session == nil:
		return ofUsers
	case caller.Type == enforce.AssumedRole:
		return ofRoles
	case caller.Type == enforce.FederatedUser:
		return ofFederated
	}
	return ofSessions
}

// admit checks the input of a call, and refuses credentials of a kind that the
// operation does not take.
func admit(call *fakeaws.Call, in any, taken kinds) error {
	if err := members.Check(in); err != nil {
		return err
	}
	if taken&kindOf(call.Caller) == 0 {
		return accessDenied(fmt.Sprintf(notWithSession, call.Operation))
	}
	return nil
}

// ownAction asks for the operation's action, which has no resource.
func ownAction(call *fakeaws.Call) []fakeaws.Need {
	return []fakeaws.Need{{Action: "sts:" + call.Operation, Resource: "*", Name: "-"}}
}

// The actions on a role. Their denials give no reason, so that a caller does not learn which
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
		return notAuthorized(need.Action)
	}
	return accessDenied(d.Message(need.Style("sts")))
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

// tokenUse is what an answer says of the size of its session token.
func tokenUse(c *types.Credentials) (size, utilization *int32) {
	n := len(*c.SessionToken)
	return aws.Int32(int32(n)), aws.Int32(percent(n, maxToken))
}
