package secretsmanager

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/schedule"
)

// A RotationStep is what a rotation function is asked to do.
type RotationStep string

// The steps of a rotation, in order ("Rotation by Lambda function" of the User Guide).
const (
	CreateSecret RotationStep = "createSecret"
	SetSecret    RotationStep = "setSecret"
	TestSecret   RotationStep = "testSecret"
	FinishSecret RotationStep = "finishSecret"
)

// A RotationEvent is the payload with which Secrets Manager invokes a rotation function.
type RotationEvent struct {
	Step RotationStep
	// SecretID is the ARN of the secret, ClientRequestToken the id of its new version.
	SecretID           string `json:"SecretId"`
	ClientRequestToken string
	RotationToken      string
}

// A rotation is how a secret is rotated.
type rotation struct {
	// enabled is nil for a secret that never was configured for rotation.
	enabled  *bool
	function string // its ARN
	rules    *types.RotationRulesType
	schedule schedule.Expression
	last     time.Time // that succeeded
	next     time.Time
	// token and version are those of the rotation in progress.
	token, version string
	// failure is why the last rotation failed.
	failure error
}

// show adds the rotation to the answer about its secret.
func (r *rotation) show(e *types.SecretListEntry) {
	e.RotationEnabled = r.enabled
	if r.function != "" {
		e.RotationLambdaARN = aws.String(r.function)
	}
	e.RotationRules, e.LastRotatedDate = r.rules, timeOf(r.last)
	if aws.ToBool(r.enabled) {
		e.NextRotationDate = timeOf(r.next)
	}
}

// valueChanged begins the interval anew: "Manually updating the secret value by calling
// PutSecretValue or UpdateSecret is considered a valid rotation."
func (r *rotation) valueChanged(now time.Time) {
	if aws.ToBool(r.enabled) && r.rules != nil && r.rules.AutomaticallyAfterDays != nil {
		r.next = nextRotation(&r.schedule, now)
	}
}

// labelsMoved sees whether a rotation in progress has come to its end: its version is the
// current one.
func (r *rotation) labelsMoved(c *content, now time.Time) {
	if r.version != "" && c.labels[current] != nil && c.labels[current].id == r.version {
		r.succeeded(now)
	}
}

// due is when the secret is to be rotated by its schedule; zero for never.
func (x *secret) due() time.Time {
	if x.gone || !x.deleted.IsZero() || !aws.ToBool(x.rotation.enabled) {
		return time.Time{}
	}
	return x.rotation.next
}

func (r *rotation) succeeded(now time.Time) {
	r.last, r.version, r.token, r.failure = now, "", "", nil
	r.next = nextRotation(&r.schedule, now)
}
