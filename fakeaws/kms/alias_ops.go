package kms

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxAliases is how many aliases a key can have ("Resource quotas").
const maxAliases = 50

func (s *Fake) aliasOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.createAlias), bind(s.updateAlias), bind(s.deleteAlias)}
}

var aliasText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`) })

// checkAlias refuses a name that no alias of a customer's can have.
func checkAlias(name *string) error {
	switch n := aws.ToString(name); {
	case !strings.HasPrefix(n, "alias/"):
		return invalid(textAliasPrefix)
	case !aliasText().MatchString(n):
		return invalidAlias("Invalid alias name " + n)
	case strings.HasPrefix(n, "alias/aws/"):
		return &fakeaws.Error{Code: "NotAuthorizedException", Message: textAliasReserved, Status: 400}
	}
	return nil
}

// aliasNeed is the permission on an alias, which IAM policies alone give.
func aliasNeed(call *fakeaws.Call, action string, name *string) fakeaws.Need {
	return fakeaws.Need{
		Action: action, Resource: fakeaws.ARN("kms", call.Region, call.Account, aws.ToString(name)), ResourceAccount: call.Account,
	}
}

// createAlias gives a key an alias. It needs the permission on both ("Controlling access to
// aliases").
func (s *Fake) createAlias(call *fakeaws.Call, in *awskms.CreateAliasInput) (*fakeaws.Plan[*awskms.CreateAliasOutput], error) {
	if err := checkAlias(in.AliasName); err != nil {
		return nil, err
	}
	u := &use{id: in.TargetKeyId, action: "kms:CreateAlias"}
	plan, err := changeKey(s, call, u, notPending, func(key *fakeaws.Key, now time.Time) (*awskms.CreateAliasOutput, error) {
		at := fakeaws.ARN("kms", call.Region, call.Account, *in.AliasName)
		if s.keys().Alias(at, now) != nil {
			return nil, alreadyExists("An alias with the name " + at + " already exists")
		}
		if key.AliasCount() >= maxAliases {
			return nil, limitExceeded(textAliases)
		}
		key.PutAlias(*in.AliasName, now)
		return &awskms.CreateAliasOutput{}, nil
	})
	if err == nil {
		plan.Needs = append(plan.Needs, aliasNeed(call, u.action, in.AliasName))
	}
	return plan, err
}

// updateAlias gives an alias to another key. It needs the permission on the alias and on
// both keys.
func (s *Fake) updateAlias(call *fakeaws.Call, in *awskms.UpdateAliasInput) (*fakeaws.Plan[*awskms.UpdateAliasOutput], error) {
	if err := checkAlias(in.AliasName); err != nil {
		return nil, err
	}
	before := s.find(call, &use{id: in.AliasName, action: "kms:UpdateAlias"})
	u := &use{id: in.TargetKeyId, action: "kms:UpdateAlias"}
	plan, err := changeKey(s, call, u, notPending, func(key *fakeaws.Key, now time.Time) (*awskms.UpdateAliasOutput, error) {
		at := fakeaws.ARN("kms", call.Region, call.Account, *in.AliasName)
		from := s.keys().Alias(at, now)
		switch {
		case before.missing != nil:
			return nil, before.missing
		case from != before.Key:
			return nil, notFound("Alias " + at + " is not found.")
		case isAsymmetric(from.Spec) != isAsymmetric(key.Spec), from.Usage != key.Usage:
			return nil, invalid(textAliasKind)
		case key != from && key.AliasCount() >= maxAliases:
			return nil, limitExceeded(textAliases)
		}
		key.PutAlias(*in.AliasName, now)
		return &awskms.UpdateAliasOutput{}, nil
	})
	if err == nil {
		plan.Needs = append(plan.Needs, aliasNeed(call, u.action, in.AliasName))
		if before.missing == nil {
			plan.Needs = append(plan.Needs, before.need)
		}
	}
	return plan, err
}

func (s *Fake) deleteAlias(call *fakeaws.Call, in *awskms.DeleteAliasInput) (*fakeaws.Plan[*awskms.DeleteAliasOutput], error) {
	if err := checkAlias(in.AliasName); err != nil {
		return nil, err
	}
	f := s.find(call, &use{id: in.AliasName, action: "kms:DeleteAlias"})
	needs := []fakeaws.Need{aliasNeed(call, "kms:DeleteAlias", in.AliasName)}
	if f.missing == nil {
		needs = append(needs, f.need)
	}
	return &fakeaws.Plan[*awskms.DeleteAliasOutput]{Needs: needs, Do: func() (*awskms.DeleteAliasOutput, error) {
		if f.missing != nil {
			return nil, f.missing
		}
		now, at := s.now(), fakeaws.ARN("kms", call.Region, call.Account, *in.AliasName)
		s.keys().Lock()
		defer s.keys().Unlock()
		if s.keys().Alias(at, now) != f.Key {
			return nil, notFound("Alias " + at + " is not found.")
		}
		f.DeleteAlias(*in.AliasName)
		return &awskms.DeleteAliasOutput{}, nil
	}}, nil
}
