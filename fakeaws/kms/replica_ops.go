package kms

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) replicaOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.replicateKey), bind(s.updatePrimaryRegion)}
}

// related describes the keys that are related to a multi-Region key. The lock is held.
func related(key *fakeaws.Key) *types.MultiRegionConfiguration {
	if key.MultiRegion == nil {
		return nil
	}
	entry := func(k *fakeaws.Key) types.MultiRegionKey { return types.MultiRegionKey{Arn: &k.ARN, Region: &k.Region} }
	primary := entry(key.MultiRegion.Primary)
	c := &types.MultiRegionConfiguration{MultiRegionKeyType: types.MultiRegionKeyType(key.MultiRegionType()), PrimaryKey: &primary, ReplicaKeys: []types.MultiRegionKey{}}
	for _, r := range key.MultiRegion.Replicas {
		c.ReplicaKeys = append(c.ReplicaKeys, entry(r))
	}
	return c
}

// replicateKey makes a replica of a primary key in another region. It needs
// kms:ReplicateKey on the primary key, and kms:CreateKey in the region of the replica, and
// kms:TagResource there with tags ("Create multi-Region replica keys").
func (s *Fake) replicateKey(call *fakeaws.Call, in *awskms.ReplicateKeyInput) (*fakeaws.Plan[*awskms.ReplicateKeyOutput], error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	policy, err := policyOf(call, in.Policy)
	if err != nil {
		return nil, err
	}
	f := s.find(call, &use{id: in.KeyId, action: "kms:ReplicateKey", noAlias: true, set: func(c *enforce.Context) {
		c.Set("kms:ReplicaRegion", *in.ReplicaRegion)
		c.SetBool("kms:BypassPolicyLockoutSafetyCheck", in.BypassPolicyLockoutSafetyCheck)
	}})
	plan := planOn(f, func() (*awskms.ReplicateKeyOutput, error) {
		if err := s.lockout(call, f.ID, policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
			return nil, err
		}
		replica := replicaOf(f.Key, in)
		replica.Tags = tags
		metadata, err := s.add(call, replica, policy, func() error { return s.admitReplica(f.Key, replica) })
		if err != nil {
			return nil, err
		}
		return &awskms.ReplicateKeyOutput{ReplicaKeyMetadata: metadata, ReplicaPolicy: aws.String(policy.Document()), ReplicaTags: in.Tags}, nil
	})
	create := account(call, "kms:CreateKey")
	create.Context.Set("aws:RequestedRegion", *in.ReplicaRegion)
	setRequestTags(&create.Context, in.Tags)
	if f.missing == nil {
		setKind(&create.Context, &f.KeyAttributes, true)
		create.Context.Set("kms:MultiRegionKeyType", string(types.MultiRegionKeyTypeReplica))
	}
	plan.Needs = append(plan.Needs, create)
	if len(in.Tags) > 0 {
		tag := create
		tag.Action, tag.Context = "kms:TagResource", create.Context.Clone()
		plan.Needs = append(plan.Needs, tag)
	}
	return plan, nil
}

// replicaOf is a replica of a key. That of a key with imported material waits for the same
// material.
func replicaOf(key *fakeaws.Key, in *awskms.ReplicateKeyInput) *fakeaws.Key {
	replica := &fakeaws.Key{ID: key.ID, Account: key.Account, Region: *in.ReplicaRegion, KeyAttributes: fakeaws.KeyAttributes{
		Spec: key.Spec, Usage: key.Usage, Origin: key.Origin, State: string(types.KeyStateEnabled), MultiRegion: key.MultiRegion,
	}}
	if isExternal(key) {
		replica.State = string(types.KeyStatePendingImport)
	}
	replica.Material = &record{description: aws.ToString(in.Description)}
	return replica
}

// admitReplica refuses a replica of a key that can have none, or has it. The lock is held.
func (s *Fake) admitReplica(key, replica *fakeaws.Key) error {
	now := s.now()
	if err := s.still(key, now); err != nil {
		return err
	}
	if err := usable.admit(key); err != nil {
		return err
	}
	if primaryOf(key) != key || key.MultiRegion == nil {
		return unsupported(key.ARN + textPrimaryOnly)
	}
	if s.keys().Get(replica.ARN, now) != nil {
		return alreadyExists(replica.ARN + textReplicaThere)
	}
	return nil
}

// updatePrimaryRegion makes a replica the primary key, and the primary key a replica. It
// needs the permission on both.
func (s *Fake) updatePrimaryRegion(call *fakeaws.Call, in *awskms.UpdatePrimaryRegionInput) (*fakeaws.Plan[*awskms.UpdatePrimaryRegionOutput], error) {
	set := func(c *enforce.Context) { c.Set("kms:PrimaryRegion", *in.PrimaryRegion) }
	f := s.find(call, &use{id: in.KeyId, action: "kms:UpdatePrimaryRegion", noAlias: true, set: set})
	var next *fakeaws.Key
	if f.missing == nil {
		next, _ = s.keys().Find(f.Account, *in.PrimaryRegion, f.ID)
	}
	plan := planOn(f, func() (*awskms.UpdatePrimaryRegionOutput, error) {
		now := s.now()
		s.keys().Lock()
		defer s.keys().Unlock()
		if err := s.still(f.Key, now); err != nil {
			return nil, err
		}
		return &awskms.UpdatePrimaryRegionOutput{}, s.swapPrimary(f.Key, next, *in.PrimaryRegion, now)
	})
	if next != nil {
		need := next.Direct(call, "kms:UpdatePrimaryRegion")
		set(&need.Context)
		need.Context.Set("aws:RequestedRegion", *in.PrimaryRegion)
		plan.Needs = append(plan.Needs, need)
	}
	return plan, nil
}

// swapPrimary makes the next key the primary one: it was judged, and is nil where there was
// none in the region. The lock is held.
func (s *Fake) swapPrimary(key, next *fakeaws.Key, region string, now time.Time) error {
	if err := usable.admit(key); err != nil {
		return err
	}
	r := key.MultiRegion
	if r == nil || r.Primary != key {
		return unsupported(key.ARN + textPrimaryOnly)
	}
	i := slices.Index(r.Replicas, next)
	if next == nil || i < 0 {
		return notFound("Key '" + fakeaws.ARN("kms", region, key.Account, "key/"+key.ID) + "' does not exist")
	}
	if err := s.still(next, now); err != nil {
		return err
	}
	if err := usable.admit(next); err != nil {
		return err
	}
	if !isExternal(key) { // imported material is each key's own
		was, will := s.recordOf(key, now), s.recordOf(next, now)
		key.Material = &record{description: was.description}
		next.Material = will // it has the material of the primary key
	}
	r.Primary, r.Replicas[i] = next, key
	return nil
}
