package iam

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

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
	quoted, _ := json.Marshal(arn) // text can always be marshaled
	return enforce.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":`+string(quoted)+`},"Action":["iam:GetDelegationRequest","iam:GetHumanReadableSummary","iam:UpdateDelegationRequest"],"Resource":"*"}}`,
		enforce.ResourcePolicy, enforce.Source{Name: "DelegationRequestOwner"})
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

// delegation finds a request that the account may know of: one without an owner
// account is anybody's. What is due expires when it is looked at.
func (s *Fake) delegation(a *account, id string) (*delegation, error) {
	d, ok := s.delegations.Get(id)
	if !ok || d.OwnerAccountId != nil && *d.OwnerAccountId != a.id && *d.RequestorId != a.id {
		return nil, noSuchEntity(noDelegation, id)
	}
	s.expire(d)
	return d, nil
}

func (s *Fake) expire(d *delegation) {
	if d.State != types.StateTypeExpired && !s.now().Before(*d.ExpirationTime) {
		d.State = types.StateTypeExpired
		d.UpdatedTime = d.ExpirationTime
	}
}

// step performs an operation on a request that must be in one of the states.
func step[O any](ctx context.Context, s *Fake, in any, id *string, from []types.StateType, do func(d *delegation, caller *fakeaws.Caller) error) (*O, error) {
	return inAccount(ctx, s, in, func(a *account) (*O, error) {
		d, err := s.delegation(a, *id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(from, d.State) {
			return nil, invalidInput(fmt.Sprintf(wrongState, *id, d.State))
		}
		if err := do(d, fakeaws.CallFrom(ctx).Caller); err != nil {
			return nil, err
		}
		return new(O), nil
	})
}

// CreateDelegationRequest asks for temporary access to an account, known or not.
func (s *Fake) CreateDelegationRequest(ctx context.Context, in *sdk.CreateDelegationRequestInput) (*sdk.CreateDelegationRequestOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateDelegationRequestOutput, error) {
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
	})
}

// consoleLink begins the address of a request in the console. Unverified.
const consoleLink = "https://console.aws.amazon.com/iam/home#/delegation-requests/"

// AssociateDelegationRequest makes the caller the owner of a request.
func (s *Fake) AssociateDelegationRequest(ctx context.Context, in *sdk.AssociateDelegationRequestInput) (*sdk.AssociateDelegationRequestOutput, error) {
	from := []types.StateType{types.StateTypeUnassigned}
	return step[sdk.AssociateDelegationRequestOutput](ctx, s, in, in.DelegationRequestId, from, func(d *delegation, caller *fakeaws.Caller) error {
		if d.OwnerAccountId != nil && *d.OwnerAccountId != caller.Account {
			return noSuchEntity(noDelegation, *in.DelegationRequestId)
		}
		policy, err := ownersPolicy(caller.ARN)
		if err != nil {
			return err
		}
		d.ownersPolicy = policy
		d.OwnerAccountId, d.OwnerId = aws.String(caller.Account), aws.String(caller.ARN)
		d.enter(types.StateTypeAssigned, s.now())
		return nil
	})
}

// UpdateDelegationRequest forwards a request to somebody who may approve it.
func (s *Fake) UpdateDelegationRequest(ctx context.Context, in *sdk.UpdateDelegationRequestInput) (*sdk.UpdateDelegationRequestOutput, error) {
	from := []types.StateType{types.StateTypeAssigned, types.StateTypePendingApproval}
	return step[sdk.UpdateDelegationRequestOutput](ctx, s, in, in.DelegationRequestId, from, func(d *delegation, _ *fakeaws.Caller) error {
		d.Notes = in.Notes
		d.enter(types.StateTypePendingApproval, s.now())
		return nil
	})
}

// AcceptDelegationRequest grants what a request asks for.
func (s *Fake) AcceptDelegationRequest(ctx context.Context, in *sdk.AcceptDelegationRequestInput) (*sdk.AcceptDelegationRequestOutput, error) {
	from := []types.StateType{types.StateTypeAssigned, types.StateTypePendingApproval}
	return step[sdk.AcceptDelegationRequestOutput](ctx, s, in, in.DelegationRequestId, from, func(d *delegation, caller *fakeaws.Caller) error {
		d.ApproverId, d.approver = aws.String(caller.ARN), caller
		d.enter(types.StateTypeAccepted, s.now())
		return nil
	})
}

// RejectDelegationRequest refuses what a request asks for, as long as the token
// was not sent.
func (s *Fake) RejectDelegationRequest(ctx context.Context, in *sdk.RejectDelegationRequestInput) (*sdk.RejectDelegationRequestOutput, error) {
	from := []types.StateType{types.StateTypeAssigned, types.StateTypePendingApproval, types.StateTypeAccepted}
	return step[sdk.RejectDelegationRequestOutput](ctx, s, in, in.DelegationRequestId, from, func(d *delegation, _ *fakeaws.Caller) error {
		d.RejectionReason = in.Notes
		d.enter(types.StateTypeRejected, s.now())
		return nil
	})
}

// tradeInToken is the length of a token. Unverified.
const tradeInToken = 256

// SendDelegationToken gives the partner the token of an accepted request.
func (s *Fake) SendDelegationToken(ctx context.Context, in *sdk.SendDelegationTokenInput) (*sdk.SendDelegationTokenOutput, error) {
	from := []types.StateType{types.StateTypeAccepted}
	return step[sdk.SendDelegationTokenOutput](ctx, s, in, in.DelegationRequestId, from, func(d *delegation, caller *fakeaws.Caller) error {
		if d.OnlySendByOwner && *d.OwnerId != caller.ARN {
			return invalidInput(ownerSends)
		}
		d.token = s.world.IDs().Token(tradeInToken)
		d.enter(types.StateTypeFinalized, s.now())
		return nil
	})
}

// GetDelegationRequest describes a request. Whether the caller has what it asks
// for cannot be told without the partner's policy template.
func (s *Fake) GetDelegationRequest(ctx context.Context, in *sdk.GetDelegationRequestInput) (*sdk.GetDelegationRequestOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.GetDelegationRequestOutput, error) {
		d, err := s.delegation(a, *in.DelegationRequestId)
		if err != nil {
			return nil, err
		}
		view := d.DelegationRequest
		out := &sdk.GetDelegationRequestOutput{DelegationRequest: &view}
		if in.DelegationPermissionCheck {
			out.PermissionCheckStatus = types.PermissionCheckStatusTypeComplete
			out.PermissionCheckResult = types.PermissionCheckResultTypeUnsure
		}
		return out, nil
	})
}

// ListDelegationRequests lists the requests that the account's principals own,
// by id.
func (s *Fake) ListDelegationRequests(ctx context.Context, in *sdk.ListDelegationRequestsInput) (*sdk.ListDelegationRequestsOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListDelegationRequestsOutput, error) {
		p, err := list(ascend(&s.delegations), in.Marker, in.MaxItems, func(d *delegation) (types.DelegationRequest, bool) {
			s.expire(d)
			return d.DelegationRequest, d.OwnerId != nil && *d.OwnerAccountId == a.id && (in.OwnerId == nil || *in.OwnerId == *d.OwnerId)
		})
		return &sdk.ListDelegationRequestsOutput{DelegationRequests: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// delegationID returns the id in the ARN of a delegation request.
func delegationID(arn string) (string, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "", false
	}
	return strings.CutPrefix(parts[5], "delegation-request/")
}

// defaultLocale is that of a summary whose request names none. Unverified.
const defaultLocale = "en"

// GetHumanReadableSummary would return what a language model says of a request.
// There is none here, so that summaries are never available.
func (s *Fake) GetHumanReadableSummary(ctx context.Context, in *sdk.GetHumanReadableSummaryInput) (*sdk.GetHumanReadableSummaryOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.GetHumanReadableSummaryOutput, error) {
		id, ok := delegationID(*in.EntityArn)
		if !ok {
			return nil, invalidInput(fmt.Sprintf(notSummarized, *in.EntityArn))
		}
		if _, err := s.delegation(a, id); err != nil {
			return nil, err
		}
		out := &sdk.GetHumanReadableSummaryOutput{Locale: in.Locale, SummaryState: types.SummaryStateTypeNotAvailable}
		if in.Locale == nil {
			out.Locale = aws.String(defaultLocale)
		}
		return out, nil
	})
}
