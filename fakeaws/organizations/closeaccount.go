package organizations

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) closeAccountOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.closeAccount),
	}
}

const (
	// closedFor is how long a closed account stays in the organization.
	closedFor = 90 * 24 * time.Hour
	// Within closings an organization may close closable accounts, or a fifth of all
	// if that is more, but never more than mostClosable (API page "CloseAccount").
	closings     = 30 * 24 * time.Hour
	closable     = 250
	mostClosable = 1000
)

// closeAccount closes a member account: its credentials are unknown from then
// on. AWS takes some minutes; here it is done at once. What the account owns,
// others can still reach as far as its policies let them: unverified.
func (s *Fake) closeAccount(call *fakeaws.Call, in *sdk.CloseAccountInput) (*fakeaws.Plan[*sdk.CloseAccountOutput], error) {
	return onOrganization(s, call, in, management, about{ids: []*string{in.AccountId}}, func(r *request) (*sdk.CloseAccountOutput, error) {
		n, err := r.member(in.AccountId)
		if err != nil {
			return nil, err
		}
		switch {
		case r.features != types.OrganizationFeatureSetAll:
			return nil, violates("", closingNeedsFeatures)
		case n.id == r.management:
			return nil, violates(types.ConstraintViolationExceptionReasonCannotCloseManagementAccount, managementCloses)
		case !n.account.closed.IsZero():
			return nil, &types.AccountAlreadyClosedException{Message: aws.String(closedAlready)}
		case r.recentlyClosed() >= min(max(closable, r.accounts.Len()/5), mostClosable):
			return nil, violates(types.ConstraintViolationExceptionReasonCloseAccountQuotaExceeded, tooManyClosed)
		}
		n.account.closed = s.now()
		if r.firstClosed.IsZero() {
			r.firstClosed = n.account.closed
		}
		s.world.CloseAccount(n.id)
		return &sdk.CloseAccountOutput{}, nil
	})
}

// recentlyClosed counts the accounts that were closed in the last thirty days.
func (o *organization) recentlyClosed() int {
	count, now := 0, o.service.now()
	for _, n := range o.accounts.Values() {
		if closed := n.account.closed; !closed.IsZero() && now.Sub(closed) < closings {
			count++
		}
	}
	return count
}

// clean takes accounts out of the organization that were closed long ago.
func (o *organization) clean() {
	now := o.service.now()
	if o.firstClosed.IsZero() || now.Sub(o.firstClosed) < closedFor {
		return
	}
	o.firstClosed = time.Time{}
	for _, n := range o.accounts.Values() {
		switch closed := n.account.closed; {
		case closed.IsZero():
		case now.Sub(closed) >= closedFor:
			o.remove(n)
			delete(o.service.byMember, n.id)
		case o.firstClosed.IsZero() || closed.Before(o.firstClosed):
			o.firstClosed = closed
		}
	}
	o.publish()
}
