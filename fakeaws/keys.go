package fakeaws

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/google/uuid"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// Keys are the KMS keys of a World, for the services that encrypt with them: what they
// store for a caller needs the caller's permission on the key. The bytes themselves are
// not encrypted. It is safe for concurrent use, and a service may ask it under its own
// lock.
type Keys struct {
	world   *World
	mu      RWMutex
	byARN   map[string]*Key
	aliases map[string]*Key // by their ARNs
}

// A Key is a symmetric KMS key of one region.
type Key struct {
	ARN, ID, Account, Region string
	// managed says that the key is an AWS service's own in the account, like aws/s3.
	managed bool
	keys    *Keys
	// What changes is guarded by the lock of keys.
	policy  *ResourcePolicy
	aliases []string
}

// A KeyNotFoundError says, in the words of KMS, that a key does not exist.
type KeyNotFoundError struct{ Message string }

// Error implements error.
func (e *KeyNotFoundError) Error() string { return e.Message }

// Create makes a key with a key policy; nil is the default one, by which the policies of
// the account decide. The error is an [*UnknownPrincipalError] when the policy names who
// does not exist.
func (k *Keys) Create(account, region string, policy *enforce.Policy) (*Key, error) {
	return k.CreateWithID(account, region, k.world.ids.UUID(), policy)
}

// CreateWithID is Create of a key whose id, a UUID, is known before.
func (k *Keys) CreateWithID(account, region, id string, policy *enforce.Policy) (*Key, error) {
	if policy == nil {
		policy = DefaultKeyPolicy(account)
	}
	return k.add(&Key{ID: id, Account: account, Region: region}, policy)
}

func (k *Keys) add(key *Key, policy *enforce.Policy) (*Key, error) {
	bound, err := k.world.Bind(policy)
	if err != nil {
		return nil, err
	}
	key.keys, key.policy = k, bound
	key.ARN = ARN("kms", key.Region, key.Account, "key/"+key.ID)
	k.mu.Lock()
	defer k.mu.Unlock()
	if there := k.byARN[key.ARN]; there != nil {
		return there, nil // a managed key that another call made
	}
	if k.byARN == nil {
		k.byARN, k.aliases = make(map[string]*Key), make(map[string]*Key)
	}
	k.byARN[key.ARN] = key
	k.world.coverage.Add(policy)
	return key, nil
}

// SetPolicy gives the key another policy, as [Keys.Create] does.
func (key *Key) SetPolicy(policy *enforce.Policy) error {
	bound, err := key.keys.world.Bind(policy)
	if err != nil {
		return err
	}
	key.keys.mu.Lock()
	defer key.keys.mu.Unlock()
	key.policy = bound
	key.keys.world.coverage.Add(policy)
	return nil
}

// Policy returns the key policy as it is now.
func (key *Key) Policy() *enforce.Policy {
	key.keys.mu.RLock()
	defer key.keys.mu.RUnlock()
	return key.policy.Policy()
}

// SetAlias gives the key an alias, "alias/app", in its account and region. Another key
// that has it loses it.
func (key *Key) SetAlias(alias string) {
	key.keys.mu.Lock()
	defer key.keys.mu.Unlock()
	at := ARN("kms", key.Region, key.Account, alias)
	if before := key.keys.aliases[at]; before != nil {
		before.aliases = slices.DeleteFunc(before.aliases, func(a string) bool { return a == alias })
	}
	key.keys.aliases[at] = key
	key.aliases = append(key.aliases, alias)
}

// Find finds a key by its id, its alias or the ARN of either. Ids and aliases are of the
// given account and region, and keys of other regions are none. The alias of an AWS
// service, "alias/aws/s3", is that of the key that the service has in the account. The
// error is a [*KeyNotFoundError].
func (k *Keys) Find(account, region, id string) (*Key, error) {
	name, resource := arn.ARN{Service: "kms", Region: region, AccountID: account}, id
	if strings.HasPrefix(id, "arn:") {
		var err error
		if name, err = arn.Parse(id); err != nil || name.Service != "kms" || !awsid.IsAccount(name.AccountID) {
			return nil, &KeyNotFoundError{"Invalid arn " + id}
		}
		if name.Region != region {
			return nil, &KeyNotFoundError{"Invalid arn " + name.Region}
		}
		resource = name.Resource
	}
	alias := strings.HasPrefix(resource, "alias/")
	if service, ok := strings.CutPrefix(resource, "alias/aws/"); ok {
		if _, ours := k.world.Account(name.AccountID); ours {
			return k.managed(name.AccountID, region, service)
		}
	}
	keyID, isARN := strings.CutPrefix(resource, "key/")
	at := ARN("kms", region, name.AccountID, resource)
	if !alias && !isARN {
		at = ARN("kms", region, name.AccountID, "key/"+resource)
	}
	k.mu.RLock()
	key := k.byARN[at]
	if alias {
		key = k.aliases[at]
	}
	k.mu.RUnlock()
	switch {
	case key != nil:
		return key, nil
	case alias:
		return nil, &KeyNotFoundError{"Alias " + at + " is not found."}
	case uuid.Validate(keyID) != nil:
		return nil, &KeyNotFoundError{"Invalid keyId '" + id + "'"}
	}
	return nil, &KeyNotFoundError{"Key '" + at + "' does not exist"}
}

// managed returns the key that a service has in an account, which everybody in the
// account may use through the service. KMS makes it when it is first used.
func (k *Keys) managed(account, region, service string) (*Key, error) {
	sum := sha256.Sum256([]byte("aws/" + service + " of " + account + " in " + region))
	h := hex.EncodeToString(sum[:16])
	key := &Key{
		ID:      h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:],
		Account: account, Region: region, managed: true, aliases: []string{"alias/aws/" + service},
	}
	k.mu.RLock()
	there := k.byARN[ARN("kms", region, account, "key/"+key.ID)]
	k.mu.RUnlock()
	if there != nil {
		return there, nil
	}
	return k.add(key, managedKeyPolicy(account, region, service))
}

// DefaultKeyPolicy is "Default key policy" of the KMS Developer Guide.
func DefaultKeyPolicy(account string) *enforce.Policy {
	return ownKeyPolicy(`{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions",` +
		`"Effect":"Allow","Principal":{"AWS":"` + ARN("iam", "", account, "root") + `"},"Action":"kms:*","Resource":"*"}]}`)
}

// managedKeyPolicy is the policy of a key that a service has in an account ("AWS managed
// keys" of the KMS Developer Guide). It cannot be changed.
func managedKeyPolicy(account, region, service string) *enforce.Policy {
	return ownKeyPolicy(`{"Version":"2012-10-17","Id":"auto-` + service + `-1","Statement":[{` +
		`"Sid":"Allow access through the service for all principals in the account that are authorized to use it","Effect":"Allow","Principal":{"AWS":"*"},` +
		`"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*",` +
		`"Condition":{"StringEquals":{"kms:CallerAccount":"` + account + `","kms:ViaService":"` + service + `.` + region + `.amazonaws.com"}}},{` +
		`"Sid":"Allow direct access to key metadata to the account","Effect":"Allow","Principal":{"AWS":"` + ARN("iam", "", account, "root") + `"},` +
		`"Action":["kms:Describe*","kms:Get*","kms:List*"],"Resource":"*"}]}`)
}

// Need is the permission that a call needs on the key when a service uses it for the
// caller: "kms:Decrypt", "kms:GenerateDataKey". The service asks KMS with the caller's
// identity (User Guide "Forward access sessions"), from an address of its own, and binds
// what it encrypts to an encryption context.
func (key *Key) Need(call *Call, action string, encryptionContext map[string]string) Need {
	n := key.direct(call, action)
	keys := &n.Context
	if call.Caller.Type != enforce.Service {
		keys.Set("kms:ViaService", call.Service+"."+key.Region+".amazonaws.com")
		keys.SetBool("aws:ViaAWSService", true)
		// The request comes from an address of the service, which is not known: a policy
		// that asks for the caller's network denies, as it does in AWS.
		for _, network := range []string{"aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"} {
			keys.SetAbsent(network)
		}
	}
	names := make([]string, 0, len(encryptionContext))
	for name, value := range encryptionContext {
		keys.Set("kms:EncryptionContext:"+name, value)
		names = append(names, name)
	}
	slices.Sort(names)
	keys.SetMulti("kms:EncryptionContextKeys", names)
	return n
}

// direct is the permission that a call needs on the key when no service stands between.
func (key *Key) direct(call *Call, action string) Need {
	key.keys.mu.RLock()
	policy, aliases := key.policy.Policy(), slices.Clone(key.aliases)
	key.keys.mu.RUnlock()
	n := Need{Action: action, Resource: key.ARN, ResourceAccount: key.Account, Policy: policy}
	keys := &n.Context
	if call.Account != "" {
		keys.Set("kms:CallerAccount", call.Account)
	}
	keys.Set("kms:KeySpec", "SYMMETRIC_DEFAULT")
	keys.Set("kms:KeyUsage", "ENCRYPT_DECRYPT")
	keys.Set("kms:KeyOrigin", "AWS_KMS")
	keys.Set("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
	keys.SetBool("kms:MultiRegion", false)
	keys.SetMulti("kms:ResourceAliases", aliases)
	return n
}

// ownKeyPolicy is a policy that a key has without that somebody wrote one.
func ownKeyPolicy(document string) *enforce.Policy {
	p, err := enforce.Parse(document, enforce.KeyPolicy, enforce.Source{Implied: true})
	if err != nil {
		panic("fakeaws: " + err.Error()) // the documents are those above
	}
	return p
}
