package kms

import (
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// maxKeys is the quota of KMS keys of an account in a region ("Resource quotas").
const maxKeys = 100_000

func (s *Fake) keyOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.createKey), bind(s.describeKey), bind(s.enableKey), bind(s.disableKey), bind(s.updateKeyDescription)}
}

// createKey makes a key. With tags it needs kms:TagResource too; that this is asked on no
// key is unverified.
func (s *Fake) createKey(call *fakeaws.Call, in *awskms.CreateKeyInput) (*fakeaws.Plan[*awskms.CreateKeyOutput], error) {
	a, err := newAttributes(in)
	if err != nil {
		return nil, err
	}
	a.Tags, err = tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	id := s.world.IDs().UUID()
	if aws.ToBool(in.MultiRegion) {
		id = "mrk-" + strings.ReplaceAll(id, "-", "")
	}
	policy, err := policyOf(call, in.Policy)
	if err != nil {
		return nil, err
	}
	needs := []fakeaws.Need{account(call, "kms:CreateKey")}
	if len(in.Tags) > 0 {
		needs = append(needs, account(call, "kms:TagResource"))
	}
	for i := range needs {
		keys := &needs[i].Context
		setKind(keys, a, aws.ToBool(in.MultiRegion))
		keys.SetBool("kms:BypassPolicyLockoutSafetyCheck", in.BypassPolicyLockoutSafetyCheck)
		setRequestTags(keys, in.Tags)
	}
	return &fakeaws.Plan[*awskms.CreateKeyOutput]{Needs: needs, Do: func() (*awskms.CreateKeyOutput, error) {
		if err := s.lockout(call, id, policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
			return nil, err
		}
		key := &fakeaws.Key{ID: id, Account: call.Account, Region: call.Region, KeyAttributes: *a}
		if aws.ToBool(in.MultiRegion) {
			key.MultiRegion = new(fakeaws.RelatedKeys)
		}
		metadata, err := s.makeKey(call, key, policy, aws.ToString(in.Description))
		return &awskms.CreateKeyOutput{KeyMetadata: metadata}, err
	}}, nil
}

func newAttributes(in *awskms.CreateKeyInput) (*fakeaws.KeyAttributes, error) {
	if in.CustomKeyStoreId != nil || in.XksKeyId != nil || in.Origin == types.OriginTypeAwsCloudhsm || in.Origin == types.OriginTypeExternalKeyStore {
		return nil, notImplemented("CustomKeyStoreId")
	}
	keySpec, usage, err := keySpec(in.KeySpec, in.CustomerMasterKeySpec, in.KeyUsage) //nolint:staticcheck // older clients send it
	if err != nil {
		return nil, err
	}
	a := &fakeaws.KeyAttributes{
		Spec: string(keySpec), Usage: string(usage), Origin: string(types.OriginTypeAwsKms), State: string(types.KeyStateEnabled),
	}
	if in.Origin == types.OriginTypeExternal {
		a.Origin, a.State = string(in.Origin), string(types.KeyStatePendingImport)
	}
	return a, nil
}

// setKind sets the condition keys of the kind of a new key.
func setKind(keys *enforce.Context, a *fakeaws.KeyAttributes, multiRegion bool) {
	keys.Set("kms:KeySpec", a.Spec)
	keys.Set("kms:KeyUsage", a.Usage)
	keys.Set("kms:CustomerMasterKeySpec", a.Spec)
	keys.Set("kms:CustomerMasterKeyUsage", a.Usage)
	keys.Set("kms:KeyOrigin", a.Origin)
	keys.SetBool("kms:MultiRegion", multiRegion)
	if multiRegion {
		keys.Set("kms:MultiRegionKeyType", string(types.MultiRegionKeyTypePrimary))
	}
}

// makeKey makes a key with its material.
func (s *Fake) makeKey(call *fakeaws.Call, key *fakeaws.Key, policy *enforce.Policy, description string) (*types.KeyMetadata, error) {
	r := &record{description: description}
	switch {
	case isExternal(key):
	case isAsymmetric(key.Spec):
		var err error
		if r.private, err = newPrivate(key.Spec); err != nil {
			return nil, err
		}
	default:
		r.versions = []version{s.newVersion(key, nil)}
	}
	key.Material = r
	return s.add(call, key, policy, nil)
}

// add adds a key to those of the World, if admit has no error and the quota of the account
// has room for it.
func (s *Fake) add(call *fakeaws.Call, key *fakeaws.Key, policy *enforce.Policy, admit func() error) (*types.KeyMetadata, error) {
	err := s.keys().Add(key, policy, func() error {
		if admit != nil {
			if err := admit(); err != nil {
				return err
			}
		}
		if s.keys().Count(key.Account, key.Region) >= maxKeys {
			return limitExceeded(textKeys)
		}
		return nil
	})
	if errors.As(err, new(*fakeaws.UnknownPrincipalError)) {
		return nil, policyError(err)
	}
	if err != nil {
		return nil, err
	}
	call.Stores(policy)
	s.keys().Lock()
	defer s.keys().Unlock()
	return s.metadata(key, s.now()), nil
}

// metadata describes a key. The lock is held.
func (s *Fake) metadata(key *fakeaws.Key, now time.Time) *types.KeyMetadata {
	r, known := s.recordOf(key, now), specs[types.KeySpec(key.Spec)]
	m := &types.KeyMetadata{
		KeyId: &key.ID, Arn: &key.ARN, AWSAccountId: &key.Account, CreationDate: aws.Time(key.Created.Truncate(time.Millisecond)),
		Description: &r.description, KeyState: types.KeyState(key.State), Enabled: key.State == string(types.KeyStateEnabled),
		KeySpec: types.KeySpec(key.Spec), CustomerMasterKeySpec: types.CustomerMasterKeySpec(key.Spec), //nolint:staticcheck // AWS answers it
		KeyUsage: types.KeyUsageType(key.Usage), Origin: types.OriginType(key.Origin),
		KeyManager: types.KeyManagerTypeCustomer, MultiRegion: aws.Bool(key.MultiRegion != nil), MacAlgorithms: known.mac,
	}
	if key.Managed() {
		m.KeyManager = types.KeyManagerTypeAws
	}
	switch m.KeyUsage {
	case types.KeyUsageTypeEncryptDecrypt:
		m.EncryptionAlgorithms = known.encryption
	case types.KeyUsageTypeSignVerify:
		m.SigningAlgorithms = known.signing
	case types.KeyUsageTypeKeyAgreement:
		m.KeyAgreementAlgorithms = []types.KeyAgreementAlgorithmSpec{types.KeyAgreementAlgorithmSpecEcdh}
	}
	if isSymmetric(key) && len(r.versions) > 0 && r.current().secret != nil {
		m.CurrentKeyMaterialId = &r.current().id
	}
	switch m.KeyState {
	case types.KeyStatePendingDeletion:
		m.DeletionDate = aws.Time(key.DeleteAt)
	case types.KeyStatePendingReplicaDeletion:
		m.PendingDeletionWindowInDays = aws.Int32(int32(key.Window / day))
	}
	if isExternal(key) && m.KeyState != types.KeyStatePendingImport {
		m.ExpirationModel = types.ExpirationModelTypeKeyMaterialDoesNotExpire
		if !key.ExpiresAt.IsZero() {
			m.ExpirationModel, m.ValidTo = types.ExpirationModelTypeKeyMaterialExpires, aws.Time(key.ExpiresAt)
		}
	}
	m.MultiRegionConfiguration = related(key)
	return m
}

func (s *Fake) describeKey(call *fakeaws.Call, in *awskms.DescribeKeyInput) (*fakeaws.Plan[*awskms.DescribeKeyOutput], error) {
	u := &use{id: in.KeyId, action: "kms:DescribeKey"}
	return onKey(s, call, u, anyState, func(key *fakeaws.Key, now time.Time) (*awskms.DescribeKeyOutput, error) {
		return &awskms.DescribeKeyOutput{KeyMetadata: s.metadata(key, now)}, nil
	})
}

// changeKey plans an operation of the owner's that changes a key.
func changeKey[O any](s *Fake, call *fakeaws.Call, u *use, row states, do func(*fakeaws.Key, time.Time) (O, error)) (*fakeaws.Plan[O], error) {
	u.noAlias = true
	return onKey(s, call, u, row, func(key *fakeaws.Key, now time.Time) (none O, _ error) {
		if err := unmanaged(key); err != nil {
			return none, err
		}
		return do(key, now)
	})
}

func (s *Fake) enableKey(call *fakeaws.Call, in *awskms.EnableKeyInput) (*fakeaws.Plan[*awskms.EnableKeyOutput], error) {
	u := &use{id: in.KeyId, action: "kms:EnableKey"}
	return changeKey(s, call, u, materialNeeded, func(key *fakeaws.Key, _ time.Time) (*awskms.EnableKeyOutput, error) {
		key.State = string(types.KeyStateEnabled)
		return &awskms.EnableKeyOutput{}, nil
	})
}

func (s *Fake) disableKey(call *fakeaws.Call, in *awskms.DisableKeyInput) (*fakeaws.Plan[*awskms.DisableKeyOutput], error) {
	u := &use{id: in.KeyId, action: "kms:DisableKey"}
	return changeKey(s, call, u, materialNeeded, func(key *fakeaws.Key, _ time.Time) (*awskms.DisableKeyOutput, error) {
		key.State = string(types.KeyStateDisabled)
		return &awskms.DisableKeyOutput{}, nil
	})
}

func (s *Fake) updateKeyDescription(call *fakeaws.Call, in *awskms.UpdateKeyDescriptionInput) (*fakeaws.Plan[*awskms.UpdateKeyDescriptionOutput], error) {
	u := &use{id: in.KeyId, action: "kms:UpdateKeyDescription"}
	return changeKey(s, call, u, notPending, func(key *fakeaws.Key, now time.Time) (*awskms.UpdateKeyDescriptionOutput, error) {
		s.recordOf(key, now) // a key that was made without KMS has a record from now on
		r := *key.Material.(*record)
		r.description = aws.ToString(in.Description)
		key.Material = &r
		return &awskms.UpdateKeyDescriptionOutput{}, nil
	})
}

// policyNames are those that a key policy can have.
var policyNames = []string{"default"}

func isPolicyName(name *string) bool { return name == nil || slices.Contains(policyNames, *name) }

// grantID makes the id or the token of a grant.
func (s *Fake) grantID(n int) string { return hex.EncodeToString(s.random(n)) }
