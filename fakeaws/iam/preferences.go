package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// preferenceOps are the operations on preferences of an account.
func (s *Fake) preferenceOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.setSecurityTokenServicePreferences),
		fakeaws.Bind(s.enableOutboundWebIdentityFederation),
		fakeaws.Bind(s.disableOutboundWebIdentityFederation),
		fakeaws.Bind(s.getOutboundWebIdentityFederationInfo),
	}
}

// Texts about outbound web identity federation.
const (
	// Unverified: enabling what is enabled.
	outboundEnabled = "Outbound web identity federation is already enabled for your account."
	// Unverified: disabling or describing what is disabled.
	outboundDisabled = "Outbound web identity federation is disabled for your account."
)

// preferences are the switches of an account.
type preferences struct {
	// tokenVersion is that of the tokens of the global STS endpoint; empty is
	// version 1.
	tokenVersion types.GlobalEndpointTokenVersion
	// issuer is the account's own issuer of outbound identity tokens. It is made
	// when the feature is first enabled, and stays.
	issuer   string
	outbound bool
}

// setSecurityTokenServicePreferences sets the version of the tokens that the
// global STS endpoint gives out. It has no other effect in a World, where all
// regions take all tokens.
func (s *Fake) setSecurityTokenServicePreferences(call *fakeaws.Call, in *sdk.SetSecurityTokenServicePreferencesInput) (*fakeaws.Plan[*sdk.SetSecurityTokenServicePreferencesOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.SetSecurityTokenServicePreferencesOutput, error) {
		a.preferences.tokenVersion = in.GlobalEndpointTokenVersion
		return &sdk.SetSecurityTokenServicePreferencesOutput{}, nil
	})
}

// enableOutboundWebIdentityFederation gives the account its issuer of identity
// tokens.
func (s *Fake) enableOutboundWebIdentityFederation(call *fakeaws.Call, in *sdk.EnableOutboundWebIdentityFederationInput) (*fakeaws.Plan[*sdk.EnableOutboundWebIdentityFederationOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.EnableOutboundWebIdentityFederationOutput, error) {
		p := &a.preferences
		if p.outbound {
			return nil, &types.FeatureEnabledException{Message: aws.String(outboundEnabled)}
		}
		if p.issuer == "" {
			p.issuer = "https://" + s.world.IDs().UUID() + ".tokens.sts.global.api.aws"
		}
		p.outbound = true
		return &sdk.EnableOutboundWebIdentityFederationOutput{IssuerIdentifier: aws.String(p.issuer)}, nil
	})
}

// disableOutboundWebIdentityFederation ends the giving out of identity tokens.
func (s *Fake) disableOutboundWebIdentityFederation(call *fakeaws.Call, in *sdk.DisableOutboundWebIdentityFederationInput) (*fakeaws.Plan[*sdk.DisableOutboundWebIdentityFederationOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.DisableOutboundWebIdentityFederationOutput, error) {
		if !a.preferences.outbound {
			return nil, &types.FeatureDisabledException{Message: aws.String(outboundDisabled)}
		}
		a.preferences.outbound = false
		return &sdk.DisableOutboundWebIdentityFederationOutput{}, nil
	})
}

// getOutboundWebIdentityFederationInfo names the account's issuer of identity
// tokens while the feature is enabled.
func (s *Fake) getOutboundWebIdentityFederationInfo(call *fakeaws.Call, in *sdk.GetOutboundWebIdentityFederationInfoInput) (*fakeaws.Plan[*sdk.GetOutboundWebIdentityFederationInfoOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.GetOutboundWebIdentityFederationInfoOutput, error) {
		if !a.preferences.outbound {
			return nil, &types.FeatureDisabledException{Message: aws.String(outboundDisabled)}
		}
		return &sdk.GetOutboundWebIdentityFederationInfoOutput{
			IssuerIdentifier: aws.String(a.preferences.issuer), JwtVendingEnabled: true,
		}, nil
	})
}
