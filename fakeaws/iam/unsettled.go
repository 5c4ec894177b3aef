package iam

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// A user name that was deleted and made anew cannot be modified for several
// minutes, by the operations that have EntityTemporarilyUnmodifiable among their
// errors: ChangePassword, DeactivateMFADevice, DeleteLoginProfile,
// EnableMFADevice, UpdateLoginProfile, UpdateUser (API pages of each).
const (
	// unsettledTime is what AWS calls several minutes. Unverified.
	unsettledTime = 2 * time.Minute
	// Unverified: a user whose name was deleted and made anew just now.
	unsettledUser = "Entity with name %s is temporarily unmodifiable. Please wait several minutes before trying again."
)

// bury remembers when a user was deleted.
func (s *Fake) bury(u *entity) {
	a := u.account
	if a.buried == nil {
		a.buried = make(map[string]time.Time)
	}
	a.buried[strings.ToLower(u.name)] = s.world.Clock().Now()
}

// exhume tells a new user how long it cannot be modified.
func (s *Fake) exhume(u *entity) {
	if died, ok := u.account.buried[strings.ToLower(u.name)]; ok {
		delete(u.account.buried, strings.ToLower(u.name))
		u.user.settles = died.Add(unsettledTime)
	}
}

// settled performs an operation on a user whose name was not deleted just now.
func settled[O any](s *Fake, do func(*entity) (*O, error)) func(*entity) (*O, error) {
	return func(u *entity) (*O, error) {
		if s.world.Clock().Now().Before(u.user.settles) {
			return nil, &types.EntityTemporarilyUnmodifiableException{Message: aws.String(fmt.Sprintf(unsettledUser, u.name))}
		}
		return do(u)
	}
}
