package secretsmanager

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) secretOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createSecret),
		fakeaws.Bind(s.describeSecret),
		fakeaws.Bind(s.updateSecret),
	}
}

// maxSecrets is how many secrets an account has in a region (User Guide, "Quotas").
const maxSecrets = 500_000

// createSecret makes a secret. It takes further permissions for tags, replicas and the KMS
// key ("Required permissions" of the API reference).
func (s *Fake) createSecret(call *fakeaws.Call, in *sm.CreateSecretInput) (*fakeaws.Plan[*sm.CreateSecretOutput], error) {
	if err := s.checkCreate(in); err != nil {
		return nil, err
	}
	own := *in
	own.ClientRequestToken = s.tokenFor(call, in.ClientRequestToken)
	in = &own
	x := &secret{
		id:      secretID{call.Account, call.Region, *in.Name},
		suffix:  s.world.IDs().Name(suffixLength),
		kmsKey:  aws.ToString(in.KmsKeyId),
		content: &content{description: aws.ToString(in.Description), labels: map[string]*version{}},
	}
	var valueOf *string
	if in.SecretString != nil || in.SecretBinary != nil {
		valueOf = in.ClientRequestToken
	}
	keyNeeds, err := s.newKeyNeeds(call, x, x.kmsKey, valueOf)
	replicaNeeds, replicaErr := s.replicaKeyNeeds(call, x, in.AddReplicaRegions)
	plan := &fakeaws.Plan[*sm.CreateSecretOutput]{Needs: slices.Concat(s.createNeeds(call, in, x), keyNeeds, replicaNeeds)}
	plan.Do = func() (*sm.CreateSecretOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.create(x, in)
	}
	return plan.Refusing(cmp.Or(err, replicaErr)), nil
}

func (s *Fake) checkCreate(in *sm.CreateSecretInput) error {
	if err := check(in); err != nil {
		return err
	}
	if err := checkName(*in.Name); err != nil {
		return err
	}
	if in.Type != nil {
		return notImplemented("external secrets (Type) are not implemented")
	}
	if err := checkValues(in.SecretString, in.SecretBinary); err != nil {
		return err
	}
	if err := checkReplicaRegions(in.AddReplicaRegions); err != nil {
		return err
	}
	return checkTags(in.Tags)
}

// createNeeds are the permissions of Secrets Manager's own that a new secret takes.
func (s *Fake) createNeeds(call *fakeaws.Call, in *sm.CreateSecretInput, x *secret) []fakeaws.Need {
	base := fakeaws.Need{Resource: x.id.arn(anySuffix), ResourceAccount: x.id.account, Policy: noPolicy, Name: *in.Name}
	create := base
	create.Action = "secretsmanager:CreateSecret"
	keys := &create.Context
	keys.Set("secretsmanager:Name", *in.Name)
	setString("secretsmanager:Description", in.Description)(keys)
	s.setKey(call, keys, x.id, in.KmsKeyId)
	setReplicaRegions(keys, in.AddReplicaRegions)
	setForce(call, in.ForceOverwriteReplicaSecret)(keys)
	setRequestTags(keys, in.Tags)
	needs := []fakeaws.Need{create}
	if len(in.Tags) > 0 {
		tag := base
		tag.Action = "secretsmanager:TagResource"
		setRequestTags(&tag.Context, in.Tags)
		needs = append(needs, tag)
	}
	if len(in.AddReplicaRegions) > 0 {
		replicate := base
		replicate.Action = "secretsmanager:ReplicateSecretToRegions"
		setReplicaRegions(&replicate.Context, in.AddReplicaRegions)
		setForce(call, in.ForceOverwriteReplicaSecret)(&replicate.Context)
		needs = append(needs, replicate)
	}
	return needs
}

// setKey sets the keys of the KMS key that a request names: as it does, and by the ARN.
func (s *Fake) setKey(_ *fakeaws.Call, c *enforce.Context, id secretID, key *string) {
	if key == nil {
		return
	}
	c.Set("secretsmanager:KmsKeyId", *key)
	name := *key
	if isManaged(name) {
		name = managedKey
	}
	if found, err := s.world.Keys().Find(id.account, id.region, name); err == nil {
		c.Set("secretsmanager:KmsKeyArn", found.ARN)
	}
}

// create stores a secret. The lock is held. That the token of a request which made the
// secret before is answered as if it were new is how the API reference describes it: "If a
// version with this value already exists and the version SecretString and SecretBinary
// values are the same as those in the request, then the request is ignored."
func (s *Fake) create(x *secret, in *sm.CreateSecretInput) (*sm.CreateSecretOutput, error) {
	hasValue := in.SecretString != nil || in.SecretBinary != nil
	if hasValue && in.ClientRequestToken == nil {
		return nil, invalidRequest(textNoToken)
	}
	if there := s.lookUp(x.id); there != nil {
		return again(there, in)
	}
	if s.counts[place{x.id.account, x.id.region}] >= maxSecrets {
		return nil, limitExceeded(textManySecrets)
	}
	now := s.now()
	x.created, x.changed = now, now
	x.tags = tagsOf(in.Tags)
	out := &sm.CreateSecretOutput{ARN: aws.String(x.arn()), Name: in.Name}
	if hasValue {
		v := &version{id: *in.ClientRequestToken, text: in.SecretString, binary: in.SecretBinary, created: now, keys: []string{x.kmsKey}}
		if err := x.addVersion(v, now); err != nil {
			return nil, err
		}
		if err := x.attach(v, current); err != nil {
			return nil, err
		}
		out.VersionId = &v.id
	}
	s.add(x)
	s.replicate(x, in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
	out.ReplicationStatus = x.replicationStatus()
	return out, nil
}

// again answers a request to make a secret that there is.
func again(there *secret, in *sm.CreateSecretInput) (*sm.CreateSecretOutput, error) {
	if !there.deleted.IsZero() {
		return nil, invalidRequest(textNameDeleted)
	}
	v := there.version(aws.ToString(in.ClientRequestToken))
	if v == nil || !v.equal(in.SecretString, in.SecretBinary) {
		return nil, alreadyExists(fmt.Sprintf(textExists, there.id.name))
	}
	return &sm.CreateSecretOutput{ARN: aws.String(there.arn()), Name: in.Name, VersionId: &v.id}, nil
}

// describeSecret returns what is known of a secret but its values.
func (s *Fake) describeSecret(call *fakeaws.Call, in *sm.DescribeSecretInput) (*fakeaws.Plan[*sm.DescribeSecretOutput], error) {
	return onSecret(s, call, in, in.SecretId, deletedToo|replicasToo, func(x *secret) (*sm.DescribeSecretOutput, error) {
		e := x.entry()
		return &sm.DescribeSecretOutput{
			ARN: e.ARN, Name: e.Name, Description: e.Description, KmsKeyId: e.KmsKeyId, CreatedDate: e.CreatedDate,
			DeletedDate: e.DeletedDate, LastAccessedDate: e.LastAccessedDate, LastChangedDate: e.LastChangedDate,
			LastRotatedDate: e.LastRotatedDate, NextRotationDate: e.NextRotationDate, PrimaryRegion: aws.String(x.region()),
			ReplicationStatus: x.replicationStatus(), RotationEnabled: e.RotationEnabled, RotationLambdaARN: e.RotationLambdaARN,
			RotationRules: e.RotationRules, Tags: e.Tags, VersionIdsToStages: e.SecretVersionsToStages,
		}, nil
	})
}

// entry is the secret as ListSecrets shows it.
func (x *secret) entry() types.SecretListEntry {
	e := types.SecretListEntry{
		ARN: aws.String(x.arn()), Name: aws.String(x.id.name), Tags: x.tagList(),
		CreatedDate: &x.created, LastChangedDate: aws.Time(x.changed), PrimaryRegion: aws.String(x.region()),
	}
	if x.description != "" {
		e.Description = aws.String(x.description)
	}
	if !isManaged(x.kmsKey) {
		e.KmsKeyId = aws.String(x.kmsKey)
	}
	e.DeletedDate, e.LastAccessedDate = timeOf(x.deleted), timeOf(day(x.accessed))
	x.rotation.show(&e)
	for _, v := range x.versions {
		if labels := x.labelsOf(v); labels != nil {
			if e.SecretVersionsToStages == nil {
				e.SecretVersionsToStages = make(map[string][]string)
			}
			e.SecretVersionsToStages[v.id] = labels
		}
	}
	return e
}

// timeOf is a time as answers have it: none where it never was.
func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// day is the day of a time: dates of the last access have no more.
func day(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

// updateSecret changes a secret, and puts a new value into it. Of a replica it changes the
// KMS key alone.
func (s *Fake) updateSecret(call *fakeaws.Call, in *sm.UpdateSecretInput) (*fakeaws.Plan[*sm.UpdateSecretOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:UpdateSecret")
	if err != nil {
		return nil, err
	}
	if in.Type != nil {
		return nil, notImplemented("external secrets (Type) are not implemented")
	}
	if err := checkValues(in.SecretString, in.SecretBinary); err != nil {
		return nil, err
	}
	own := *in
	own.ClientRequestToken = s.tokenFor(call, in.ClientRequestToken)
	in = &own
	setString("secretsmanager:Description", in.Description)(&t.need.Context)
	s.setKey(call, &t.need.Context, t.ref.id, in.KmsKeyId)
	hasValue := in.SecretString != nil || in.SecretBinary != nil
	rekeyed := new(reencryption)
	if t.secret != nil {
		err = s.updateKeys(call, t.secret, in, hasValue, rekeyed)
	}
	admits := replicasToo
	if hasValue || in.Description != nil {
		admits = 0
	}
	plan := planFor(s, t, admits, rekeyed.needs, func(x *secret) (*sm.UpdateSecretOutput, error) {
		return s.update(call, x, in, hasValue, rekeyed)
	})
	return plan.Refusing(err), nil
}

// A reencryption is what becomes of the versions with labels of Secrets Manager's own when
// the KMS key changes: those that the caller can decrypt are encrypted under the new key as
// well, if the caller may encrypt with it.
type reencryption struct {
	key      string // that encrypts new versions
	needs    []fakeaws.Need
	encrypt  int // the entry of kms:Encrypt
	versions []*version
	reads    []decryption
}

// updateKeys finds the permissions on KMS keys of an update.
func (s *Fake) updateKeys(call *fakeaws.Call, x *secret, in *sm.UpdateSecretInput, hasValue bool, r *reencryption) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.key = x.kmsKey
	if in.KmsKeyId == nil && !hasValue {
		return nil
	}
	var valueOf *string
	if hasValue {
		valueOf = in.ClientRequestToken
	}
	if in.KmsKeyId == nil {
		// "you must also have kms:GenerateDataKey, kms:Encrypt, and kms:Decrypt": of these
		// Secrets Manager uses the first for a value under the same key.
		r.needs, err = s.keyNeeds(call, x.use(r.key, cmp.Or(aws.ToString(valueOf), validateKeyAccess)), kmsGenerate, kmsDecrypt)
		return err
	}
	r.key = *in.KmsKeyId
	if r.needs, err = s.newKeyNeeds(call, x, r.key, valueOf); err != nil || r.key == x.kmsKey || x.primary != nil {
		return err
	}
	encrypt, err := s.keyNeeds(call, x.use(r.key, validateKeyAccess), kmsEncrypt)
	if err != nil {
		return err
	}
	r.encrypt = 1
	encrypt[0].Optional, encrypt[0].Entry = true, r.encrypt
	r.needs = append(r.needs, encrypt...)
	next := r.encrypt + 1
	for _, v := range x.ownVersions() {
		d := s.decryptionOf(call, x, v, next)
		d.optional(next)
		next += len(d.keys)
		r.versions, r.reads = append(r.versions, v), append(r.reads, d)
		r.needs = append(r.needs, d.needs...)
	}
	return nil
}

// ownVersions are those with a label of Secrets Manager's own.
func (c *content) ownVersions() (all []*version) {
	for _, v := range c.versions {
		if v == c.labels[current] || v == c.labels[previous] || v == c.labels[pending] {
			all = append(all, v)
		}
	}
	return all
}

// update changes the secret. The lock is held.
func (s *Fake) update(call *fakeaws.Call, x *secret, in *sm.UpdateSecretInput, hasValue bool, again *reencryption) (*sm.UpdateSecretOutput, error) {
	now := s.now()
	out := &sm.UpdateSecretOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}
	if hasValue {
		if in.ClientRequestToken == nil {
			return nil, invalidRequest(textNoToken)
		}
		if x.version(*in.ClientRequestToken) != nil {
			return nil, alreadyExists(fmt.Sprintf(textTokenUsed, *in.ClientRequestToken, x.arn()))
		}
		v := &version{id: *in.ClientRequestToken, text: in.SecretString, binary: in.SecretBinary, created: now, keys: []string{again.key}}
		if err := x.addVersion(v, now); err != nil {
			return nil, err
		}
		if err := x.attach(v, current); err != nil {
			return nil, err
		}
		x.rotation.valueChanged(now)
		out.VersionId = &v.id
	}
	again.perform(call)
	if in.KmsKeyId != nil {
		x.kmsKey = again.key
	}
	if in.Description != nil {
		x.description = *in.Description
	}
	x.changed = now
	return out, nil
}

// perform encrypts versions under another key too.
func (r *reencryption) perform(call *fakeaws.Call) {
	if r.encrypt == 0 || call.EntryDenied(r.encrypt) {
		return
	}
	for i, v := range r.versions {
		if r.reads[i].failure(call) == nil {
			v.keys = append(v.keys[:len(v.keys):len(v.keys)], r.key)
		}
	}
}
