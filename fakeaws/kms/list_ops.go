package kms

import (
	"iter"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// The lengths of pages where a request does not say, and at most (API reference).
const (
	pageKeys = 100
	mostKeys = 1000
	pageFew  = 50
	mostFew  = 100
)

func (s *Fake) listOps() []fakeaws.Op { return []fakeaws.Op{bind(s.listKeys), bind(s.listAliases)} }

// pageOf returns the page of a list that a request asks for, in the order of its keys.
func pageOf[V, T any](all []V, key func(V) string, limit *int32, marker *string, otherwise, most int, show func(V) T) (page.Page[T], error) {
	if limit != nil && int(*limit) > most {
		return page.Page[T]{}, invalid("1 validation error detected: Value '" + itoa(*limit) + "' at 'limit' failed to satisfy constraint: Member must have value less than or equal to " + itoa(int32(most)))
	}
	after, ok := page.After(marker)
	if !ok {
		return page.Page[T]{}, invalidMarker()
	}
	slices.SortFunc(all, func(a, b V) int { return strings.Compare(key(a), key(b)) })
	return page.Of(page.Sorted(all, key), after, page.Size(limit, otherwise), page.Every(show)), nil
}

func (s *Fake) listKeys(call *fakeaws.Call, in *awskms.ListKeysInput) (*fakeaws.Plan[*awskms.ListKeysOutput], error) {
	need := account(call, "kms:ListKeys")
	return &fakeaws.Plan[*awskms.ListKeysOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awskms.ListKeysOutput, error) {
		now := s.now()
		s.keys().Lock()
		all := slices.Collect(s.keys().Of(call.Account, call.Region, now))
		s.keys().Unlock()
		p, err := pageOf(all, func(k *fakeaws.Key) string { return k.ID }, in.Limit, in.Marker, pageKeys, mostKeys, func(k *fakeaws.Key) types.KeyListEntry {
			return types.KeyListEntry{KeyId: &k.ID, KeyArn: &k.ARN}
		})
		if err != nil {
			return nil, err
		}
		return &awskms.ListKeysOutput{Keys: p.Items, NextMarker: p.Next, Truncated: p.Truncated()}, nil
	}}, nil
}

// listAliases lists the aliases of the account, or those of one key of it.
func (s *Fake) listAliases(call *fakeaws.Call, in *awskms.ListAliasesInput) (*fakeaws.Plan[*awskms.ListAliasesOutput], error) {
	need := account(call, "kms:ListAliases")
	return &fakeaws.Plan[*awskms.ListAliasesOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awskms.ListAliasesOutput, error) {
		var of *fakeaws.Key
		if in.KeyId != nil {
			f := s.find(call, &use{id: in.KeyId, action: need.Action, noAlias: true})
			if f.missing != nil {
				return nil, f.missing
			}
			of = f.Key
		}
		now := s.now()
		s.keys().Lock()
		defer s.keys().Unlock()
		all := aliasesOf(s.keys().Aliases(call.Account, call.Region, now), of)
		p, err := pageOf(all, func(a fakeaws.KeyAlias) string { return a.Name }, in.Limit, in.Marker, pageFew, mostFew, func(a fakeaws.KeyAlias) types.AliasListEntry {
			return types.AliasListEntry{
				AliasName: aws.String(a.Name), AliasArn: aws.String(fakeaws.ARN("kms", a.Key.Region, a.Key.Account, a.Name)),
				TargetKeyId: &a.Key.ID, CreationDate: aws.Time(a.Created), LastUpdatedDate: aws.Time(a.Updated),
			}
		})
		if err != nil {
			return nil, err
		}
		return &awskms.ListAliasesOutput{Aliases: p.Items, NextMarker: p.Next, Truncated: p.Truncated()}, nil
	}}, nil
}

func aliasesOf(all iter.Seq[fakeaws.KeyAlias], of *fakeaws.Key) []fakeaws.KeyAlias {
	return slices.Collect(func(yield func(fakeaws.KeyAlias) bool) {
		for a := range all {
			if (of == nil || a.Key == of) && !yield(a) {
				return
			}
		}
	})
}
