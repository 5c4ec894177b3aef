package fakeaws

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/google/uuid"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// Keys are the KMS keys of a World: of its KMS, if it has one, and for the services that
// encrypt with them, since what they store for a caller needs the caller's permission on
// the key. Those services do not encrypt the bytes themselves. It is safe for concurrent
// use, and a service may ask it under its own lock.
type Keys struct {
	world   *World
	mu      RWMutex
	byARN   map[string]*Key
	aliases map[string]*KeyAlias // by their ARNs
	counts  map[home]int         // of the keys
}

// A home is where a key is: an account and a region.
type home struct{ account, region string }

// A Key is a KMS key of one region.
type Key struct {
	ARN, ID, Account, Region string
	Created                  time.Time
	// managed says that the key is an AWS service's own in the account, like aws/s3.
	managed bool
	keys    *Keys
	// What follows changes, and is guarded by the lock of keys: see [Keys.Lock].
	KeyAttributes
	// Material is what KMS keeps of the key: nil until KMS needs it.
	Material any
	policy   *ResourcePolicy
	aliases  []string
	grants   []*KeyGrant
	grantees map[string][]*KeyGrant // by the indexes of their grantees
}

// A KeyNotFoundError says, in the words of KMS, that a key does not exist.
type KeyNotFoundError struct{ Message string }

// Error implements error.
func (e *KeyNotFoundError) Error() string { return e.Message }

// ErrKeyExists says that there is a key of the ARN of a new one.
var ErrKeyExists = errors.New("the KMS key exists")

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
	key := &Key{ID: id, Account: account, Region: region}
	return key, k.Add(key, policy, nil)
}

// Add adds a key as KMS makes it: with its id, its account and region, its attributes and
// its material. With the lock held it asks admit first, unless that is nil, and adds nothing
// if that has an error.
func (k *Keys) Add(key *Key, policy *enforce.Policy, admit func() error) error {
	bound, err := k.world.Bind(policy)
	if err != nil {
		return err
	}
	key.keys, key.policy, key.Created = k, bound, k.world.clock.Now()
	key.ARN = ARN("kms", key.Region, key.Account, "key/"+key.ID)
	key.fill()
	k.mu.Lock()
	defer k.mu.Unlock()
	if admit != nil {
		if err := admit(); err != nil {
			return err
		}
	}
	if k.byARN[key.ARN] != nil {
		return ErrKeyExists
	}
	if k.byARN == nil {
		k.byARN, k.aliases, k.counts = make(map[string]*Key), make(map[string]*KeyAlias), make(map[home]int)
	}
	k.byARN[key.ARN] = key
	if !key.managed { // the quota is one of customer managed keys
		k.counts[home{key.Account, key.Region}]++
	}
	key.relate()
	for _, alias := range key.aliases {
		k.aliases[ARN("kms", key.Region, key.Account, alias)] = &KeyAlias{alias, key, key.Created, key.Created}
	}
	k.world.coverage.Add(policy)
	return nil
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
	now := key.keys.world.clock.Now()
	key.keys.mu.Lock()
	defer key.keys.mu.Unlock()
	key.PutAlias(alias, now)
}

// Find finds a key by its id, its alias or the ARN of either. Ids and aliases are of the
// given account and region, and keys of other regions are none. The alias of an AWS
// service, "alias/aws/s3", is that of the key that the service has in the account: it is
// made when the account first names it, and no other account makes it. The error is a
// [*KeyNotFoundError].
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
	if service, ok := strings.CutPrefix(resource, "alias/aws/"); ok && name.AccountID == account && k.hasManaged(account, service) {
		return k.managed(account, region, service)
	}
	keyID, isARN := strings.CutPrefix(resource, "key/")
	at := ARN("kms", region, name.AccountID, resource)
	if !alias && !isARN {
		at = ARN("kms", region, name.AccountID, "key/"+resource)
	}
	now := k.world.clock.Now()
	k.mu.Lock()
	key := k.Get(at, now)
	if alias {
		if named := k.aliases[at]; named != nil {
			key = k.Get(named.Key.ARN, now)
		}
	}
	k.mu.Unlock()
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

// hasManaged reports whether a service, by the name in the alias of its key, can have one
// in an account. That each service of the service authorization reference has one, and
// nothing else, is unverified.
func (k *Keys) hasManaged(account, service string) bool {
	s, known := catalog.Lookup(service)
	_, ours := k.world.Account(account)
	return known && s.Prefix == service && ours
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
	at := ARN("kms", region, account, "key/"+key.ID)
	k.mu.RLock()
	there := k.byARN[at]
	k.mu.RUnlock()
	if there != nil {
		return there, nil
	}
	err := k.Add(key, managedKeyPolicy(account, region, service), nil)
	if errors.Is(err, ErrKeyExists) { // another call made it meanwhile
		return k.managed(account, region, service)
	}
	return key, err
}

// DefaultKeyPolicy is "Default key policy" of the KMS Developer Guide. That of no account,
// which a service of AWS has, admits nobody.
func DefaultKeyPolicy(account string) *enforce.Policy {
	if account == "" {
		return enforce.Empty(enforce.KeyPolicy)
	}
	return ownKeyPolicy(`{"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable IAM User Permissions",` +
		`"Effect":"Allow","Principal":{"AWS":"` + ARN("iam", "", account, "root") + `"},"Action":"kms:*","Resource":"*"}]}`)
}

// managedKeyPolicy is the policy of a key that a service has in an account ("AWS managed
// keys" of the KMS Developer Guide). It cannot be changed.
func managedKeyPolicy(account, region, service string) *enforce.Policy {
	via, err := json.Marshal(service + "." + region + ".amazonaws.com") // a region is whatever a request is signed for
	if err != nil {
		panic("fakeaws: " + err.Error()) // texts have JSON
	}
	grant := ""
	if service == "dynamodb" { // "DynamoDB encryption at rest: usage notes", the policy of aws/dynamodb
		grant = `,"kms:CreateGrant"`
	}
	return ownKeyPolicy(`{"Version":"2012-10-17","Id":"auto-` + service + `-1","Statement":[{` +
		`"Sid":"Allow access through the service for all principals in the account that are authorized to use it","Effect":"Allow","Principal":{"AWS":"*"},` +
		`"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"` + grant + `],"Resource":"*",` +
		`"Condition":{"StringEquals":{"kms:CallerAccount":"` + account + `","kms:ViaService":` + string(via) + `}}},{` +
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
	keys.Set("kms:EncryptionAlgorithm", keySymmetric)
	n.SetEncryptionContext(encryptionContext)
	key.Grant(call, &n, encryptionContext, nil)
	return n
}

// SetEncryptionContext sets the condition keys of an encryption context. The names of
// condition keys have no case, those of an encryption context have: of two that differ in
// their case alone, with different values, it is unverified which one a policy sees, so the
// key is unknown.
func (n *Need) SetEncryptionContext(pairs map[string]string) {
	const prefix = "kms:EncryptionContext:"
	names, values := make([]string, 0, len(pairs)), make(map[string]string, len(pairs))
	var unclear []string
	for name, value := range pairs {
		names = append(names, name)
		lower := strings.ToLower(prefix + name)
		if before, twice := values[lower]; twice && before != value {
			unclear = append(unclear, lower)
		}
		values[lower] = value
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(unclear, strings.ToLower(prefix+name)) {
			n.Context.Set(prefix+name, pairs[name])
		}
	}
	n.Context.SetMulti("kms:EncryptionContextKeys", names)
	if unclear != nil {
		n.Unknown = &enforce.Unknown{Key: func(name string) bool { return slices.Contains(unclear, strings.ToLower(name)) }}
	}
}

// Direct is the permission that a call needs on the key when no service stands between.
// What the call adds to its condition keys comes before [Key.Grant].
func (key *Key) Direct(call *Call, action string) Need { return key.direct(call, action) }

func (key *Key) direct(call *Call, action string) Need {
	key.keys.mu.RLock()
	defer key.keys.mu.RUnlock()
	n := Need{Action: action, Resource: key.ARN, ResourceAccount: key.Account, Policy: key.policyFor(call, action)}
	keys := &n.Context
	if call.Account != "" {
		keys.Set("kms:CallerAccount", call.Account)
	}
	keys.Set("kms:KeySpec", key.Spec)
	keys.Set("kms:KeyUsage", key.Usage)
	keys.Set("kms:KeyOrigin", key.Origin)
	// The older names of the two.
	keys.Set("kms:CustomerMasterKeySpec", key.Spec)
	keys.Set("kms:CustomerMasterKeyUsage", key.Usage)
	keys.SetBool("kms:MultiRegion", key.MultiRegion != nil)
	if key.MultiRegion != nil {
		keys.Set("kms:MultiRegionKeyType", key.MultiRegionType())
	}
	keys.SetMulti("kms:ResourceAliases", slices.Clone(key.aliases))
	for name, value := range key.Tags {
		keys.Set("aws:ResourceTag/"+name, value)
	}
	return n
}

// shared are the actions on keys with "Cross-account use: Yes" in the API reference.
var shared = []string{
	"kms:CreateGrant", "kms:Decrypt", "kms:DeriveSharedSecret", "kms:DescribeKey", "kms:Encrypt",
	"kms:GenerateDataKey", "kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext", "kms:GenerateDataKeyWithoutPlaintext",
	"kms:GenerateMac", "kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListGrants", "kms:ReEncryptFrom", "kms:ReEncryptTo",
	"kms:RetireGrant", "kms:RevokeGrant", "kms:Sign", "kms:Verify", "kms:VerifyMac",
}

// noKeyPolicy is the policy of a key that admits nobody.
var noKeyPolicy = enforce.Empty(enforce.KeyPolicy)

// policyFor is the key policy that decides an action of a call. KMS takes no caller without
// credentials ("KMS key access and permissions" of the Developer Guide), also where another
// service does, and none of another account for what only the owner may. A key policy lets
// nobody retire grants ("Retiring and revoking grants"): the IAM policies of the account do.
// The lock is held.
func (key *Key) policyFor(call *Call, action string) *enforce.Policy {
	switch {
	case call.Anonymous(), call.Account != key.Account && !slices.Contains(shared, action):
		return noKeyPolicy
	case action == "kms:RetireGrant":
		return enforce.Join(enforce.KeyPolicy, key.policy.Policy().Denials(), DefaultKeyPolicy(key.Account))
	}
	return key.policy.Policy()
}

// ownKeyPolicy is a policy that a key has without that somebody wrote one.
func ownKeyPolicy(document string) *enforce.Policy {
	p, err := enforce.Parse(document, enforce.KeyPolicy, enforce.Source{Implied: true})
	if err != nil {
		panic("fakeaws: " + err.Error()) // the documents are those above
	}
	return p
}
