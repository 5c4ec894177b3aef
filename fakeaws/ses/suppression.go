package ses

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A suppressed is an address that the account sends no mail to.
type suppressed struct {
	address string
	reason  types.SuppressionListReason
	updated time.Time
}

func (s fakeV2) suppressionOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.putSuppressed),
		bind(s.deleteSuppressed),
		bind(s.getSuppressed),
		bind(s.listSuppressed),
	}
}

// onList plans an operation on an address of the suppression list.
func onList[O any](s fakeV2, call *fakeaws.Call, address, tenant *string, do func(*region, string) (O, error)) (*fakeaws.Plan[O], error) {
	if tenant != nil {
		return nil, notImplemented("the suppression list of a tenant")
	}
	a, ok := parseAddress(aws.ToString(address))
	if !ok {
		return nil, invalid(call, textAddress, aws.ToString(address))
	}
	return onAccount(s.Fake, call, func(r *region) (O, error) { return do(r, a.Address) })
}

func (s fakeV2) putSuppressed(call *fakeaws.Call, in *sesv2.PutSuppressedDestinationInput) (*fakeaws.Plan[*sesv2.PutSuppressedDestinationOutput], error) {
	return onList(s, call, in.EmailAddress, in.TenantName, func(r *region, address string) (*sesv2.PutSuppressedDestinationOutput, error) {
		if r.suppressed[address] == nil && len(r.suppressed) >= maxResources {
			return nil, limitExceeded(call, textManyResources, maxResources)
		}
		r.suppressed[address] = &suppressed{address, in.Reason, s.now().Truncate(time.Millisecond)}
		return &sesv2.PutSuppressedDestinationOutput{}, nil
	})
}

func (s fakeV2) deleteSuppressed(call *fakeaws.Call, in *sesv2.DeleteSuppressedDestinationInput) (*fakeaws.Plan[*sesv2.DeleteSuppressedDestinationOutput], error) {
	return onList(s, call, in.EmailAddress, in.TenantName, func(r *region, address string) (*sesv2.DeleteSuppressedDestinationOutput, error) {
		if r.suppressed[address] == nil {
			return nil, fail(call, "", "NotFoundException", textSuppressed, address)
		}
		delete(r.suppressed, address)
		return &sesv2.DeleteSuppressedDestinationOutput{}, nil
	})
}

func (s fakeV2) getSuppressed(call *fakeaws.Call, in *sesv2.GetSuppressedDestinationInput) (*fakeaws.Plan[*sesv2.GetSuppressedDestinationOutput], error) {
	return onList(s, call, in.EmailAddress, in.TenantName, func(r *region, address string) (*sesv2.GetSuppressedDestinationOutput, error) {
		x := r.suppressed[address]
		if x == nil {
			return nil, fail(call, "", "NotFoundException", textSuppressed, address)
		}
		return &sesv2.GetSuppressedDestinationOutput{SuppressedDestination: &types.SuppressedDestination{
			EmailAddress: aws.String(x.address), Reason: x.reason, LastUpdateTime: aws.Time(x.updated),
		}}, nil
	})
}

func (s fakeV2) listSuppressed(call *fakeaws.Call, in *sesv2.ListSuppressedDestinationsInput) (*fakeaws.Plan[*sesv2.ListSuppressedDestinationsOutput], error) {
	if in.TenantName != nil {
		return nil, notImplemented("the suppression list of a tenant")
	}
	return onAccount(s.Fake, call, func(r *region) (*sesv2.ListSuppressedDestinationsOutput, error) {
		p, err := pageOf(call, r.suppressed, in.NextToken, sizeOf(in.PageSize, maxItems), func(_ string, x *suppressed) (types.SuppressedDestinationSummary, bool) {
			show := (len(in.Reasons) == 0 || slices.Contains(in.Reasons, x.reason)) &&
				(in.StartDate == nil || x.updated.After(*in.StartDate)) && (in.EndDate == nil || x.updated.Before(*in.EndDate))
			return types.SuppressedDestinationSummary{EmailAddress: aws.String(x.address), Reason: x.reason, LastUpdateTime: aws.Time(x.updated)}, show
		})
		return &sesv2.ListSuppressedDestinationsOutput{SuppressedDestinationSummaries: p.Items, NextToken: p.Next}, err
	})
}
