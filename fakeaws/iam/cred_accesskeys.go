package iam

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// accessKeyOps are the operations on access keys.
func (s *Fake) accessKeyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createAccessKey),
		fakeaws.Bind(s.deleteAccessKey),
		fakeaws.Bind(s.updateAccessKey),
		fakeaws.Bind(s.listAccessKeys),
		fakeaws.Bind(s.getAccessKeyLastUsed),
	}
}

const unknownAccessKey = "The Access Key with id %s cannot be found."

// maxKeys is the quota of access keys per user.
const maxKeys = 2

// An accessKey is a long-term credential. The World has its secret; this is
// what IAM knows of it.
type accessKey struct {
	id      string
	secret  string
	user    *entity
	status  types.StatusType
	created time.Time
	uses    *fakeaws.Uses
}

// addKey enters a key of a user, newest last.
func (s *Fake) addKey(u *entity, c *fakeaws.Credential) *accessKey {
	k := &accessKey{
		id: c.AccessKeyID, secret: c.SecretAccessKey, user: u,
		status: types.StatusTypeActive, created: s.now(), uses: c.Uses,
	}
	u.keys = append(u.keys, k)
	s.keys[k.id] = k
	return k
}

// storeKeys gives the World the credentials of a user as they are now.
func (s *Fake) storeKeys(u *entity) {
	if len(u.keys) == 0 {
		return
	}
	caller := s.callerOf(u)
	for _, k := range u.keys {
		c := &fakeaws.Credential{
			AccessKeyID:     k.id,
			SecretAccessKey: k.secret,
			Inactive:        k.status != types.StatusTypeActive,
			Caller:          caller,
			Uses:            k.uses,
		}
		s.effect("key "+k.id, func() { s.world.SetCredential(c) })
	}
}

// callerOf is who signs with the long-term keys of a user.
func (s *Fake) callerOf(u *entity) *fakeaws.Caller {
	acct, ok := s.world.Account(u.account.id)
	if ok && u == u.account.root {
		return acct.Root.Caller
	}
	c := &fakeaws.Caller{
		Principal: enforce.Principal{
			Type: enforce.User, ARN: u.arn, Account: u.account.id, UserID: u.id, UserName: u.name,
		},
		EntityID: u.id,
		Uses:     u.uses,
	}
	if ok {
		c.CanonicalUser = acct.CanonicalUser
	}
	return c
}

// onAccessKey is the target of GetAccessKeyLastUsed: the user of the key. What AWS
// evaluates for a key that does not exist is unverified.
func onAccessKey(id *string) target[*accessKey] {
	return func(l *lookup) (found[*accessKey], error) {
		k, ok := l.service.keys[*id]
		f := found[*accessKey]{value: k, missing: func() error {
			if !ok || k.user.account != l.account || l.service.keys[*id] != k {
				return noSuchEntity(unknownAccessKey, *id)
			}
			return nil
		}}
		f.resources = []resource{{arn: "*", name: "-"}}
		if ok && k.user.account == l.account {
			f.resources = []resource{{arn: k.user.arn, name: "user " + k.user.name, tags: &k.user.tags}}
		}
		return f, nil
	}
}

// findKey finds a key of a user.
func (s *Fake) findKey(u *entity, id string) (*accessKey, error) {
	if k, ok := s.keys[id]; ok && k.user == u {
		return k, nil
	}
	return nil, noSuchEntity(unknownAccessKey, id)
}

// createAccessKey makes an access key of a user, by default of the caller.
func (s *Fake) createAccessKey(call *fakeaws.Call, in *sdk.CreateAccessKeyInput) (*fakeaws.Plan[*sdk.CreateAccessKeyOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.CreateAccessKeyOutput, error) {
		if len(u.keys) >= maxKeys {
			return nil, quotaExceeded("AccessKeysPerUser", maxKeys)
		}
		ids := s.world.IDs()
		k := s.addKey(u, &fakeaws.Credential{AccessKeyID: ids.AccessKey("AKIA"), SecretAccessKey: ids.Secret(), Uses: new(fakeaws.Uses)})
		s.storeKeys(u)
		return &sdk.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
			AccessKeyId:     aws.String(k.id),
			SecretAccessKey: aws.String(k.secret),
			Status:          k.status,
			UserName:        optional(u.name),
			CreateDate:      aws.Time(k.created),
		}}, nil
	})
}

// deleteAccessKey deletes an access key of a user, by default of the caller.
func (s *Fake) deleteAccessKey(call *fakeaws.Call, in *sdk.DeleteAccessKeyInput) (*fakeaws.Plan[*sdk.DeleteAccessKeyOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.DeleteAccessKeyOutput, error) {
		k, err := s.findKey(u, *in.AccessKeyId)
		if err != nil {
			return nil, err
		}
		u.keys = slices.DeleteFunc(u.keys, func(other *accessKey) bool { return other == k })
		delete(s.keys, k.id)
		s.effect("key "+k.id, func() { s.world.DeleteCredential(k.id) })
		return &sdk.DeleteAccessKeyOutput{}, nil
	})
}

// updateAccessKey makes an access key active or inactive.
func (s *Fake) updateAccessKey(call *fakeaws.Call, in *sdk.UpdateAccessKeyInput) (*fakeaws.Plan[*sdk.UpdateAccessKeyOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.UpdateAccessKeyOutput, error) {
		k, err := s.findKey(u, *in.AccessKeyId)
		if err != nil {
			return nil, err
		}
		if err := checkStatus(in.Status); err != nil {
			return nil, err
		}
		k.status = in.Status
		s.storeKeys(u)
		return &sdk.UpdateAccessKeyOutput{}, nil
	})
}

// listAccessKeys lists the access keys of a user, by default of the caller, by id.
func (s *Fake) listAccessKeys(call *fakeaws.Call, in *sdk.ListAccessKeysInput) (*fakeaws.Plan[*sdk.ListAccessKeysOutput], error) {
	return plan(s, call, in, onUserOrCaller(in.UserName), func(u *entity) (*sdk.ListAccessKeysOutput, error) {
		keys := slices.SortedFunc(slices.Values(u.keys), func(a, b *accessKey) int { return strings.Compare(a.id, b.id) })
		all := page.Sorted(keys, func(k *accessKey) string { return k.id })
		p, err := list(all, in.Marker, in.MaxItems, func(k *accessKey) (types.AccessKeyMetadata, bool) {
			return types.AccessKeyMetadata{
				AccessKeyId: aws.String(k.id),
				CreateDate:  aws.Time(k.created),
				Status:      k.status,
				UserName:    optional(u.name),
			}, true
		})
		return &sdk.ListAccessKeysOutput{AccessKeyMetadata: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// getAccessKeyLastUsed names the user of an access key, and its latest call.
func (s *Fake) getAccessKeyLastUsed(call *fakeaws.Call, in *sdk.GetAccessKeyLastUsedInput) (*fakeaws.Plan[*sdk.GetAccessKeyLastUsedOutput], error) {
	return plan(s, call, in, onAccessKey(in.AccessKeyId), func(k *accessKey) (*sdk.GetAccessKeyLastUsedOutput, error) {
		return &sdk.GetAccessKeyLastUsedOutput{
			UserName:          optional(k.user.name),
			AccessKeyLastUsed: k.lastUsed(),
		}, nil
	})
}

// checkStatus refuses the status that a credential reaches by itself alone.
func checkStatus(s types.StatusType) error {
	if s == types.StatusTypeExpired {
		return constraint.Error(notSettable)
	}
	return nil
}
