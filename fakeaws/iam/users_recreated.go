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
	// unmodifiableTime is what AWS calls several minutes. Unverified.
	unmodifiableTime = 2 * time.Minute
	// Unverified: a user whose name was deleted and made anew just now.
	unmodifiableUser = "Entity with name %s is temporarily unmodifiable. Please wait several minutes before trying again."
)

// noteDeletion remembers when a user was deleted.
func (s *Fake) noteDeletion(u *entity) {
	a := u.account
	if a.deletedUsers == nil {
		a.deletedUsers = make(map[string]time.Time)
	}
	a.deletedUsers[strings.ToLower(u.name)] = s.world.Clock().Now()
}

// delayChanges sets until when a new user cannot be modified, if its name was
// deleted before.
func (s *Fake) delayChanges(u *entity) {
	if at, ok := u.account.deletedUsers[strings.ToLower(u.name)]; ok {
		delete(u.account.deletedUsers, strings.ToLower(u.name))
		u.user.modifiableFrom = at.Add(unmodifiableTime)
	}
}

// modifiableUser performs an operation on a user whose name was not deleted just now.
func modifiableUser[O any](s *Fake, do func(*entity) (O, error)) func(*entity) (O, error) {
	return func(u *entity) (none O, err error) {
		if s.world.Clock().Now().Before(u.user.modifiableFrom) {
			return none, &types.EntityTemporarilyUnmodifiableException{Message: aws.String(fmt.Sprintf(unmodifiableUser, u.name))}
		}
		return do(u)
	}
}
