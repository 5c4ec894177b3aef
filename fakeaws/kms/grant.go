package kms

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Limits of grants ("Resource quotas" of the Developer Guide, "CreateGrant" of the API
// reference).
const (
	maxGrants        = 50_000
	maxPairs         = 8
	maxConstraint    = 384 // characters of a value
	grantIDBytes     = 32
	grantTokenBytes  = 64
	grantTokenPrefix = 2 * grantIDBytes
)

// managing are the operations of grants that keys of all kinds have.
var managing = []types.GrantOperation{types.GrantOperationCreateGrant, types.GrantOperationRetireGrant, types.GrantOperationDescribeKey}

// grantable are the operations of grants that keys of a usage have ("Grant operations").
func grantable(key *fakeaws.Key) []types.GrantOperation {
	switch types.KeyUsageType(key.Usage) {
	case types.KeyUsageTypeGenerateVerifyMac:
		return []types.GrantOperation{types.GrantOperationGenerateMac, types.GrantOperationVerifyMac}
	case types.KeyUsageTypeSignVerify:
		return []types.GrantOperation{types.GrantOperationSign, types.GrantOperationVerify, types.GrantOperationGetPublicKey}
	case types.KeyUsageTypeKeyAgreement:
		return []types.GrantOperation{types.GrantOperationDeriveSharedSecret, types.GrantOperationGetPublicKey}
	}
	both := []types.GrantOperation{types.GrantOperationEncrypt, types.GrantOperationDecrypt, types.GrantOperationReEncryptFrom, types.GrantOperationReEncryptTo}
	if !isSymmetric(key) {
		return append(both, types.GrantOperationGetPublicKey)
	}
	return append(both, types.GrantOperationGenerateDataKey, types.GrantOperationGenerateDataKeyWithoutPlaintext,
		types.GrantOperationGenerateDataKeyPair, types.GrantOperationGenerateDataKeyPairWithoutPlaintext)
}

// checkGrant refuses a grant by its shape.
func checkGrant(in *awskms.CreateGrantInput) error {
	c := constraintsOf(in)
	service := in.GranteeServicePrincipal != nil
	switch {
	case (in.GranteePrincipal == nil) == !service:
		return invalid(textOneGrantee)
	case in.RetiringPrincipal != nil && in.RetiringServicePrincipal != nil:
		return invalid(textOneRetiring)
	case service && (c.SourceArn == nil || in.RetiringPrincipal == nil && in.RetiringServicePrincipal == nil):
		return invalid(textServiceGrant)
	case c.EncryptionContextEquals != nil && c.EncryptionContextSubset != nil:
		return invalid(textConstraints)
	}
	if len(in.Operations) > len(types.GrantOperation("").Values()) {
		return invalid(textOperations)
	}
	for _, pairs := range []map[string]string{c.EncryptionContextEquals, c.EncryptionContextSubset} {
		if len(pairs) > maxPairs {
			return invalid(textPairs)
		}
		for _, value := range pairs {
			if len([]rune(value)) > maxConstraint {
				return invalid(textPairs)
			}
		}
	}
	return nil
}

// constrained is the encryption context of the constraints of a grant: it has one at most.
func constrained(in *awskms.CreateGrantInput) map[string]string {
	c := constraintsOf(in)
	if c.EncryptionContextEquals != nil {
		return c.EncryptionContextEquals
	}
	return c.EncryptionContextSubset
}

func constraintsOf(in *awskms.CreateGrantInput) types.GrantConstraints {
	if in.Constraints == nil {
		return types.GrantConstraints{}
	}
	return *in.Constraints
}

// checkGrantOn refuses a grant that does not go with its key. The lock is held.
func checkGrantOn(key *fakeaws.Key, in *awskms.CreateGrantInput) error {
	admitted := grantable(key)
	for _, op := range in.Operations {
		if !slices.Contains(admitted, op) && !slices.Contains(managing, op) {
			return invalid(textGrantOperation + string(op))
		}
	}
	c := constraintsOf(in)
	if !isSymmetric(key) && (c.EncryptionContextEquals != nil || c.EncryptionContextSubset != nil) {
		return invalid(textNoConstraints)
	}
	return nil
}

// setGrantKeys sets the condition keys of a grant that is made.
func setGrantKeys(c *enforce.Context, in *awskms.CreateGrantInput) {
	operations := make([]string, len(in.Operations))
	for i, op := range in.Operations {
		operations[i] = string(op)
	}
	c.SetMulti("kms:GrantOperations", operations)
	c.SetBool("kms:GrantIsForAWSResource", false) // a service's own call has kms:ViaService
	for name, value := range map[string]*string{
		"kms:GranteePrincipal": in.GranteePrincipal, "kms:GranteeServicePrincipal": in.GranteeServicePrincipal,
		"kms:RetiringPrincipal": in.RetiringPrincipal, "kms:RetiringServicePrincipal": in.RetiringServicePrincipal,
		"kms:GrantConstraintSourceArn": constraintsOf(in).SourceArn,
	} {
		if value != nil {
			c.Set(name, *value)
		}
	}
	switch constraints := constraintsOf(in); {
	case constraints.EncryptionContextEquals != nil:
		c.Set("kms:GrantConstraintType", "EncryptionContextEquals")
	case constraints.EncryptionContextSubset != nil:
		c.Set("kms:GrantConstraintType", "EncryptionContextSubset")
	}
}

// covers reports whether a grant that allows CreateGrant allows this one: with no operation
// that it has not, and with constraints that are as strict or stricter ("Granting
// CreateGrant permission").
func covers(parent *fakeaws.KeyGrant, in *awskms.CreateGrantInput) bool {
	for _, op := range in.Operations {
		if !slices.Contains(parent.Operations, string(op)) {
			return false
		}
	}
	c := constraintsOf(in)
	switch {
	case parent.SourceARN != "" && aws.ToString(c.SourceArn) != parent.SourceARN:
		return false
	case parent.Equals != nil:
		return maps.Equal(parent.Equals, c.EncryptionContextEquals)
	case parent.Subset != nil:
		return includes(c.EncryptionContextEquals, parent.Subset) || includes(c.EncryptionContextSubset, parent.Subset)
	}
	return true
}

// includes reports whether pairs has all that part has.
func includes(pairs, part map[string]string) bool {
	for name, value := range part {
		if got, ok := pairs[name]; !ok || got != value {
			return false
		}
	}
	return true
}

// entry lists a grant.
func entry(g *fakeaws.KeyGrant) types.GrantListEntry {
	e := types.GrantListEntry{
		GrantId: &g.ID, KeyId: &g.Key.ARN, CreationDate: aws.Time(g.Created), IssuingAccount: aws.String(fakeaws.ARN("iam", "", g.Issuer, "root")),
		Name: sent(g.Name), GranteePrincipal: sent(g.Grantee), GranteeServicePrincipal: sent(g.GranteeService),
		RetiringPrincipal: sent(g.Retiring), RetiringServicePrincipal: sent(g.RetiringService),
	}
	for _, op := range g.Operations {
		e.Operations = append(e.Operations, types.GrantOperation(op))
	}
	if g.Equals != nil || g.Subset != nil || g.SourceARN != "" {
		e.Constraints = &types.GrantConstraints{EncryptionContextEquals: g.Equals, EncryptionContextSubset: g.Subset, SourceArn: sent(g.SourceARN)}
	}
	return e
}

func sent(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// tokenID is the id of the grant of a grant token.
func tokenID(token string) (string, bool) {
	id, _, ok := strings.Cut(token, ".")
	return id, ok && len(id) == grantTokenPrefix
}
