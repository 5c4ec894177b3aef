package secretsmanager

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/leastpriv/leastpriv/fakeaws"
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
// Manager both need lambda:InvokeFunction on the function. In place of the Lambda function,
// the Go function that a test has registered does the steps before the call returns. Their
// failure is no error of the call, which AWS answers before.
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
	r := &rotating{in: in, call: call, function: stringOf(in.RotationLambdaARN), now: in.RotateImmediately == nil || *in.RotateImmediately}
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
				s.steps(r)
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
	schedule schedule
	now      bool // else the configuration is tested alone

	// What begin has found.
	secret *secret
	event  RotationEvent
	run    RotationFunction
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
	return []fakeaws.Need{need}, s.admitted(call, t, r.function)
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
	if r.run = s.functions[r.function]; r.run == nil {
		known := slices.Sorted(maps.Keys(s.functions))
		return nil, notImplemented("no Go function stands for the rotation function " + r.function + " (SetRotationFunction has: " +
			cmp.Or(strings.Join(known, ", "), "none") + "), and Lambda functions are not run")
	}
	if r.in.RotationRules == nil && x.rotation.rules == nil {
		return nil, invalidParameter(textNoRules)
	}
	now, token := s.now(), *r.in.ClientRequestToken
	v := x.version(token)
	if v != nil && v.hasValue() {
		return nil, alreadyExists(fmt.Sprintf(textTokenUsed, token, x.arn()))
	}
	if v == nil {
		v = &version{id: token, created: now, keys: []string{x.kmsKey}}
		if err := x.addVersion(v, now); err != nil {
			return nil, err
		}
	}
	if err := x.attach(v, pending); err != nil {
		return nil, err
	}
	x.rotation.enabled, x.rotation.function = aws.Bool(true), r.function
	if r.in.RotationRules != nil {
		rules := *r.in.RotationRules
		x.rotation.rules, x.rotation.schedule = &rules, r.schedule
	}
	x.rotation.next = x.rotation.schedule.after(now)
	x.rotation.version, x.rotation.token, x.rotation.failure = token, s.world.IDs().UUID(), nil
	x.changed = now
	r.secret = x
	r.event = RotationEvent{SecretID: x.arn(), ClientRequestToken: token, RotationToken: x.rotation.token}
	out := &sm.RotateSecretOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}
	if r.now {
		out.VersionId = aws.String(token)
	}
	return out, nil
}

// steps has the function rotate the secret. The lock is not held: the function calls Secrets
// Manager.
func (s *Fake) steps(r *rotating) {
	all := []RotationStep{CreateSecret, SetSecret, TestSecret, FinishSecret}
	if !r.now {
		all = []RotationStep{TestSecret} // "This test creates an AWSPENDING version of the secret and then removes it."
	}
	var failure error
	for _, step := range all {
		r.event.Step = step
		if failure = r.run(r.call, r.event); failure != nil {
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
