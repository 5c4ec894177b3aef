package iam

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
)

// CreateAccountAlias names the account. An account has one alias: a new one
// takes the place of the old. All accounts of a World share the names, as those
// of AWS do.
func (s *Fake) CreateAccountAlias(ctx context.Context, in *sdk.CreateAccountAliasInput) (*sdk.CreateAccountAliasOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateAccountAliasOutput, error) {
		for _, other := range s.accounts {
			if other.signIn.alias == *in.AccountAlias {
				return nil, alreadyExists(aliasExists, *in.AccountAlias)
			}
		}
		a.signIn.alias = *in.AccountAlias
		return &sdk.CreateAccountAliasOutput{}, nil
	})
}

// DeleteAccountAlias takes its alias from the account.
func (s *Fake) DeleteAccountAlias(ctx context.Context, in *sdk.DeleteAccountAliasInput) (*sdk.DeleteAccountAliasOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.DeleteAccountAliasOutput, error) {
		if a.signIn.alias != *in.AccountAlias {
			return nil, noSuchEntity(noAlias, *in.AccountAlias)
		}
		a.signIn.alias = ""
		return &sdk.DeleteAccountAliasOutput{}, nil
	})
}

// ListAccountAliases lists the account's one alias, if it has one.
func (s *Fake) ListAccountAliases(ctx context.Context, in *sdk.ListAccountAliasesInput) (*sdk.ListAccountAliasesOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListAccountAliasesOutput, error) {
		var aliases []string
		if a.signIn.alias != "" {
			aliases = []string{a.signIn.alias}
		}
		all := ascendSlice(aliases, func(alias string) string { return alias })
		p, err := list(all, in.Marker, in.MaxItems, whole[string])
		return &sdk.ListAccountAliasesOutput{AccountAliases: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}
