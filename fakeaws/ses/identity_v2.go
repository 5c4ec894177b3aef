package ses

import (
	"cmp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s fakeV2) identityOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createEmailIdentity),
		bind(s.getEmailIdentity),
		bind(s.deleteEmailIdentity),
		bind(s.listEmailIdentities),
	}
}

func (s fakeV2) identitySettingOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.putDkim),
		bind(s.putDkimSigning),
		bind(s.putFeedback),
		bind(s.putMailFrom),
		bind(s.putIdentitySet),
	}
}

// onIdentityV2 plans an operation of version 2 on an identity.
func onIdentityV2[O any](s fakeV2, call *fakeaws.Call, of *string, do func(*region, *identity) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	name, err := named(call, of)
	if err != nil {
		return nil, err
	}
	return on(s.Fake, call, identities, name, do, keys...)
}

// createEmailIdentity adds an identity, which is verified by the owner of the address or the
// domain: a test does that.
func (s fakeV2) createEmailIdentity(call *fakeaws.Call, in *sesv2.CreateEmailIdentityInput) (*fakeaws.Plan[*sesv2.CreateEmailIdentityOutput], error) {
	name, err := checkIdentity(call, aws.ToString(in.EmailIdentity))
	if err != nil {
		return nil, err
	}
	tags, err := tagsOf(call, in.Tags)
	if err != nil {
		return nil, err
	}
	return create(s.Fake, call, identities, name, tags, func(r *region) (*identity, *sesv2.CreateEmailIdentityOutput, error) {
		x := newIdentity(r.place, name)
		x.tags, x.dkim, x.dkimStarted = tags, x.isDomain(), x.isDomain()
		if in.DkimSigningAttributes != nil {
			if err := x.sign(call, cmp.Or(in.DkimSigningAttributes.DomainSigningAttributesOrigin, originOf(in.DkimSigningAttributes)), in.DkimSigningAttributes); err != nil {
				return nil, nil, err
			}
		}
		if set := aws.ToString(in.ConfigurationSetName); set != "" {
			if r.sets[set] == nil {
				return nil, nil, sets.missing(call, set)
			}
			x.set = set
		}
		if !x.isDomain() {
			s.askToVerify(call, r, name, nil, "")
		}
		return x, &sesv2.CreateEmailIdentityOutput{DkimAttributes: x.dkimAttributes(), IdentityType: x.kind()}, nil
	})
}

func originOf(a *types.DkimSigningAttributes) types.DkimSigningAttributesOrigin {
	if a.DomainSigningPrivateKey != nil {
		return types.DkimSigningAttributesOriginExternal
	}
	return types.DkimSigningAttributesOriginAwsSes
}

// sign sets with which keys mail is signed.
func (x *identity) sign(call *fakeaws.Call, origin types.DkimSigningAttributesOrigin, a *types.DkimSigningAttributes) error {
	if a == nil {
		a = new(types.DkimSigningAttributes)
	}
	switch origin {
	case types.DkimSigningAttributesOriginAwsSes:
		x.keyLength = a.NextSigningKeyLength
		x.selector = ""
	case types.DkimSigningAttributesOriginExternal:
		if a.DomainSigningPrivateKey == nil || a.DomainSigningSelector == nil {
			return invalid(call, textValue, origin, "SigningAttributesOrigin")
		}
		x.selector = *a.DomainSigningSelector
	default:
		return notImplemented("the DKIM key of another region, " + string(origin) + ",")
	}
	x.origin, x.dkimStarted = origin, true
	return nil
}

func (s fakeV2) getEmailIdentity(call *fakeaws.Call, in *sesv2.GetEmailIdentityInput) (*fakeaws.Plan[*sesv2.GetEmailIdentityOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.GetEmailIdentityOutput, error) {
		out := &sesv2.GetEmailIdentityOutput{
			IdentityType: x.kind(), FeedbackForwardingStatus: !x.noForwarding, VerifiedForSendingStatus: x.verified, VerificationStatus: x.status(),
			DkimAttributes: x.dkimAttributes(), Policies: x.documents(nil), Tags: shownTags(x.tags),
			MailFromAttributes: &types.MailFromAttributes{BehaviorOnMxFailure: types.BehaviorOnMxFailureUseDefaultValue},
		}
		if x.set != "" {
			out.ConfigurationSetName = aws.String(x.set)
		}
		if x.mailFrom != "" {
			out.MailFromAttributes.MailFromDomain, out.MailFromAttributes.MailFromDomainStatus = aws.String(x.mailFrom), types.MailFromDomainStatusSuccess
		}
		if x.rejectOnMX {
			out.MailFromAttributes.BehaviorOnMxFailure = types.BehaviorOnMxFailureRejectMessage
		}
		return out, nil
	})
}

func (s fakeV2) deleteEmailIdentity(call *fakeaws.Call, in *sesv2.DeleteEmailIdentityInput) (*fakeaws.Plan[*sesv2.DeleteEmailIdentityOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(r *region, x *identity) (*sesv2.DeleteEmailIdentityOutput, error) {
		delete(r.identities, x.name)
		return &sesv2.DeleteEmailIdentityOutput{}, nil
	})
}

func (s fakeV2) listEmailIdentities(call *fakeaws.Call, in *sesv2.ListEmailIdentitiesInput) (*fakeaws.Plan[*sesv2.ListEmailIdentitiesOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.ListEmailIdentitiesOutput, error) {
		p, err := pageOf(call, r.identities, in.NextToken, sizeOf(in.PageSize, maxItems), func(name string, x *identity) (types.IdentityInfo, bool) {
			info := types.IdentityInfo{IdentityName: aws.String(name), IdentityType: x.kind(), SendingEnabled: x.verified, VerificationStatus: x.status()}
			for key, value := range in.Filter {
				switch types.IdentityFilterKey(key) {
				case types.IdentityFilterKeyIdentityNameContains:
					if !strings.Contains(name, value) {
						return info, false
					}
				case types.IdentityFilterKeyIdentityType:
					if value != string(info.IdentityType) {
						return info, false
					}
				case types.IdentityFilterKeyVerificationStatus:
					if value != string(info.VerificationStatus) {
						return info, false
					}
				}
			}
			return info, true
		})
		return &sesv2.ListEmailIdentitiesOutput{EmailIdentities: p.Items, NextToken: p.Next}, err
	})
}

func (s fakeV2) putDkim(call *fakeaws.Call, in *sesv2.PutEmailIdentityDkimAttributesInput) (*fakeaws.Plan[*sesv2.PutEmailIdentityDkimAttributesOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.PutEmailIdentityDkimAttributesOutput, error) {
		x.dkim = in.SigningEnabled
		return &sesv2.PutEmailIdentityDkimAttributesOutput{}, nil
	})
}

func (s fakeV2) putDkimSigning(call *fakeaws.Call, in *sesv2.PutEmailIdentityDkimSigningAttributesInput) (*fakeaws.Plan[*sesv2.PutEmailIdentityDkimSigningAttributesOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.PutEmailIdentityDkimSigningAttributesOutput, error) {
		if err := x.sign(call, in.SigningAttributesOrigin, in.SigningAttributes); err != nil {
			return nil, err
		}
		a := x.dkimAttributes()
		return &sesv2.PutEmailIdentityDkimSigningAttributesOutput{DkimStatus: a.Status, DkimTokens: a.Tokens}, nil
	})
}

func (s fakeV2) putFeedback(call *fakeaws.Call, in *sesv2.PutEmailIdentityFeedbackAttributesInput) (*fakeaws.Plan[*sesv2.PutEmailIdentityFeedbackAttributesOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.PutEmailIdentityFeedbackAttributesOutput, error) {
		x.noForwarding = !in.EmailForwardingEnabled
		return &sesv2.PutEmailIdentityFeedbackAttributesOutput{}, nil
	})
}

func (s fakeV2) putMailFrom(call *fakeaws.Call, in *sesv2.PutEmailIdentityMailFromAttributesInput) (*fakeaws.Plan[*sesv2.PutEmailIdentityMailFromAttributesOutput], error) {
	return onIdentityV2(s, call, in.EmailIdentity, func(_ *region, x *identity) (*sesv2.PutEmailIdentityMailFromAttributesOutput, error) {
		if err := x.setMailFrom(call, in.MailFromDomain, in.BehaviorOnMxFailure == types.BehaviorOnMxFailureRejectMessage); err != nil {
			return nil, err
		}
		return &sesv2.PutEmailIdentityMailFromAttributesOutput{}, nil
	})
}

// putIdentitySet sets the configuration set of mail that names none. It takes the permission
// on the set too.
func (s fakeV2) putIdentitySet(call *fakeaws.Call, in *sesv2.PutEmailIdentityConfigurationSetAttributesInput) (*fakeaws.Plan[*sesv2.PutEmailIdentityConfigurationSetAttributesOutput], error) {
	set := aws.ToString(in.ConfigurationSetName)
	plan, err := onIdentityV2(s, call, in.EmailIdentity, func(r *region, x *identity) (*sesv2.PutEmailIdentityConfigurationSetAttributesOutput, error) {
		if set != "" && r.sets[set] == nil {
			return nil, sets.missing(call, set)
		}
		x.set = set
		return &sesv2.PutEmailIdentityConfigurationSetAttributesOutput{}, nil
	})
	if err != nil || set == "" {
		return plan, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	plan.Needs = append(plan.Needs, sets.need(s.Fake, call, call.Operation, set))
	return plan, nil
}
