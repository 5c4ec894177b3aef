package worldtest

import (
	"errors"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Users is an IAM that has users alone, each with one policy: what the tests of a service
// need of IAM. It has no operations.
type Users struct {
	policies map[string]*enforce.Policy // by the user's id; nil allows nothing
	// Asked is called when the policies of a call are asked for: between the plan of
	// the call and what the plan does.
	Asked func()
}

// NewUsers makes an IAM without users.
func NewUsers() *Users { return &Users{policies: make(map[string]*enforce.Policy)} }

// Service is the IAM as a World takes it.
func (u *Users) Service() fakeaws.Service {
	return fakeaws.Service{Name: "iam", New: func(*fakeaws.World) fakeaws.Fake { return directory{u} }}
}

// Add makes a user with an access key, and with a policy unless it is empty.
func (u *Users) Add(w *fakeaws.World, account, name, policy string) *fakeaws.Credential {
	id := w.IDs().Unique("AIDA")
	user := &fakeaws.Credential{
		AccessKeyID: w.IDs().AccessKey("AKIA"), SecretAccessKey: w.IDs().Secret(),
		Caller: &fakeaws.Caller{EntityID: id, Principal: enforce.Principal{
			Type: enforce.User, ARN: fakeaws.ARN("iam", "", account, "user/"+name), Account: account, UserID: id, UserName: name,
		}},
	}
	w.Principals().Set(id, user.Caller.ARN)
	w.SetCredential(user)
	u.SetPolicy(user, policy)
	return user
}

// SetPolicy gives a user a policy in place of any other, or none.
func (u *Users) SetPolicy(user *fakeaws.Credential, policy string) {
	u.policies[user.Caller.EntityID] = nil
	if policy != "" {
		u.policies[user.Caller.EntityID] = enforce.MustParse(policy, enforce.IdentityPolicy)
	}
}

// Delete deletes a user. Its access key stays, and is of nobody.
func (u *Users) Delete(w *fakeaws.World, user *fakeaws.Credential) {
	delete(u.policies, user.Caller.EntityID)
	w.Principals().Delete(user.Caller.EntityID)
}

// A directory is what a World asks of the users.
type directory struct{ *Users }

func (directory) Ops() []fakeaws.Op { return nil }

func (directory) Denied(*fakeaws.Call, *fakeaws.Need, *enforce.Decision) error {
	return errors.New("this IAM has no operations")
}

func (d directory) Policies(caller *fakeaws.Caller, set *enforce.PolicySet, _ func(key, value string)) bool {
	policy, ok := d.policies[caller.EntityID]
	if policy != nil {
		set.Identity = []*enforce.Policy{policy}
	}
	if d.Asked != nil {
		d.Asked()
	}
	return ok
}

func (directory) Role(string) (fakeaws.Role, bool) { return fakeaws.Role{}, false }

func (directory) ManagedPolicy(string) (*enforce.Policy, bool) { return nil, false }

func (directory) ProfileRole(string) (string, bool) { return "", false }

func (directory) MFACode(*fakeaws.Caller, string, string, bool) fakeaws.MFAResult {
	return fakeaws.MFAUnknownDevice
}
