package secretsmanager

import (
	"bytes"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) valueOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getSecretValue),
		fakeaws.Bind(s.putSecretValue),
		fakeaws.Bind(s.batchGetSecretValue),
	}
}

// checkValues refuses a value in two forms, and one that is too long: the service model
// bounds bytes that constraint does not count.
func checkValues(text *string, binary []byte) error {
	const most = 65536 // bytes, "Secret value size" of the quotas
	switch {
	case text != nil && binary != nil:
		return invalidParameter(textBothValues)
	case binary != nil && len(binary) == 0:
		return invalid("1 validation error detected: Value at 'secretBinary' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case len(binary) > most:
		return invalid("1 validation error detected: Value at 'secretBinary' failed to satisfy constraint: Member must have length less than or equal to 65536")
	case text != nil && len(*text) > most:
		return invalid("1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536")
	}
	return nil
}

// equal reports whether the version has a value.
func (v *version) equal(text *string, binary []byte) bool {
	return (v.text == nil) == (text == nil) && aws.ToString(v.text) == aws.ToString(text) && bytes.Equal(v.binary, binary)
}

// getSecretValue returns the value of a version: that with AWSCURRENT unless asked
// otherwise. The condition keys are those of members that were sent.
func (s *Fake) getSecretValue(call *fakeaws.Call, in *sm.GetSecretValueInput) (*fakeaws.Plan[*sm.GetSecretValueOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:GetSecretValue")
	if err != nil {
		return nil, err
	}
	setString("secretsmanager:VersionId", in.VersionId)(&t.need.Context)
	setString("secretsmanager:VersionStage", in.VersionStage)(&t.need.Context)
	r := s.reading(call, t.secret, in.VersionId, in.VersionStage, 1)
	plan := planFor(s, t, replicasToo, r.needs, func(x *secret) (*sm.GetSecretValueOutput, error) {
		return s.read(call, x, &r)
	})
	return plan, nil
}

// A reading is what a call reads of a secret, as it was when the call was planned.
type reading struct {
	version *version
	err     error // that there is no such version
	decryption
}

// reading finds the version that a call asks for, and what it takes to decrypt it. Errors
// wait until the call is allowed.
func (s *Fake) reading(call *fakeaws.Call, x *secret, id, label *string, first int) (r reading) {
	if x == nil {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.readingOf(call, x, id, label, first)
}

func (s *Fake) readingOf(call *fakeaws.Call, x *secret, id, label *string, first int) (r reading) {
	if !x.deleted.IsZero() {
		return r // which is answered
	}
	r.version, r.err = x.pick(id, label)
	if r.err == nil {
		r.decryption = s.decryptionOf(call, x, r.version, first)
	}
	return r
}

// pick finds a version by its id, by a label, or by both.
func (c *content) pick(id, label *string) (*version, error) {
	if id == nil {
		name := current
		if label != nil {
			name = *label
		}
		v := c.labels[name]
		if v == nil || !v.hasValue() {
			return nil, notFound(fmt.Sprintf(textNoLabel, name))
		}
		return v, nil
	}
	v := c.version(*id)
	switch {
	case v == nil || !v.hasValue():
		return nil, notFound(fmt.Sprintf(textNoVersion, *id))
	case label != nil && c.labels[*label] != v:
		return nil, invalidRequest(textMismatch)
	}
	return v, nil
}

// read answers the value that was judged. The lock is held.
func (s *Fake) read(call *fakeaws.Call, x *secret, r *reading) (*sm.GetSecretValueOutput, error) {
	if r.err != nil {
		return nil, r.err
	}
	if err := r.failure(call); err != nil {
		return nil, err
	}
	v := r.version
	if v == nil || x.version(v.id) != v {
		return nil, notFound(textNoSecret) // it was restored, or the version removed, since
	}
	x.accessed = s.now()
	v.accessed = x.accessed
	return &sm.GetSecretValueOutput{
		ARN: aws.String(x.arn()), Name: aws.String(x.id.name), CreatedDate: aws.Time(v.created),
		VersionId: aws.String(v.id), SecretString: v.text, SecretBinary: bytes.Clone(v.binary), VersionStages: x.labelsOf(v),
	}, nil
}

// putSecretValue makes a version, and attaches labels to it. One whose token made a version
// before succeeds without doing anything if the value is the same: to compare them Secrets
// Manager decrypts it.
func (s *Fake) putSecretValue(call *fakeaws.Call, in *sm.PutSecretValueInput) (*fakeaws.Plan[*sm.PutSecretValueOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:PutSecretValue")
	if err != nil {
		return nil, err
	}
	if err := checkValues(in.SecretString, in.SecretBinary); err != nil {
		return nil, err
	}
	own := *in
	own.ClientRequestToken = s.tokenFor(call, in.ClientRequestToken)
	in = &own
	var judged putting
	if t.secret != nil && in.ClientRequestToken != nil {
		judged, err = s.putting(call, t.secret, *in.ClientRequestToken)
	}
	plan := planFor(s, t, 0, append(judged.encrypt, judged.needs...), func(x *secret) (*sm.PutSecretValueOutput, error) {
		if err := judged.failure(call); err != nil {
			return nil, err
		}
		return s.put(x, in, &judged)
	})
	return plan.Refusing(err), nil
}

// A putting is what a new version takes: the key that encrypts it, and the version that has
// its token already, which is compared.
type putting struct {
	key     string
	encrypt []fakeaws.Need
	reading
}

// putting says what it takes to put a version with a token into a secret.
func (s *Fake) putting(call *fakeaws.Call, x *secret, token string) (p putting, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.key = x.kmsKey
	p.encrypt, err = s.keyNeeds(call, x.use(p.key, token), kmsGenerate)
	if v := x.version(token); v != nil && v.hasValue() {
		p.reading = reading{version: v, decryption: s.decryptionOf(call, x, v, 1)}
	}
	return p, err
}

// put stores a value. The lock is held.
func (s *Fake) put(x *secret, in *sm.PutSecretValueInput, judged *putting) (*sm.PutSecretValueOutput, error) {
	switch {
	case in.SecretString == nil && in.SecretBinary == nil:
		return nil, invalidRequest(textNoValue)
	case in.ClientRequestToken == nil:
		return nil, invalidRequest(textNoToken)
	case in.RotationToken != nil && *in.RotationToken != x.rotation.token:
		return nil, invalidParameter(textRotationToken)
	}
	now, v := s.now(), x.version(*in.ClientRequestToken)
	if v != nil && v.hasValue() {
		if v != judged.version || !v.equal(in.SecretString, in.SecretBinary) {
			return nil, alreadyExists(fmt.Sprintf(textTokenUsed, v.id, x.arn()))
		}
		return x.putAnswer(v), nil
	}
	labels := in.VersionStages
	if len(labels) == 0 || len(x.versions) == 0 {
		labels = append([]string{current}, labels...)
	}
	if err := x.roomForLabels(labels); err != nil {
		return nil, err
	}
	if v == nil {
		v = &version{id: *in.ClientRequestToken, created: now}
		if err := x.addVersion(v, now); err != nil {
			return nil, err
		}
	}
	v.keys = []string{judged.key}
	v.text, v.binary = in.SecretString, bytes.Clone(in.SecretBinary)
	for _, label := range labels {
		if err := x.attach(v, label); err != nil {
			return nil, err
		}
	}
	x.changed = now
	if x.labels[current] == v {
		x.rotation.valueChanged(now)
	}
	return x.putAnswer(v), nil
}

func (x *secret) putAnswer(v *version) *sm.PutSecretValueOutput {
	return &sm.PutSecretValueOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name), VersionId: aws.String(v.id), VersionStages: x.labelsOf(v)}
}
