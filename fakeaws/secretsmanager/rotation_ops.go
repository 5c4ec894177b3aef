package secretsmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/schedule"
)

func (s *Fake) rotationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.rotateSecret),
		fakeaws.Bind(s.cancelRotateSecret),
	}
}

// principal is Secrets Manager as one who calls Lambda.
const principal = "secretsmanager.amazonaws.com"

// rotateSecret configures the rotation of a secret, and begins one. The caller and Secrets
// Manager both need lambda:InvokeFunction on the function. It does the steps before the call
// returns. Their failure is no error of the call, which AWS answers before.
func (s *Fake) rotateSecret(call *fakeaws.Call, in *sm.RotateSecretInput) (*fakeaws.Plan[*sm.RotateSecretOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:RotateSecret")
	if err != nil {
		return nil, err
	}
	if in.ExternalSecretRotationMetadata != nil || in.ExternalSecretRotationRoleArn != nil {
		return nil, notImplemented("external secrets (ExternalSecretRotationMetadata, ExternalSecretRotationRoleArn) are not implemented")
	}
	own := *in
	own.ClientRequestToken = s.tokenFor(call, in.ClientRequestToken)
	in = &own
	r := &rotating{in: in, call: call, function: aws.ToString(in.RotationLambdaARN), now: in.RotateImmediately == nil || *in.RotateImmediately}
	if in.RotationRules != nil {
		if r.schedule, err = readSchedule(in.RotationRules); err != nil {
			return nil, err
		}
	}
	keys := &t.need.Context
	setString("secretsmanager:RotationLambdaARN", in.RotationLambdaARN)(keys)
	setBool("secretsmanager:RotateImmediately", in.RotateImmediately)(keys)
	if in.RotationRules != nil {
		// That the key is absent from other calls, and not false, is unverified.
		keys.SetBool("secretsmanager:ModifyRotationRules", true)
	}
	if t.secret != nil && r.function == "" {
		s.mu.Lock()
		r.function = t.secret.rotation.function
		s.mu.Unlock()
	}
	needs, err := s.invoking(call, t, r)
	begin := planFor(s, t, 0, needs, func(x *secret) (*sm.RotateSecretOutput, error) { return s.begin(x, r) })
	if perform := begin.Do; err == nil {
		begin.Do = func() (*sm.RotateSecretOutput, error) {
			out, err := perform()
			if err == nil {
				s.steps(call, r)
			}
			return out, err
		}
	}
	return begin.Refusing(err), nil
}

// A rotating is a call of RotateSecret at work.
type rotating struct {
	in       *sm.RotateSecretInput
	call     *fakeaws.Call
	function string // its ARN
	schedule schedule.Expression
	now      bool // else the configuration is tested alone

	// What begin has found.
	secret *secret
	event  RotationEvent
}

// invoking is the permission to invoke the function. An error is answered when the call is
// allowed: that there is no function, or Secrets Manager itself may not invoke it.
func (s *Fake) invoking(call *fakeaws.Call, t *target, r *rotating) ([]fakeaws.Need, error) {
	if t.secret == nil {
		return nil, nil
	}
	if r.function == "" {
		return nil, invalidRequest(textNoFunction)
	}
	function, err := awsarn.Parse(r.function)
	if err != nil || function.Service != "lambda" || !strings.HasPrefix(function.Resource, "function:") {
		return nil, invalidParameter(textFunctionARN)
	}
	const action = "lambda:InvokeFunction"
	need := fakeaws.Need{Action: action, Resource: r.function, ResourceAccount: function.AccountID}
	if guard := s.lambda(); guard != nil {
		if need, err = guard.Guard(call, action, r.function); err != nil {
			return nil, notFound(textFunctionNotFound)
		}
	}
	if call.Account != function.AccountID && need.Policy == nil {
		need.Policy = noPolicy
	}
	need.Note = "RotateSecret needs the permission to invoke the rotation function"
	if err := s.admitted(call, t, r.function); err != nil {
		return []fakeaws.Need{need}, err
	}
	if !s.world.TargetExists(r.function) {
		if s.world.Has("lambda") {
			return []fakeaws.Need{need}, notFound(textFunctionNotFound)
		}
		return []fakeaws.Need{need}, notImplemented("the rotation function " + r.function + ", for which this World has neither Lambda nor Go code (secretstest.RotateWith), is not invoked")
	}
	return []fakeaws.Need{need}, nil
}

// lambda is what knows the policies of functions; nil where nothing does.
func (s *Fake) lambda() fakeaws.Guardian {
	if s.world.Has("lambda") {
		guard, _ := s.world.Fake("lambda").(fakeaws.Guardian)
		return guard
	}
	if other, ok := s.world.Other("lambda"); ok {
		guard, _ := other.(fakeaws.Guardian)
		return guard
	}
	return nil
}

// admitted returns the error of a function whose policy does not let Secrets Manager invoke
// it, for the secret. What the World's own hand configures is not judged.
func (s *Fake) admitted(call *fakeaws.Call, t *target, function string) error {
	if call.Fixture() {
		return nil
	}
	as := fakeaws.ServiceCall{Principal: principal, SourceARN: t.need.Resource, SourceAccount: t.need.ResourceAccount, Region: call.Region}
	if err := s.world.May(call, &fakeaws.Question{Service: &as, Action: "lambda:InvokeFunction", Resource: function, Region: call.Region}); err != nil {
		call.Help("as " + principal + ": " + err.Error() + ": give the function a policy with SetResourcePolicy of awstest")
		return accessDenied(textNotInvokable)
	}
	return nil
}

// begin stores the configuration, and makes the version that the function is to fill. The
// lock is held.
func (s *Fake) begin(x *secret, r *rotating) (*sm.RotateSecretOutput, error) {
	if r.in.ClientRequestToken == nil {
		return nil, invalidRequest(textNoToken)
	}
	if v := x.labels[pending]; v != nil && v != x.labels[current] {
		return nil, invalidRequest(textRotating)
	}
	if r.in.RotationRules == nil && x.rotation.rules == nil {
		return nil, invalidParameter(textNoRules)
	}
	now, token := s.now(), *r.in.ClientRequestToken
	if err := s.beginVersion(x, token, now); err != nil {
		return nil, err
	}
	x.rotation.enabled, x.rotation.function = aws.Bool(true), r.function
	if r.in.RotationRules != nil {
		rules := *r.in.RotationRules
		x.rotation.rules, x.rotation.schedule = &rules, r.schedule
	}
	s.rotated = slices.DeleteFunc(s.rotated, func(other *secret) bool { return other == x || other.gone })
	s.rotated = append(s.rotated, x)
	x.changed = now
	s.start(x, r, token, now)
	out := &sm.RotateSecretOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}
	if r.now {
		out.VersionId = aws.String(token)
	}
	return out, nil
}

// beginVersion makes the version that the function is to fill. The lock is held.
func (s *Fake) beginVersion(x *secret, token string, now time.Time) error {
	v := x.version(token)
	if v != nil && v.hasValue() {
		return alreadyExists(fmt.Sprintf(textTokenUsed, token, x.arn()))
	}
	if v == nil {
		v = &version{id: token, created: now, keys: []string{x.kmsKey}}
		if err := x.addVersion(v, now); err != nil {
			return err
		}
	}
	return x.attach(v, pending)
}

// start begins a rotation. The lock is held.
func (s *Fake) start(x *secret, r *rotating, token string, now time.Time) {
	x.rotation.version, x.rotation.token, x.rotation.failure = token, s.world.IDs().UUID(), nil
	x.rotation.next = nextRotation(&x.rotation.schedule, now)
	s.schedule(x)
	r.secret, r.function = x, x.rotation.function
	r.event = RotationEvent{SecretID: x.arn(), ClientRequestToken: token, RotationToken: x.rotation.token}
}

// schedule has the World rotate a secret when it is due. The lock is held.
func (s *Fake) schedule(x *secret) {
	if at := x.due(); !at.IsZero() {
		s.world.Wake(at)
	}
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.nextRotation()
	if x == nil {
		return time.Time{}, false
	}
	return x.due(), true
}

// nextRotation is the secret that is to be rotated first; nil for none. The lock is held.
func (s *Fake) nextRotation() (first *secret) {
	for _, x := range s.rotated {
		if at := x.due(); !at.IsZero() && (first == nil || at.Before(first.due())) {
			first = x
		}
	}
	return first
}

// Work implements [fakeaws.Worker]: it rotates the secret whose time has come. Secrets
// Manager rotates within a window before the date that it tells; here it is at that date.
// One whose last rotation is not complete is rotated again with the version of that one.
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	x := s.nextRotation()
	if x == nil || x.due().After(s.now()) {
		s.mu.Unlock()
		return
	}
	now, token := s.now(), s.world.IDs().UUID()
	if v := x.labels[pending]; v != nil && v != x.labels[current] {
		token = v.id
	} else if err := s.beginVersion(x, token, now); err != nil {
		x.rotation.failure, x.rotation.next = err, nextRotation(&x.rotation.schedule, now)
		s.mu.Unlock()
		return
	}
	r := &rotating{now: true}
	s.start(x, r, token, now)
	s.mu.Unlock()
	s.steps(ctx, r)
}

// steps has the function rotate the secret: Secrets Manager invokes it as itself, for the
// secret. The lock is not held, because the function calls Secrets Manager.
func (s *Fake) steps(ctx context.Context, r *rotating) {
	id := r.secret.id
	actor := fakeaws.ServiceCall{Principal: principal, SourceARN: r.event.SecretID, SourceAccount: id.account, Region: id.region}.Actor()
	all := []RotationStep{CreateSecret, SetSecret, TestSecret, FinishSecret}
	if !r.now {
		all = []RotationStep{TestSecret} // "This test creates an AWSPENDING version of the secret and then removes it."
	}
	var failure error
	for _, step := range all {
		r.event.Step = step
		event, err := json.Marshal(r.event)
		if err == nil {
			_, err = s.world.Deliver(context.WithoutCancel(ctx), actor, &fakeaws.Delivery{Target: r.function, Body: event, Answered: true})
		}
		if failure = err; failure != nil {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish(r, failure)
}

// finish sees what the function has left. The lock is held.
func (s *Fake) finish(r *rotating, failure error) {
	x := r.secret
	if x.gone || x.rotation.token != r.event.RotationToken && x.rotation.version != "" {
		return
	}
	v := x.labels[pending]
	switch {
	case !r.now:
		if v != nil && v.id == r.event.ClientRequestToken {
			delete(x.labels, pending)
			if !x.labeled(v) {
				x.versions = slices.DeleteFunc(x.versions, func(old *version) bool { return old == v })
			}
		}
		x.rotation.version, x.rotation.token, x.rotation.failure = "", "", failure
	case failure == nil && (v == nil || v == x.labels[current]):
		if x.rotation.version != "" {
			x.rotation.succeeded(s.now())
		}
	case failure == nil:
		x.rotation.failure = errors.New("the rotation function left AWSPENDING on a version without AWSCURRENT")
	default:
		x.rotation.failure = failure
	}
}

// cancelRotateSecret turns rotation off. A version that a rotation has begun stays.
func (s *Fake) cancelRotateSecret(call *fakeaws.Call, in *sm.CancelRotateSecretInput) (*fakeaws.Plan[*sm.CancelRotateSecretOutput], error) {
	return onSecret(s, call, in, in.SecretId, 0, func(x *secret) (*sm.CancelRotateSecretOutput, error) {
		out := &sm.CancelRotateSecretOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}
		if x.rotation.version != "" {
			out.VersionId = aws.String(x.rotation.version)
		}
		if x.rotation.enabled != nil {
			x.rotation.enabled = aws.Bool(false)
		}
		x.rotation.version, x.rotation.token = "", ""
		x.changed = s.now()
		return out, nil
	})
}
