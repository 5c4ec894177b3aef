package kms

import (
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
	f := s.find(call, &use{id: in.KeyId, action: "kms:ReplicateKey", ownerOnly: true, noAlias: true, set: func(c *enforce.Context) {
		c.Set("kms:ReplicaRegion", *in.ReplicaRegion)
		c.SetBool("kms:BypassPolicyLockoutSafetyCheck", in.BypassPolicyLockoutSafetyCheck)
	}})
	plan := planOn(f, func() (*awskms.ReplicateKeyOutput, error) {
		if err := s.lockout(call, f.ID, policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
			return nil, err
		}
		a, err := s.replicaOf(f.Key, in)
		if err != nil {
			return nil, err
		}
		a.Tags = tags
		replica, err := s.keys().Add(call.Account, *in.ReplicaRegion, f.ID, a, policy)
		if err != nil {
			return nil, policyError(err)
		}
		call.Stores(policy)
		now := s.now()
		s.keys().Lock()
		defer s.keys().Unlock()
		a.MultiRegion.Replicas = append(a.MultiRegion.Replicas, replica)
		replica.Material = &record{description: aws.ToString(in.Description)}
		return &awskms.ReplicateKeyOutput{ReplicaKeyMetadata: s.metadata(replica, now), ReplicaPolicy: aws.String(policy.Document()), ReplicaTags: in.Tags}, nil
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

// replicaOf are the attributes of a replica. That of a key with imported material waits for
// the same material.
func (s *Fake) replicaOf(key *fakeaws.Key, in *awskms.ReplicateKeyInput) (*fakeaws.KeyAttributes, error) {
	now := s.now()
	s.keys().Lock()
	defer s.keys().Unlock()
	if err := s.still(key, now); err != nil {
		return nil, err
	}
	if err := usable.admit(key); err != nil {
		return nil, err
	}
	if primaryOf(key) != key || key.MultiRegion == nil {
		return nil, unsupported(key.ARN + textPrimaryOnly)
	}
	at := fakeaws.ARN("kms", *in.ReplicaRegion, key.Account, "key/"+key.ID)
	if s.keys().Get(at, now) != nil {
		return nil, alreadyExists(at + textReplicaThere)
	}
	a := &fakeaws.KeyAttributes{Spec: key.Spec, Usage: key.Usage, Origin: key.Origin, State: string(types.KeyStateEnabled), MultiRegion: key.MultiRegion}
	if key.Origin == string(types.OriginTypeExternal) {
		a.State = string(types.KeyStatePendingImport)
	}
	return a, nil
}

// updatePrimaryRegion makes a replica the primary key, and the primary key a replica. It
// needs the permission on both.
func (s *Fake) updatePrimaryRegion(call *fakeaws.Call, in *awskms.UpdatePrimaryRegionInput) (*fakeaws.Plan[*awskms.UpdatePrimaryRegionOutput], error) {
	set := func(c *enforce.Context) { c.Set("kms:PrimaryRegion", *in.PrimaryRegion) }
	f := s.find(call, &use{id: in.KeyId, action: "kms:UpdatePrimaryRegion", ownerOnly: true, noAlias: true, set: set})
	plan := planOn(f, func() (*awskms.UpdatePrimaryRegionOutput, error) {
		now := s.now()
		s.keys().Lock()
		defer s.keys().Unlock()
		if err := s.still(f.Key, now); err != nil {
			return nil, err
		}
		return &awskms.UpdatePrimaryRegionOutput{}, s.swapPrimary(f.Key, *in.PrimaryRegion, now)
	})
	if f.missing == nil {
		if next, err := s.keys().Find(f.Account, *in.PrimaryRegion, f.ID); err == nil {
			need := next.Direct(call, "kms:UpdatePrimaryRegion")
			set(&need.Context)
			need.Context.Set("aws:RequestedRegion", *in.PrimaryRegion)
			plan.Needs = append(plan.Needs, need)
		}
	}
	return plan, nil
}

func (s *Fake) swapPrimary(key *fakeaws.Key, region string, now time.Time) error {
	if err := usable.admit(key); err != nil {
		return err
	}
	r := key.MultiRegion
	if r == nil || r.Primary != key {
		return unsupported(key.ARN + textPrimaryOnly)
	}
	for i, replica := range r.Replicas {
		if replica.Region != region {
			continue
		}
		if err := usable.admit(replica); err != nil {
			return err
		}
		was, will := s.recordOf(key, now), s.recordOf(replica, now)
		key.Material = &record{description: was.description, importing: was.importing}
		replica.Material = will // it has the material of the primary key
		r.Primary, r.Replicas[i] = replica, key
		return nil
	}
	return notFound("Key '" + fakeaws.ARN("kms", region, key.Account, "key/"+key.ID) + "' does not exist")
}
