package organizations

import (
	"errors"
	"net/mail"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) invitationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.inviteAccountToOrganization),
	}
}

// maxInvitations is how many invitations that are not accepted an organization
// may send in a day ("Quotas and service limits for AWS Organizations").
const maxInvitations = 20

// inviteAccountToOrganization asks an account to join the organization. AWS would
// send its owner an email; the account finds the invitation in its own list.
func (s *Fake) inviteAccountToOrganization(call *fakeaws.Call, in *sdk.InviteAccountToOrganizationInput) (*fakeaws.Plan[*sdk.InviteAccountToOrganizationOutput], error) {
	return onOrganization(s, call, in, management, about{ids: []*string{invitedAccount(in.Target)}, tags: in.Tags, creates: true}, func(r *request) (*sdk.InviteAccountToOrganizationOutput, error) {
		h := &handshake{sender: r.organization, shown: types.Handshake{Action: types.ActionTypeInviteAccountToOrganization}}
		if err := s.address(h, in.Target); err != nil {
			return nil, err
		}
		if err := h.tags.put(in.Tags); err != nil {
			return nil, err
		}
		if err := r.mayInvite(h); err != nil {
			return nil, err
		}
		target := resource(types.HandshakeResourceTypeAccount, h.recipient)
		if h.email != "" {
			target = resource(types.HandshakeResourceTypeEmail, h.email)
		}
		resources := []types.HandshakeResource{r.introduction(), target}
		if in.Notes != nil {
			resources = append(resources, resource(types.HandshakeResourceTypeNotes, *in.Notes))
		}
		s.open(h, invitationLife, types.HandshakeStateOpen, resources...)
		shown := h.view(s.now())
		return &sdk.InviteAccountToOrganizationOutput{Handshake: &shown}, nil
	})
}

// invitedAccount is the account that an invitation names; nil when it names an address.
func invitedAccount(target *types.HandshakeParty) *string {
	if target == nil || target.Type != types.HandshakePartyTypeAccount {
		return nil
	}
	return target.Id
}

// introduction tells the recipient who asks.
func (o *organization) introduction() types.HandshakeResource {
	management := o.nodes[o.management]
	return resource(types.HandshakeResourceTypeOrganization, o.id,
		resource(types.HandshakeResourceTypeMasterEmail, management.account.email),
		resource(types.HandshakeResourceTypeMasterName, management.name),
		resource(types.HandshakeResourceTypeOrganizationFeatureSet, string(o.features)))
}

// address finds out whom an invitation is for.
func (s *Fake) address(h *handshake, target *types.HandshakeParty) error {
	switch target.Type {
	case types.HandshakePartyTypeAccount:
		if _, there := s.world.Account(*target.Id); !there {
			return invalidInput(types.InvalidInputExceptionReasonTargetNotSupported, untaggable)
		}
		h.recipient = *target.Id
	case types.HandshakePartyTypeEmail:
		if a, err := mail.ParseAddress(*target.Id); err != nil || a.Address != *target.Id {
			return invalidInput(types.InvalidInputExceptionReasonInvalidEmailAddressTarget, badEmail)
		}
		h.email = *target.Id
	default:
		return invalidInput(types.InvalidInputExceptionReasonInvalidPartyTypeTarget, badParty)
	}
	return nil
}

// mayInvite refuses an invitation that cannot be sent now.
func (o *organization) mayInvite(h *handshake) error {
	s, now := o.service, o.service.now()
	for _, n := range o.accounts.Values() {
		if s.receivedBy(h, n.id) {
			return refused(types.HandshakeConstraintViolationExceptionReasonAlreadyInAnOrganization, memberAlready)
		}
	}
	if o.migration(now) != nil {
		return refused(types.HandshakeConstraintViolationExceptionReasonInviteDisabledDuringEnableAllFeatures, noInvitations)
	}
	duplicate, today := false, 0
	s.handshakes.Scan(func(_ string, other *handshake) bool {
		if other.sender != o || other.shown.Action != h.shown.Action {
			return true
		}
		duplicate = duplicate || other.waits(now) && other.recipient == h.recipient && other.email == h.email
		if other.shown.State != types.HandshakeStateAccepted && now.Sub(*other.shown.RequestedTimestamp) < 24*time.Hour {
			today++
		}
		return true
	})
	switch {
	case duplicate:
		return &types.DuplicateHandshakeException{Message: aws.String(duplicateHandshake)}
	case today >= maxInvitations:
		return refused(types.HandshakeConstraintViolationExceptionReasonHandshakeRateLimitExceeded, tooManyHandshakes)
	}
	return nil
}

// acceptInvitation makes an account a member of the organization that has invited
// it, and lets it leave the one that it is in.
func (s *Fake) acceptInvitation(h *handshake, account string) error {
	m, name := &membership{email: s.emailOf(account), method: types.AccountJoinedMethodInvited}, account
	if old := s.byMember[account]; old != nil {
		n := old.nodes[account]
		if old == h.sender {
			return refused(types.HandshakeConstraintViolationExceptionReasonAlreadyInAnOrganization, memberAlready)
		}
		if err := old.leave(n); err != nil {
			var stays *types.MasterCannotLeaveOrganizationException
			if errors.As(err, &stays) {
				return refused(types.HandshakeConstraintViolationExceptionReasonAlreadyInAnOrganization, memberAlready)
			}
			return err
		}
		old.publish()
		name = n.name
	}
	h.sender.join(account, m, name).tags = h.tags
	h.sender.publish()
	return nil
}
