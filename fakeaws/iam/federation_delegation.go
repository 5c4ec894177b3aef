package iam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// delegationOps are the operations on delegation requests.
func (s *Fake) delegationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createDelegationRequest),
		fakeaws.Bind(s.associateDelegationRequest),
		fakeaws.Bind(s.updateDelegationRequest),
		fakeaws.Bind(s.acceptDelegationRequest),
		fakeaws.Bind(s.rejectDelegationRequest),
		fakeaws.Bind(s.sendDelegationToken),
		fakeaws.Bind(s.getDelegationRequest),
		fakeaws.Bind(s.listDelegationRequests),
		fakeaws.Bind(s.getHumanReadableSummary),
	}
}

// Texts about delegation requests.
const (
	// Unverified: an id of no request.
	noDelegation = "The delegation request with id %s cannot be found."
	// Unverified: a workflow that has made a request already.
	workflowUsed = "A delegation request with requestor workflow id %s already exists."
	// Unverified: a step that the state of the request does not allow.
	wrongState = "The delegation request with id %s is in state %s."
	// Unverified: a token that only the owner may send.
	ownerSends = "The delegation token can only be sent by the owner of the delegation request."
	// Unverified: a summary of something else than a delegation request.
	notSummarized = "The entity ARN %s is not valid for a summary."
)

// A delegation is the request of a partner for temporary access to an account.
// Requests belong to the World: partner and owner are in different accounts.
// What a World has not are the partner's registration and its policy templates;
// so Go code says what a template allows, with SetDelegationTemplate, and fetches
// what the partner would be sent, with DelegationToken.
type delegation struct {
	types.DelegationRequest
	// ownersPolicy is what the owner may do without a permission; nil while
	// there is no owner.
	ownersPolicy *enforce.Policy
	// approver has accepted the request; token is what the partner was sent.
	approver *fakeaws.Caller
	token    string
}

// ownersPolicy lets an owner look at the request and forward it: page "Temporary
// delegation", "Managing permissions for delegation requests".
func ownersPolicy(arn string) (*enforce.Policy, error) {
	return newGrant(arn, enforce.Source{Name: "DelegationRequestOwner"},
		"iam:GetDelegationRequest", "iam:GetHumanReadableSummary", "iam:UpdateDelegationRequest")
}

// lifetimes is how long a request stays in a state before it expires: page
// "Building your integration", "Understanding the Request Lifecycle".
var lifetimes = map[types.StateType]time.Duration{
	types.StateTypeUnassigned:      24 * time.Hour,
	types.StateTypeAssigned:        7 * 24 * time.Hour,
	types.StateTypePendingApproval: 7 * 24 * time.Hour,
	types.StateTypeAccepted:        7 * 24 * time.Hour,
	types.StateTypeRejected:        7 * 24 * time.Hour,
	types.StateTypeFinalized:       7 * 24 * time.Hour,
}

// enter puts a request into a state.
func (d *delegation) enter(state types.StateType, now time.Time) {
	d.State = state
	d.UpdatedTime = aws.Time(now)
	d.ExpirationTime = aws.Time(now.Add(lifetimes[state]))
}

// onDelegation is the target of actions on a delegation request, which is in the
// caller's account as long as no other owns it.
func onDelegation(id *string) target[*delegation] {
	return func(l *lookup) (found[*delegation], error) { return l.delegation(*id), nil }
}

// delegation finds a request. One without an owner's account is known to everybody,
// others to the two accounts. What is due expires when it is looked at.
func (l *lookup) delegation(id string) found[*delegation] {
	s, a := l.service, l.account
	r := resource{arn: iamARN(a.id, "delegation-request", "/", id)}
	d, ok := s.delegations.Get(id)
	if ok {
		r.policy = d.ownersPolicy
		r.keys = []contextKey{delegationOwner(d.OwnerId)}
	}
	return found[*delegation]{resources: []resource{r}, value: d, missing: func() error {
		if !ok || d.OwnerAccountId != nil && *d.OwnerAccountId != a.id && *d.RequestorId != a.id {
			return noSuchEntity(noDelegation, id)
		}
		s.expire(d)
		return nil
	}}
}

// onSummarized is the target of GetHumanReadableSummary: the delegation request of
// an ARN.
func onSummarized(arn *string) target[*delegation] {
	return func(l *lookup) (found[*delegation], error) {
		if id, ok := delegationID(*arn); ok {
			return l.delegation(id), nil
		}
		return found[*delegation]{resources: []resource{{arn: *arn}}, missing: func() error {
			return invalidInput(fmt.Sprintf(notSummarized, *arn))
		}}, nil
	}
}

func delegationOwner(id *string) contextKey { return optionalKey("iam:DelegationRequestOwner", id) }

func delegationKeys(in *sdk.CreateDelegationRequestInput) contextKey {
	return func(c *enforce.Context, _ *resource) {
		c.Set("iam:NotificationChannel", *in.NotificationChannel)
		c.Set("iam:DelegationDuration", strconv.Itoa(int(*in.SessionDuration)))
		if arn := in.Permissions.PolicyTemplateArn; arn != nil {
			c.Set("iam:TemplateArn", *arn)
		}
	}
}

func (s *Fake) expire(d *delegation) {
	if d.State != types.StateTypeExpired && !s.now().Before(*d.ExpirationTime) {
		d.State = types.StateTypeExpired
		d.UpdatedTime = d.ExpirationTime
	}
}

// inState performs a step of a request, which must be in one of the states.
func inState[O any](from []types.StateType, do func(*delegation) error) func(*delegation) (*O, error) {
	return func(d *delegation) (*O, error) {
		if !slices.Contains(from, d.State) {
			return nil, invalidInput(fmt.Sprintf(wrongState, *d.DelegationRequestId, d.State))
		}
		if err := do(d); err != nil {
			return nil, err
		}
		return new(O), nil
	}
}

// createDelegationRequest asks for temporary access to an account, known or not.
func (s *Fake) createDelegationRequest(call *fakeaws.Call, in *sdk.CreateDelegationRequestInput) (*fakeaws.Plan[*sdk.CreateDelegationRequestOutput], error) {
	return plan(s, call, in, onAll("delegation-request"), func(a *account) (*sdk.CreateDelegationRequestOutput, error) {
		if a.workflows[*in.RequestorWorkflowId] {
			return nil, alreadyExists(workflowUsed, *in.RequestorWorkflowId)
		}
		id := s.world.IDs().UUID()
		d := &delegation{DelegationRequest: types.DelegationRequest{
			CreateDate:          aws.Time(s.now()),
			DelegationRequestId: aws.String(id),
			Description:         in.Description,
			OnlySendByOwner:     in.OnlySendByOwner,
			OwnerAccountId:      in.OwnerAccountId,
			Permissions:         in.Permissions,
			RedirectUrl:         in.RedirectUrl,
			RequestMessage:      in.RequestMessage,
			RequestorId:         aws.String(a.id),
			SessionDuration:     in.SessionDuration,
		}}
		d.enter(types.StateTypeUnassigned, s.now())
		s.delegations.Set(id, d)
		if a.workflows == nil {
			a.workflows = make(map[string]bool)
		}
		a.workflows[*in.RequestorWorkflowId] = true
		return &sdk.CreateDelegationRequestOutput{
			ConsoleDeepLink:     aws.String(consoleLink + id),
			DelegationRequestId: aws.String(id),
		}, nil
	}, delegationKeys(in))
}

// consoleLink begins the address of a request in the console. Unverified.
const consoleLink = "https://console.aws.amazon.com/iam/home#/delegation-requests/"

// associateDelegationRequest makes the caller the owner of a request.
func (s *Fake) associateDelegationRequest(call *fakeaws.Call, in *sdk.AssociateDelegationRequestInput) (*fakeaws.Plan[*sdk.AssociateDelegationRequestOutput], error) {
	from := []types.StateType{types.StateTypeUnassigned}
	return plan(s, call, in, onDelegation(in.DelegationRequestId), inState[sdk.AssociateDelegationRequestOutput](from, func(d *delegation) error {
		if d.OwnerAccountId != nil && *d.OwnerAccountId != call.Caller.Account {
			return noSuchEntity(noDelegation, *in.DelegationRequestId)
		}
		policy, err := ownersPolicy(call.Caller.ARN)
		if err != nil {
			return err
		}
		d.ownersPolicy = policy
		d.OwnerAccountId, d.OwnerId = aws.String(call.Caller.Account), aws.String(call.Caller.ARN)
		d.enter(types.StateTypeAssigned, s.now())
		return nil
	}))
}

// updateDelegationRequest forwards a request to somebody who may approve it.
func (s *Fake) updateDelegationRequest(call *fakeaws.Call, in *sdk.UpdateDelegationRequestInput) (*fakeaws.Plan[*sdk.UpdateDelegationRequestOutput], error) {
	from := []types.StateType{types.StateTypeAssigned, types.StateTypePendingApproval}
	return plan(s, call, in, onDelegation(in.DelegationRequestId), inState[sdk.UpdateDelegationRequestOutput](from, func(d *delegation) error {
		d.Notes = in.Notes
		d.enter(types.StateTypePendingApproval, s.now())
		return nil
	}))
}

// acceptDelegationRequest grants what a request asks for.
func (s *Fake) acceptDelegationRequest(call *fakeaws.Call, in *sdk.AcceptDelegationRequestInput) (*fakeaws.Plan[*sdk.AcceptDelegationRequestOutput], error) {
	from := []types.StateType{types.StateTypeAssigned, types.StateTypePendingApproval}
	return plan(s, call, in, onDelegation(in.DelegationRequestId), inState[sdk.AcceptDelegationRequestOutput](from, func(d *delegation) error {
		d.ApproverId, d.approver = aws.String(call.Caller.ARN), call.Caller
		d.enter(types.StateTypeAccepted, s.now())
		return nil
	}))
}

// rejectDelegationRequest refuses what a request asks for, as long as the token
// was not sent.
func (s *Fake) rejectDelegationRequest(call *fakeaws.Call, in *sdk.RejectDelegationRequestInput) (*fakeaws.Plan[*sdk.RejectDelegationRequestOutput], error) {
	from := []types.StateType{types.StateTypeAssigned, types.StateTypePendingApproval, types.StateTypeAccepted}
	return plan(s, call, in, onDelegation(in.DelegationRequestId), inState[sdk.RejectDelegationRequestOutput](from, func(d *delegation) error {
		d.RejectionReason = in.Notes
		d.enter(types.StateTypeRejected, s.now())
		return nil
	}))
}

// tradeInToken is the length of a token. Unverified.
const tradeInToken = 256

// sendDelegationToken gives the partner the token of an accepted request.
func (s *Fake) sendDelegationToken(call *fakeaws.Call, in *sdk.SendDelegationTokenInput) (*fakeaws.Plan[*sdk.SendDelegationTokenOutput], error) {
	from := []types.StateType{types.StateTypeAccepted}
	return plan(s, call, in, onDelegation(in.DelegationRequestId), inState[sdk.SendDelegationTokenOutput](from, func(d *delegation) error {
		if d.OnlySendByOwner && *d.OwnerId != call.Caller.ARN {
			return invalidInput(ownerSends)
		}
		d.token = s.world.IDs().Token(tradeInToken)
		d.enter(types.StateTypeFinalized, s.now())
		return nil
	}))
}

// getDelegationRequest describes a request. Whether the caller has what it asks
// for cannot be told without the partner's policy template.
func (s *Fake) getDelegationRequest(call *fakeaws.Call, in *sdk.GetDelegationRequestInput) (*fakeaws.Plan[*sdk.GetDelegationRequestOutput], error) {
	return plan(s, call, in, onDelegation(in.DelegationRequestId), func(d *delegation) (*sdk.GetDelegationRequestOutput, error) {
		view := d.DelegationRequest
		out := &sdk.GetDelegationRequestOutput{DelegationRequest: &view}
		if in.DelegationPermissionCheck {
			out.PermissionCheckStatus = types.PermissionCheckStatusTypeComplete
			out.PermissionCheckResult = types.PermissionCheckResultTypeUnsure
		}
		return out, nil
	})
}

// listDelegationRequests lists the requests that the account's principals own,
// by id.
func (s *Fake) listDelegationRequests(call *fakeaws.Call, in *sdk.ListDelegationRequestsInput) (*fakeaws.Plan[*sdk.ListDelegationRequestsOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.ListDelegationRequestsOutput, error) {
		p, err := list(ascend(&s.delegations), in.Marker, in.MaxItems, func(d *delegation) (types.DelegationRequest, bool) {
			s.expire(d)
			return d.DelegationRequest, d.OwnerId != nil && *d.OwnerAccountId == a.id && (in.OwnerId == nil || *in.OwnerId == *d.OwnerId)
		})
		return &sdk.ListDelegationRequestsOutput{DelegationRequests: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	}, delegationOwner(in.OwnerId))
}

// delegationID returns the id in the ARN of a delegation request.
func delegationID(arn string) (string, bool) {
	parsed, err := awsarn.Parse(arn)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(parsed.Resource, "delegation-request/")
}

// defaultLocale is that of a summary whose request names none. Unverified.
const defaultLocale = "en"

// getHumanReadableSummary would return what a language model says of a request.
// There is none here, so that summaries are never available.
func (s *Fake) getHumanReadableSummary(call *fakeaws.Call, in *sdk.GetHumanReadableSummaryInput) (*fakeaws.Plan[*sdk.GetHumanReadableSummaryOutput], error) {
	return plan(s, call, in, onSummarized(in.EntityArn), func(*delegation) (*sdk.GetHumanReadableSummaryOutput, error) {
		out := &sdk.GetHumanReadableSummaryOutput{Locale: in.Locale, SummaryState: types.SummaryStateTypeNotAvailable}
		if in.Locale == nil {
			out.Locale = aws.String(defaultLocale)
		}
		return out, nil
	})
}
