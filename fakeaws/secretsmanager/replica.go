package secretsmanager

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) replicaOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.replicateSecretToRegions),
		fakeaws.Bind(s.removeRegionsFromReplication),
		fakeaws.Bind(s.stopReplicationToReplica),
	}
}

// A replica is what a primary secret knows of one. It is in sync at once, or failed.
type replica struct {
	region string
	kmsKey string
	secret *secret // nil where it failed
}

// maxReplicas bounds the regions of a request: AWS has fewer.
const maxReplicas = 100

// checkReplicaRegions refuses regions that are named twice.
func checkReplicaRegions(regions []types.ReplicaRegionType) error {
	seen := make(map[string]bool, len(regions))
	for _, r := range regions {
		name := aws.ToString(r.Region)
		if name == "" || seen[name] || len(seen) == maxReplicas {
			return invalidParameterf(textTwiceRegion, name)
		}
		seen[name] = true
	}
	return nil
}

// setForce is the key of a flag that the SDK's type cannot tell from one that was not sent.
func setForce(call *fakeaws.Call, force bool) contextKey {
	return func(c *enforce.Context) {
		if force || call.Sent("ForceOverwriteReplicaSecret") {
			c.SetBool("secretsmanager:ForceOverwriteReplicaSecret", force)
		}
	}
}

func setReplicaRegions(c *enforce.Context, regions []types.ReplicaRegionType) {
	if len(regions) == 0 {
		return
	}
	names := make([]string, len(regions))
	for i, r := range regions {
		names[i] = aws.ToString(r.Region)
	}
	c.SetMulti("secretsmanager:AddReplicaRegions", names)
}

// replicateSecretToRegions makes replicas. It takes permissions on the KMS keys of both
// regions.
func (s *Fake) replicateSecretToRegions(call *fakeaws.Call, in *sm.ReplicateSecretToRegionsInput) (*fakeaws.Plan[*sm.ReplicateSecretToRegionsOutput], error) {
	t, err := s.target(call, in, in.SecretId, "secretsmanager:ReplicateSecretToRegions")
	if err != nil {
		return nil, err
	}
	if err := checkReplicaRegions(in.AddReplicaRegions); err != nil {
		return nil, err
	}
	setReplicaRegions(&t.need.Context, in.AddReplicaRegions)
	setForce(call, in.ForceOverwriteReplicaSecret)(&t.need.Context)
	var needs []fakeaws.Need
	var r reading
	if t.secret != nil {
		needs, r, err = s.replicating(call, t.secret, in.AddReplicaRegions)
	}
	plan := planFor(s, t, 0, needs, func(x *secret) (*sm.ReplicateSecretToRegionsOutput, error) {
		if err := r.failure(call); err != nil {
			return nil, err
		}
		for _, region := range in.AddReplicaRegions {
			if *region.Region == x.id.region {
				return nil, invalidParameterf(textSameRegion, *region.Region)
			}
		}
		s.replicate(x, in.AddReplicaRegions, in.ForceOverwriteReplicaSecret)
		x.changed = s.now()
		return &sm.ReplicateSecretToRegionsOutput{ARN: aws.String(x.arn()), ReplicationStatus: x.replicationStatus()}, nil
	})
	return plan.Refusing(err), nil
}

// replicating is what it takes to read the secret and to encrypt it in other regions.
func (s *Fake) replicating(call *fakeaws.Call, x *secret, regions []types.ReplicaRegionType) (needs []fakeaws.Need, r reading, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := x.labels[current]; v != nil && v.hasValue() {
		r = reading{version: v, decryption: s.decryptionOf(call, x, v, 1)}
		needs = append(needs, r.needs...)
	}
	more, err := s.replicaKeyNeeds(call, x, regions)
	return append(needs, more...), r, err
}

// replicaKeyNeeds are the permissions on the KMS keys of replicas.
func (s *Fake) replicaKeyNeeds(call *fakeaws.Call, x *secret, regions []types.ReplicaRegionType) (needs []fakeaws.Need, err error) {
	for _, region := range regions {
		there := secret{id: secretID{x.id.account, *region.Region, x.id.name}, suffix: x.suffix}
		more, failed := s.keyNeeds(call, there.use(aws.ToString(region.KmsKeyId), validateKeyAccess), kmsGenerate, kmsEncrypt)
		needs, err = append(needs, more...), cmp.Or(err, failed)
	}
	return needs, err
}

// replicate makes the replicas of a secret. One fails where there is a secret of the name,
// which is not to be overwritten. The lock is held.
func (s *Fake) replicate(x *secret, regions []types.ReplicaRegionType, force bool) {
	for _, region := range regions {
		if *region.Region == x.id.region {
			continue
		}
		id := secretID{x.id.account, *region.Region, x.id.name}
		there := s.lookUp(id)
		if there != nil && there.primary == x {
			continue // it is one already
		}
		r := &replica{region: *region.Region, kmsKey: aws.ToString(region.KmsKeyId)}
		x.replicas = slices.DeleteFunc(x.replicas, func(old *replica) bool { return old.region == r.region })
		x.replicas = append(x.replicas, r)
		if there != nil {
			if !force || len(there.replicas) > 0 || there.primary != nil {
				continue
			}
			s.remove(there)
		}
		r.secret = &secret{id: id, suffix: x.suffix, content: x.content, kmsKey: r.kmsKey, primary: x}
		s.add(r.secret)
	}
}

func (x *secret) replicaRegions() []string {
	names := make([]string, len(x.replicas))
	for i, r := range x.replicas {
		names[i] = r.region
	}
	return names
}

// replicationStatus is what answers say of the replicas.
func (x *secret) replicationStatus() []types.ReplicationStatusType {
	var all []types.ReplicationStatusType
	for _, r := range x.replicas {
		key := r.kmsKey
		if isManaged(key) {
			key = managedKey
		}
		st := types.ReplicationStatusType{Region: aws.String(r.region), KmsKeyId: &key, Status: types.StatusTypeInSync}
		if r.secret == nil {
			st.Status, st.StatusMessage = types.StatusTypeFailed, aws.String(textReplicaExists)
		} else {
			st.LastAccessedDate = timeOf(day(r.secret.accessed))
		}
		all = append(all, st)
	}
	return all
}

// removeRegionsFromReplication deletes replicas.
func (s *Fake) removeRegionsFromReplication(call *fakeaws.Call, in *sm.RemoveRegionsFromReplicationInput) (*fakeaws.Plan[*sm.RemoveRegionsFromReplicationOutput], error) {
	return onSecret(s, call, in, in.SecretId, 0, func(x *secret) (*sm.RemoveRegionsFromReplicationOutput, error) {
		known := x.replicaRegions()
		for _, region := range in.RemoveReplicaRegions {
			if !slices.Contains(known, region) {
				return nil, invalidParameter(fmt.Sprintf(textNotReplicated, region))
			}
		}
		x.replicas = slices.DeleteFunc(x.replicas, func(r *replica) bool {
			if !slices.Contains(in.RemoveReplicaRegions, r.region) {
				return false
			}
			if r.secret != nil {
				s.remove(r.secret)
			}
			return true
		})
		x.changed = s.now()
		return &sm.RemoveRegionsFromReplicationOutput{ARN: aws.String(x.arn()), ReplicationStatus: x.replicationStatus()}, nil
	})
}

// stopReplicationToReplica makes a replica a secret of its own.
func (s *Fake) stopReplicationToReplica(call *fakeaws.Call, in *sm.StopReplicationToReplicaInput) (*fakeaws.Plan[*sm.StopReplicationToReplicaOutput], error) {
	return onSecret(s, call, in, in.SecretId, replicasToo, func(x *secret) (*sm.StopReplicationToReplicaOutput, error) {
		if x.primary == nil {
			return nil, invalidRequest(textNoReplica)
		}
		x.primary.replicas = slices.DeleteFunc(x.primary.replicas, func(r *replica) bool { return r.secret == x })
		x.content = x.content.clone(s.world, x.kmsKey)
		x.primary, x.changed = nil, s.now()
		x.rotation = rotation{}
		return &sm.StopReplicationToReplicaOutput{ARN: aws.String(x.arn())}, nil
	})
}
