package organizations

import (
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) allFeaturesOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.enableAllFeatures),
	}
}

// migrationLife is how long the invited accounts have to approve all features (User
// Guide, "Enabling all features for an organization").
const migrationLife = 90 * 24 * time.Hour

// enableAllFeatures asks all invited accounts to approve that the organization may
// have policies. When they have, the management account confirms it. AWS's pages tell
// of the confirmation in two ways, as a handshake of its own and as the one that is
// returned here; either can be accepted, which is unverified.
func (s *Fake) enableAllFeatures(call *fakeaws.Call, in *sdk.EnableAllFeaturesInput) (*fakeaws.Plan[*sdk.EnableAllFeaturesOutput], error) {
	return onOrganization(s, call, in, management, about{}, func(r *request) (*sdk.EnableAllFeaturesOutput, error) {
		now := s.now()
		switch {
		case r.features == types.OrganizationFeatureSetAll:
			return nil, refused(types.HandshakeConstraintViolationExceptionReasonOrganizationAlreadyHasAllFeatures, allFeaturesAlready)
		case r.migration(now) != nil:
			return nil, refused(types.HandshakeConstraintViolationExceptionReasonOrganizationIsAlreadyPendingAllFeaturesMigration, migrationPending)
		}
		whole := &handshake{sender: r.organization, shown: types.Handshake{Action: types.ActionTypeEnableAllFeatures}}
		s.open(whole, migrationLife, types.HandshakeStateRequested, resource(types.HandshakeResourceTypeOrganization, r.id))
		for _, n := range r.invited() {
			h := &handshake{sender: r.organization, recipient: n.id, parent: whole, shown: types.Handshake{Action: types.ActionTypeEnableAllFeatures}}
			s.open(h, migrationLife, types.HandshakeStateOpen, r.introduction())
		}
		r.featuresAnswered(whole)
		shown := whole.view(now)
		return &sdk.EnableAllFeaturesOutput{Handshake: &shown}, nil
	})
}

// invited are the member accounts that must approve: those that were not created in
// the organization.
func (o *organization) invited() []*node {
	var found []*node
	for _, n := range o.accounts.Values() {
		if n.id != o.management && n.account.method == types.AccountJoinedMethodInvited {
			found = append(found, n)
		}
	}
	return found
}

// migration is the handshake with which the organization gets all features, while
// it waits; nil when there is none.
func (o *organization) migration(now time.Time) (found *handshake) {
	o.service.handshakes.Scan(func(_ string, h *handshake) bool {
		if h.sender == o && h.parent == nil && h.shown.Action == types.ActionTypeEnableAllFeatures && h.waits(now) {
			found = h
		}
		return found == nil
	})
	return found
}

// featuresAnswered moves the change to all features on after a handshake of it was
// answered: to its confirmation when everybody has approved, and to its end.
func (o *organization) featuresAnswered(h *handshake) {
	s, now := o.service, o.service.now()
	whole := h
	if h.parent != nil {
		whole = h.parent
	}
	if whole.shown.Action != types.ActionTypeEnableAllFeatures {
		return
	}
	confirmed := whole.shown.State == types.HandshakeStateAccepted ||
		h.shown.Action == types.ActionTypeApproveAllFeatures && h.shown.State == types.HandshakeStateAccepted
	switch {
	case confirmed && o.features != types.OrganizationFeatureSetAll:
		o.features = types.OrganizationFeatureSetAll
		s.handshakes.Scan(func(_ string, other *handshake) bool {
			if (other == whole || other.parent == whole) && other.waits(now) {
				other.settle(types.HandshakeStateAccepted, now)
			}
			return true
		})
		o.publish()
	case whole.shown.State == types.HandshakeStateRequested && o.approved(whole):
		// Everybody has answered: "The sender can now complete the handshake action."
		whole.shown.State, whole.recipient = types.HandshakeStateOpen, o.management
		confirmation := &handshake{sender: o, recipient: o.management, parent: whole, shown: types.Handshake{Action: types.ActionTypeApproveAllFeatures}}
		s.open(confirmation, whole.shown.ExpirationTimestamp.Sub(now), types.HandshakeStateOpen, resource(types.HandshakeResourceTypeOrganization, o.id))
	}
}

// approved reports whether all invited accounts have approved all features.
func (o *organization) approved(whole *handshake) bool {
	accepted := make(map[string]bool)
	o.service.handshakes.Scan(func(_ string, h *handshake) bool {
		if h.parent == whole && h.shown.State == types.HandshakeStateAccepted {
			accepted[h.recipient] = true
		}
		return true
	})
	for _, n := range o.invited() {
		if !accepted[n.id] {
			return false
		}
	}
	return true
}
