package secretsmanager

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) deleteOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.deleteSecret),
		fakeaws.Bind(s.restoreSecret),
	}
}

const (
	minWindow, maxWindow, defaultWindow = 7, 30, 30 // days

	// forcedDelay is how long a secret that was deleted without recovery is still there:
	// "there might be a short delay before the secret is permanently deleted". How long
	// is unverified.
	forcedDelay = 2 * time.Second
)

// deleteSecret marks a secret for deletion. Its recovery window ends on the World's clock.
func (s *Fake) deleteSecret(call *fakeaws.Call, in *sm.DeleteSecretInput) (*fakeaws.Plan[*sm.DeleteSecretOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:DeleteSecret")
	if err != nil {
		return nil, err
	}
	days := int64(defaultWindow)
	force := aws.ToBool(in.ForceDeleteWithoutRecovery)
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
		if days < minWindow || days > maxWindow {
			return nil, invalidParameter(textWindow)
		}
		if force {
			return nil, invalidParameter(textForceAndWindow)
		}
	}
	setBool("secretsmanager:ForceDeleteWithoutRecovery", in.ForceDeleteWithoutRecovery)(&t.need.Context)
	setDays(in.RecoveryWindowInDays)(&t.need.Context)
	plan := planFor(s, t, deletedToo, nil, func(x *secret) (*sm.DeleteSecretOutput, error) {
		return s.delete(x, force, days)
	})
	if perform := plan.Do; force && t.secret == nil {
		// "If you forcibly delete an already deleted or nonexistent secret, the operation
		// does not return ResourceNotFoundException."
		plan.Do = func() (*sm.DeleteSecretOutput, error) {
			if _, err := perform(); err == nil {
				return nil, noSecret() // cannot be: there is no secret
			}
			return &sm.DeleteSecretOutput{ARN: aws.String(t.need.Resource), Name: aws.String(t.ref.id.name), DeletionDate: aws.Time(s.now())}, nil
		}
	}
	return plan, nil
}

func setDays(days *int64) contextKey {
	return func(c *enforce.Context) {
		if days != nil {
			c.Set("secretsmanager:RecoveryWindowInDays", strconv.FormatInt(*days, 10))
		}
	}
}

// delete marks the secret. The lock is held. One that waits for its deletion can be deleted
// at once, and not marked again.
func (s *Fake) delete(x *secret, force bool, days int64) (*sm.DeleteSecretOutput, error) {
	if len(x.replicas) > 0 {
		return nil, invalidParameter(fmt.Sprintf(textHasReplicas, x.arn(), strings.Join(x.replicaRegions(), ", ")))
	}
	if !x.deleted.IsZero() && !force {
		return nil, invalidRequest(textAlreadyDeleted)
	}
	now := s.now()
	x.deleted, x.changed = now, now
	date := now
	if force {
		x.expires, x.forced = now.Add(forcedDelay), true
	} else {
		date = now.AddDate(0, 0, int(days))
		x.expires = date
	}
	return &sm.DeleteSecretOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name), DeletionDate: &date}, nil
}

// restoreSecret takes the mark away. That a secret without one is answered as restored is
// unverified.
func (s *Fake) restoreSecret(call *fakeaws.Call, in *sm.RestoreSecretInput) (*fakeaws.Plan[*sm.RestoreSecretOutput], error) {
	return onSecret(s, call, in, in.SecretId, deletedToo, func(x *secret) (*sm.RestoreSecretOutput, error) {
		if x.forced {
			return nil, noSecret()
		}
		if !x.deleted.IsZero() {
			x.changed = s.now()
		}
		x.deleted, x.expires = time.Time{}, time.Time{}
		s.schedule(x)
		return &sm.RestoreSecretOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}, nil
	})
}
