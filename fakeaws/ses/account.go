package ses

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An account is the settings of an account in a region. Every account begins in the sandbox.
type account struct {
	production, sending, autoWarmup bool
	suppress                        []types.SuppressionListReason
	validation                      *types.SuppressionValidationAttributes
	details                         *types.AccountDetails
	vdm                             *types.VdmAttributes
}

func (s *Fake) accountOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.getSendQuota),
		bind(s.getSendStatistics),
		bind(s.getAccountSendingEnabled),
		bind(s.updateAccountSendingEnabled),
	}
}

func (s fakeV2) accountOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.getAccount),
		bind(s.putAccountDetails),
		bind(s.putAccountSending),
		bind(s.putAccountSuppression),
		bind(s.putAccountVdm),
		bind(s.putAccountWarmup),
	}
}

// A dataPoint is what was sent in a quarter of an hour.
type dataPoint struct {
	at                            time.Time
	attempts, bounces, complaints int64
}

// statisticsFor is how long data points are kept ("GetSendStatistics": the last two weeks).
const statisticsFor = 14 * 24 * time.Hour

// count notes what became of a mail. The lock is held.
func (r *region) count(now time.Time, attempts, bounces, complaints int) {
	at := now.Truncate(15 * time.Minute)
	if n := len(r.statistics); n == 0 || !r.statistics[n-1].at.Equal(at) {
		r.statistics = append(r.statistics, &dataPoint{at: at})
	}
	last := r.statistics[len(r.statistics)-1]
	last.attempts += int64(attempts)
	last.bounces += int64(bounces)
	last.complaints += int64(complaints)
	r.statistics = slices.DeleteFunc(r.statistics, func(p *dataPoint) bool { return now.Sub(p.at) > statisticsFor })
}

func (s *Fake) getSendQuota(call *fakeaws.Call, _ *awsses.GetSendQuotaInput) (*fakeaws.Plan[*awsses.GetSendQuotaOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.GetSendQuotaOutput, error) {
		day, rate := r.quota()
		return &awsses.GetSendQuotaOutput{Max24HourSend: day, MaxSendRate: rate, SentLast24Hours: float64(r.sentLately(s.now()))}, nil
	})
}

func (s *Fake) getSendStatistics(call *fakeaws.Call, _ *awsses.GetSendStatisticsInput) (*fakeaws.Plan[*awsses.GetSendStatisticsOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.GetSendStatisticsOutput, error) {
		out := &awsses.GetSendStatisticsOutput{SendDataPoints: []v1.SendDataPoint{}}
		for _, p := range r.statistics {
			if s.now().Sub(p.at) <= statisticsFor {
				out.SendDataPoints = append(out.SendDataPoints, v1.SendDataPoint{Timestamp: aws.Time(p.at), DeliveryAttempts: p.attempts, Bounces: p.bounces, Complaints: p.complaints})
			}
		}
		return out, nil
	})
}

func (s *Fake) getAccountSendingEnabled(call *fakeaws.Call, _ *awsses.GetAccountSendingEnabledInput) (*fakeaws.Plan[*awsses.GetAccountSendingEnabledOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.GetAccountSendingEnabledOutput, error) {
		return &awsses.GetAccountSendingEnabledOutput{Enabled: r.account.sending}, nil
	})
}

func (s *Fake) updateAccountSendingEnabled(call *fakeaws.Call, in *awsses.UpdateAccountSendingEnabledInput) (*fakeaws.Plan[*awsses.UpdateAccountSendingEnabledOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.UpdateAccountSendingEnabledOutput, error) {
		r.account.sending = in.Enabled
		return &awsses.UpdateAccountSendingEnabledOutput{}, nil
	})
}

func (s fakeV2) getAccount(call *fakeaws.Call, _ *sesv2.GetAccountInput) (*fakeaws.Plan[*sesv2.GetAccountOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.GetAccountOutput, error) {
		day, rate := r.quota()
		return &sesv2.GetAccountOutput{
			DedicatedIpAutoWarmupEnabled: r.account.autoWarmup, Details: r.account.details, EnforcementStatus: aws.String("HEALTHY"),
			ProductionAccessEnabled: r.account.production, SendingEnabled: r.account.sending, VdmAttributes: r.account.vdm,
			SendQuota:             &types.SendQuota{Max24HourSend: day, MaxSendRate: rate, SentLast24Hours: float64(r.sentLately(s.now()))},
			SuppressionAttributes: &types.SuppressionAttributes{SuppressedReasons: r.account.suppress, ValidationAttributes: r.account.validation},
		}, nil
	})
}

// putAccountDetails asks for production access, which a person at AWS grants: here it is
// granted at once where it is asked for. A second request is a conflict, as AWS answers it
// while it looks at the first.
func (s fakeV2) putAccountDetails(call *fakeaws.Call, in *sesv2.PutAccountDetailsInput) (*fakeaws.Plan[*sesv2.PutAccountDetailsOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.PutAccountDetailsOutput, error) {
		if r.account.details != nil && aws.ToBool(in.ProductionAccessEnabled) && r.account.production {
			return nil, fail(call, "", "ConflictException", "Account details have been granted.")
		}
		r.account.details = &types.AccountDetails{
			AdditionalContactEmailAddresses: in.AdditionalContactEmailAddresses, ContactLanguage: in.ContactLanguage, MailType: in.MailType,
			WebsiteURL: in.WebsiteURL,
		}
		r.account.details.UseCaseDescription = in.UseCaseDescription //nolint:staticcheck // AWS has it still
		if aws.ToBool(in.ProductionAccessEnabled) {
			r.account.production = true
			r.account.details.ReviewDetails = &types.ReviewDetails{Status: types.ReviewStatusGranted}
		}
		return &sesv2.PutAccountDetailsOutput{}, nil
	})
}

func (s fakeV2) putAccountSending(call *fakeaws.Call, in *sesv2.PutAccountSendingAttributesInput) (*fakeaws.Plan[*sesv2.PutAccountSendingAttributesOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.PutAccountSendingAttributesOutput, error) {
		r.account.sending = in.SendingEnabled
		return &sesv2.PutAccountSendingAttributesOutput{}, nil
	})
}

func (s fakeV2) putAccountSuppression(call *fakeaws.Call, in *sesv2.PutAccountSuppressionAttributesInput) (*fakeaws.Plan[*sesv2.PutAccountSuppressionAttributesOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.PutAccountSuppressionAttributesOutput, error) {
		r.account.suppress, r.account.validation = in.SuppressedReasons, in.ValidationAttributes
		return &sesv2.PutAccountSuppressionAttributesOutput{}, nil
	})
}

func (s fakeV2) putAccountVdm(call *fakeaws.Call, in *sesv2.PutAccountVdmAttributesInput) (*fakeaws.Plan[*sesv2.PutAccountVdmAttributesOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.PutAccountVdmAttributesOutput, error) {
		r.account.vdm = in.VdmAttributes
		return &sesv2.PutAccountVdmAttributesOutput{}, nil
	})
}

func (s fakeV2) putAccountWarmup(call *fakeaws.Call, in *sesv2.PutAccountDedicatedIpWarmupAttributesInput) (*fakeaws.Plan[*sesv2.PutAccountDedicatedIpWarmupAttributesOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.PutAccountDedicatedIpWarmupAttributesOutput, error) {
		r.account.autoWarmup = in.AutoWarmupEnabled
		return &sesv2.PutAccountDedicatedIpWarmupAttributesOutput{}, nil
	})
}
