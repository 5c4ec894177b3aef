package ses

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) identityOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.verifyEmailIdentity),
		bind(s.verifyEmailAddress),
		bind(s.verifyDomainIdentity),
		bind(s.verifyDomainDkim),
		bind(s.deleteIdentity),
		bind(s.deleteVerifiedEmailAddress),
		bind(s.listIdentities),
		bind(s.listVerifiedEmailAddresses),
		bind(s.getIdentityVerificationAttributes),
	}
}

// add makes an identity unless there is one, as version 1 does, which verifies anew. The lock
// is held.
func (r *region) add(name string) *identity {
	x := r.identities[name]
	if x == nil {
		x = newIdentity(r.place, name)
		r.identities[name] = x
	}
	return x
}

// verify plans that an identity is added to those of the account.
func verify[O any](s *Fake, call *fakeaws.Call, name *string, address bool, do func(*region, *identity) O) (*fakeaws.Plan[O], error) {
	id, err := checkIdentity(call, aws.ToString(name))
	if err == nil && strings.Contains(id, "@") != address {
		err = invalid(call, textAddress, *name)
		if !address {
			err = invalid(call, textDomain, *name)
		}
	}
	if err != nil {
		return nil, err
	}
	return onAccount(s, call, func(r *region) (none O, _ error) {
		if r.identities[id] == nil && len(r.identities) >= maxResources {
			return none, limitExceeded(call, textManyResources, maxResources)
		}
		return do(r, r.add(id)), nil
	})
}

func (s *Fake) verifyEmailIdentity(call *fakeaws.Call, in *awsses.VerifyEmailIdentityInput) (*fakeaws.Plan[*awsses.VerifyEmailIdentityOutput], error) {
	return verify(s, call, in.EmailAddress, true, func(r *region, x *identity) *awsses.VerifyEmailIdentityOutput {
		s.askToVerify(call, r, x.name, nil, "")
		return &awsses.VerifyEmailIdentityOutput{}
	})
}

func (s *Fake) verifyEmailAddress(call *fakeaws.Call, in *awsses.VerifyEmailAddressInput) (*fakeaws.Plan[*awsses.VerifyEmailAddressOutput], error) {
	return verify(s, call, in.EmailAddress, true, func(r *region, x *identity) *awsses.VerifyEmailAddressOutput {
		s.askToVerify(call, r, x.name, nil, "")
		return &awsses.VerifyEmailAddressOutput{}
	})
}

func (s *Fake) verifyDomainIdentity(call *fakeaws.Call, in *awsses.VerifyDomainIdentityInput) (*fakeaws.Plan[*awsses.VerifyDomainIdentityOutput], error) {
	return verify(s, call, in.Domain, false, func(_ *region, x *identity) *awsses.VerifyDomainIdentityOutput {
		return &awsses.VerifyDomainIdentityOutput{VerificationToken: aws.String(x.verification())}
	})
}

func (s *Fake) verifyDomainDkim(call *fakeaws.Call, in *awsses.VerifyDomainDkimInput) (*fakeaws.Plan[*awsses.VerifyDomainDkimOutput], error) {
	return verify(s, call, in.Domain, false, func(_ *region, x *identity) *awsses.VerifyDomainDkimOutput {
		x.dkimStarted = true
		return &awsses.VerifyDomainDkimOutput{DkimTokens: x.tokens()}
	})
}

// deleteIdentity deletes one. That there is none is no error.
func (s *Fake) deleteIdentity(call *fakeaws.Call, in *awsses.DeleteIdentityInput) (*fakeaws.Plan[*awsses.DeleteIdentityOutput], error) {
	name, err := named(call, in.Identity)
	if err != nil {
		return nil, err
	}
	return onAccount(s, call, func(r *region) (*awsses.DeleteIdentityOutput, error) {
		delete(r.identities, name)
		return &awsses.DeleteIdentityOutput{}, nil
	})
}

func (s *Fake) deleteVerifiedEmailAddress(call *fakeaws.Call, in *awsses.DeleteVerifiedEmailAddressInput) (*fakeaws.Plan[*awsses.DeleteVerifiedEmailAddressOutput], error) {
	name, err := named(call, in.EmailAddress)
	if err != nil {
		return nil, err
	}
	return onAccount(s, call, func(r *region) (*awsses.DeleteVerifiedEmailAddressOutput, error) {
		delete(r.identities, name)
		return &awsses.DeleteVerifiedEmailAddressOutput{}, nil
	})
}

// maxItems is how many identities a page has at most ("ListIdentities": 1 to 1000).
const maxItems = 1000

func (s *Fake) listIdentities(call *fakeaws.Call, in *awsses.ListIdentitiesInput) (*fakeaws.Plan[*awsses.ListIdentitiesOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.ListIdentitiesOutput, error) {
		p, err := pageOf(call, r.identities, in.NextToken, sizeOf(in.MaxItems, maxItems), func(name string, x *identity) (string, bool) {
			return name, in.IdentityType == "" || (in.IdentityType == types.IdentityTypeDomain) == x.isDomain()
		})
		return &awsses.ListIdentitiesOutput{Identities: p.Items, NextToken: p.Next}, err
	})
}

// sizeOf is the size of a page that a call asks for, which is at most that of the service.
func sizeOf(asked *int32, most int) int { return max(1, min(page.Size(asked, most), most)) }

func (s *Fake) listVerifiedEmailAddresses(call *fakeaws.Call, _ *awsses.ListVerifiedEmailAddressesInput) (*fakeaws.Plan[*awsses.ListVerifiedEmailAddressesOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.ListVerifiedEmailAddressesOutput, error) {
		p, err := pageOf(call, r.identities, nil, maxResources, func(name string, x *identity) (string, bool) {
			return name, x.verified && !x.isDomain()
		})
		return &awsses.ListVerifiedEmailAddressesOutput{VerifiedEmailAddresses: p.Items}, err
	})
}

// maxAsked is how many identities a call can ask about ("GetIdentityVerificationAttributes":
// up to 100).
const maxAsked = 100

// attributes plans that a call reads something of identities. What there is none of the answer
// leaves out.
func attributes[O, T any](s *Fake, call *fakeaws.Call, asked []string, show func(*identity) T, answer func(map[string]T) O) (*fakeaws.Plan[O], error) {
	if len(asked) > maxAsked {
		return nil, invalid(call, textManyResources, maxAsked)
	}
	return onAccount(s, call, func(r *region) (none O, err error) {
		all := make(map[string]T, len(asked))
		for _, text := range asked {
			name, err := named(call, &text)
			if err != nil {
				return none, err
			}
			if x := r.identities[name]; x != nil {
				all[text] = show(x)
			}
		}
		return answer(all), nil
	})
}

func (s *Fake) getIdentityVerificationAttributes(call *fakeaws.Call, in *awsses.GetIdentityVerificationAttributesInput) (*fakeaws.Plan[*awsses.GetIdentityVerificationAttributesOutput], error) {
	return attributes(s, call, in.Identities, func(x *identity) types.IdentityVerificationAttributes {
		out := types.IdentityVerificationAttributes{VerificationStatus: types.VerificationStatusPending}
		if x.verified {
			out.VerificationStatus = types.VerificationStatusSuccess
		}
		if x.isDomain() {
			out.VerificationToken = aws.String(x.verification())
		}
		return out
	}, func(all map[string]types.IdentityVerificationAttributes) *awsses.GetIdentityVerificationAttributesOutput {
		return &awsses.GetIdentityVerificationAttributesOutput{VerificationAttributes: all}
	})
}
