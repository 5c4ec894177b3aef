package organizations

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) handshakeOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.acceptHandshake),
		fakeaws.Bind(s.declineHandshake),
		fakeaws.Bind(s.cancelHandshake),
		fakeaws.Bind(s.describeHandshake),
		fakeaws.Bind(s.listHandshakesForAccount),
		fakeaws.Bind(s.listHandshakesForOrganization),
	}
}

// Times of handshakes.
const (
	invitationLife = 15 * 24 * time.Hour // User Guide, "Inviting an account to join your organization"
	// shownFor is how long a handshake is shown after it was settled (API pages).
	shownFor = 30 * 24 * time.Hour
)

// A handshake is what an organization asks of an account, and how it was answered.
type handshake struct {
	// shown is the handshake as AWS describes it. Its state is what was answered:
	// that it has expired, only the time says.
	shown  types.Handshake
	sender *organization
	// recipient is the account that answers, or email the address of its owner.
	recipient, email string
	parent           *handshake
	settled          time.Time // zero while it is unanswered
	tags             tagSet    // of the account that will join
}

// open enters a handshake that waits for an answer.
func (s *Fake) open(h *handshake, life time.Duration, state types.HandshakeState, resources ...types.HandshakeResource) {
	o, now := h.sender, s.now()
	for _, old := range s.handshakes.Values() {
		if old.gone(now) {
			s.handshakes.Delete(*old.shown.Id)
		}
	}
	id := "h-" + s.world.IDs().Lower(32)
	h.shown.Id, h.shown.State = &id, state
	h.shown.Arn = aws.String(o.arn("handshake", o.id, strings.ToLower(string(h.shown.Action)), id))
	h.shown.RequestedTimestamp, h.shown.ExpirationTimestamp = aws.Time(now), aws.Time(now.Add(life))
	h.shown.Parties = []types.HandshakeParty{{Id: &o.id, Type: types.HandshakePartyTypeOrganization}}
	if h.recipient != "" {
		h.shown.Parties = append(h.shown.Parties, types.HandshakeParty{Id: &h.recipient, Type: types.HandshakePartyTypeAccount})
	} else if h.email != "" {
		h.shown.Parties = append(h.shown.Parties, types.HandshakeParty{Id: &h.email, Type: types.HandshakePartyTypeEmail})
	}
	h.shown.Resources = resources
	if h.parent != nil {
		h.shown.Resources = append(h.shown.Resources, resource(types.HandshakeResourceTypeParentHandshake, *h.parent.shown.Id))
	}
	s.handshakes.Set(id, h)
}

func resource(kind types.HandshakeResourceType, value string, inner ...types.HandshakeResource) types.HandshakeResource {
	return types.HandshakeResource{Type: kind, Value: &value, Resources: inner}
}

// waits reports whether a handshake can still be answered.
func (h *handshake) waits(now time.Time) bool {
	return h.settled.IsZero() && now.Before(*h.shown.ExpirationTimestamp)
}

// settle answers a handshake.
func (h *handshake) settle(state types.HandshakeState, now time.Time) {
	h.shown.State, h.settled = state, now
}

// view is the handshake as AWS describes it at a time.
func (h *handshake) view(now time.Time) types.Handshake {
	v := h.shown
	if h.settled.IsZero() && !h.waits(now) {
		v.State = types.HandshakeStateExpired
	}
	return v
}

// gone reports whether AWS has deleted a handshake.
func (h *handshake) gone(now time.Time) bool {
	end := h.settled
	if end.IsZero() {
		end = *h.shown.ExpirationTimestamp
	}
	return !now.Before(end.Add(shownFor))
}

// receivedBy reports whether an account is the one that answers.
func (s *Fake) receivedBy(h *handshake, account string) bool {
	return h.recipient == account || h.email != "" && strings.EqualFold(h.email, s.emailOf(account))
}

// emailOf is the address of an account's owner, in an organization or not.
func (s *Fake) emailOf(account string) string {
	if o := s.byMember[account]; o != nil {
		return o.nodes[account].account.email
	}
	return ownerEmail(account)
}

// A side is the part of an account in a handshake.
type side int

const (
	either side = iota
	recipient
	sender
)

// onHandshake plans an operation on a handshake in which the caller's account has a
// part. Who has none learns nothing of it: that AWS does not find it then is
// unverified.
func onHandshake[O any](s *Fake, call *fakeaws.Call, in any, id *string, as side, more func(*request) []fakeaws.Need, do func(*handshake) (O, error)) (*fakeaws.Plan[O], error) {
	r, needs, err := s.plan(call, in, everyone, about{ids: []*string{id}, more: more})
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := r.unmoved(); err != nil {
			return none, err
		}
		h := r.get(id).handshake
		if h == nil || h.gone(s.now()) {
			return none, noSuchHandshake()
		}
		receives, sends := s.receivedBy(h, call.Account), h.sender.management == call.Account
		switch {
		case !receives && !sends:
			return none, noSuchHandshake()
		case as == recipient && !receives, as == sender && !sends:
			return none, accessDenied(notYours)
		}
		return do(h)
	}}, nil
}

// answer settles a handshake that still waits; effect is what the answer does.
func (s *Fake) answer(h *handshake, state types.HandshakeState, effect func() error) (*types.Handshake, error) {
	now := s.now()
	switch {
	case h.shown.State == state:
		return nil, &types.HandshakeAlreadyInStateException{Message: aws.String(alreadyInState)}
	case !h.waits(now):
		return nil, &types.InvalidHandshakeTransitionException{Message: aws.String(badTransition)}
	}
	if err := effect(); err != nil {
		return nil, err
	}
	h.settle(state, now)
	v := h.view(now)
	return &v, nil
}

// acceptHandshake accepts an invitation, or all features.
func (s *Fake) acceptHandshake(call *fakeaws.Call, in *sdk.AcceptHandshakeInput) (*fakeaws.Plan[*sdk.AcceptHandshakeOutput], error) {
	return onHandshake(s, call, in, in.HandshakeId, recipient, leaving, func(h *handshake) (*sdk.AcceptHandshakeOutput, error) {
		shown, err := s.answer(h, types.HandshakeStateAccepted, func() error {
			if h.shown.Action == types.ActionTypeInviteAccountToOrganization {
				return s.acceptInvitation(h, call.Account)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		h.sender.featuresAnswered(h)
		return &sdk.AcceptHandshakeOutput{Handshake: shown}, nil
	})
}

// leaving asks whether the account may leave its organization, if it accepts the
// invitation of another one: that this needs the permission to leave as well is
// unverified.
func leaving(r *request) []fakeaws.Need {
	h := r.found[0].handshake
	if r.organization == nil || h == nil || h.shown.Action != types.ActionTypeInviteAccountToOrganization || h.sender == r.organization {
		return nil
	}
	return []fakeaws.Need{{Action: "organizations:LeaveOrganization", Resource: "*", ResourceAccount: r.call.Account}}
}

// declineHandshake declines what another organization asks.
func (s *Fake) declineHandshake(call *fakeaws.Call, in *sdk.DeclineHandshakeInput) (*fakeaws.Plan[*sdk.DeclineHandshakeOutput], error) {
	return onHandshake(s, call, in, in.HandshakeId, recipient, nil, func(h *handshake) (*sdk.DeclineHandshakeOutput, error) {
		shown, err := s.answer(h, types.HandshakeStateDeclined, nothing)
		return &sdk.DeclineHandshakeOutput{Handshake: shown}, err
	})
}

// cancelHandshake takes back what was asked, with all that came of it.
func (s *Fake) cancelHandshake(call *fakeaws.Call, in *sdk.CancelHandshakeInput) (*fakeaws.Plan[*sdk.CancelHandshakeOutput], error) {
	return onHandshake(s, call, in, in.HandshakeId, sender, nil, func(h *handshake) (*sdk.CancelHandshakeOutput, error) {
		shown, err := s.answer(h, types.HandshakeStateCanceled, nothing)
		if err != nil {
			return nil, err
		}
		s.cancel(func(other *handshake) bool { return other.parent == h })
		return &sdk.CancelHandshakeOutput{Handshake: shown}, nil
	})
}

func nothing() error { return nil }

// cancel cancels those handshakes that still wait.
func (s *Fake) cancel(which func(*handshake) bool) {
	now := s.now()
	s.handshakes.Scan(func(_ string, h *handshake) bool {
		if which(h) && h.waits(now) {
			h.settle(types.HandshakeStateCanceled, now)
		}
		return true
	})
}

// describeHandshake describes a handshake to both sides.
func (s *Fake) describeHandshake(call *fakeaws.Call, in *sdk.DescribeHandshakeInput) (*fakeaws.Plan[*sdk.DescribeHandshakeOutput], error) {
	return onHandshake(s, call, in, in.HandshakeId, either, nil, func(h *handshake) (*sdk.DescribeHandshakeOutput, error) {
		v := h.view(s.now())
		return &sdk.DescribeHandshakeOutput{Handshake: &v}, nil
	})
}

// listHandshakesForAccount lists what the caller's account was asked.
func (s *Fake) listHandshakesForAccount(call *fakeaws.Call, in *sdk.ListHandshakesForAccountInput) (*fakeaws.Plan[*sdk.ListHandshakesForAccountOutput], error) {
	_, needs, err := s.plan(call, in, everyone, about{})
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[*sdk.ListHandshakesForAccountOutput]{Needs: needs, Do: func() (*sdk.ListHandshakesForAccountOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p, err := s.shownHandshakes(in.Filter, in.NextToken, in.MaxResults, func(h *handshake) bool { return s.receivedBy(h, call.Account) })
		return &sdk.ListHandshakesForAccountOutput{Handshakes: p.Items, NextToken: p.Next}, err
	}}, nil
}

// listHandshakesForOrganization lists what the organization has asked.
func (s *Fake) listHandshakesForOrganization(call *fakeaws.Call, in *sdk.ListHandshakesForOrganizationInput) (*fakeaws.Plan[*sdk.ListHandshakesForOrganizationOutput], error) {
	return onOrganization(s, call, in, readers, about{}, func(r *request) (*sdk.ListHandshakesForOrganizationOutput, error) {
		p, err := s.shownHandshakes(in.Filter, in.NextToken, in.MaxResults, func(h *handshake) bool { return h.sender == r.organization })
		return &sdk.ListHandshakesForOrganizationOutput{Handshakes: p.Items, NextToken: p.Next}, err
	})
}

// shownHandshakes is a page of the handshakes that AWS still shows.
func (s *Fake) shownHandshakes(filter *types.HandshakeFilter, token *string, size *int32, which func(*handshake) bool) (page.Page[types.Handshake], error) {
	if filter == nil {
		filter = &types.HandshakeFilter{}
	}
	if filter.ActionType != "" && filter.ParentHandshakeId != nil {
		return page.Page[types.Handshake]{}, invalidInput(types.InvalidInputExceptionReasonMaxFilterLimitExceeded, twoFilters)
	}
	now := s.now()
	var found []*handshake
	s.handshakes.Scan(func(_ string, h *handshake) bool {
		switch {
		case !which(h), h.gone(now):
		case filter.ActionType != "" && h.shown.Action != filter.ActionType:
		case filter.ParentHandshakeId != nil && (h.parent == nil || *h.parent.shown.Id != *filter.ParentHandshakeId):
		default:
			found = append(found, h)
		}
		return true
	})
	id := func(h *handshake) string { return *h.shown.Id }
	return paged(found, id, token, size, func(h *handshake) types.Handshake { return h.view(now) })
}
