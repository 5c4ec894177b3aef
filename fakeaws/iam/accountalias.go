package iam

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// aliasOps are the operations on account aliases.
func (s *Fake) aliasOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createAccountAlias),
		fakeaws.Bind(s.deleteAccountAlias),
		fakeaws.Bind(s.listAccountAliases),
	}
}

// createAccountAlias names the account. An account has one alias: a new one
// takes the place of the old. All accounts of a World share the names, as those
// of AWS do.
func (s *Fake) createAccountAlias(call *fakeaws.Call, in *sdk.CreateAccountAliasInput) (*fakeaws.Plan[*sdk.CreateAccountAliasOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.CreateAccountAliasOutput, error) {
		for _, other := range s.accounts {
			if other.signIn.alias == *in.AccountAlias {
				return nil, alreadyExists(aliasExists, *in.AccountAlias)
			}
		}
		a.signIn.alias = *in.AccountAlias
		return &sdk.CreateAccountAliasOutput{}, nil
	})
}

// deleteAccountAlias takes its alias from the account.
func (s *Fake) deleteAccountAlias(call *fakeaws.Call, in *sdk.DeleteAccountAliasInput) (*fakeaws.Plan[*sdk.DeleteAccountAliasOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.DeleteAccountAliasOutput, error) {
		if a.signIn.alias != *in.AccountAlias {
			return nil, noSuchEntity(noAlias, *in.AccountAlias)
		}
		a.signIn.alias = ""
		return &sdk.DeleteAccountAliasOutput{}, nil
	})
}

// listAccountAliases lists the account's one alias, if it has one.
func (s *Fake) listAccountAliases(call *fakeaws.Call, in *sdk.ListAccountAliasesInput) (*fakeaws.Plan[*sdk.ListAccountAliasesOutput], error) {
	return plan(s, call, in, onAccount, func(a *account) (*sdk.ListAccountAliasesOutput, error) {
		var aliases []string
		if a.signIn.alias != "" {
			aliases = []string{a.signIn.alias}
		}
		all := page.Sorted(aliases, func(alias string) string { return alias })
		p, err := list(all, in.Marker, in.MaxItems, page.All[string])
		return &sdk.ListAccountAliasesOutput{AccountAliases: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}
