package dynamodb

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// managedKey is the key that DynamoDB has in an account, for tables that ask for KMS and
// name no key.
const managedKey = "alias/aws/dynamodb"

// newKeyActions are the permissions on a KMS key that a table gets (developer guide,
// "DynamoDB encryption at rest: usage notes", the events of CloudTrail there). Which of them
// the caller needs is unverified.
var newKeyActions = []string{"kms:DescribeKey", "kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt"}

// encryptionContext is that of a table's keys.
func (id tableID) encryptionContext() map[string]string {
	return map[string]string{"aws:dynamodb:tableName": id.name, "aws:dynamodb:subscriberId": id.account}
}

// keyNeeds are the permissions on the keys of tables that items take: DynamoDB decrypts the
// table's key with them for the caller. It keeps that key for some minutes and does not ask
// KMS meanwhile; here each call is judged. An error is answered when the call is allowed.
func (s *Fake) keyNeeds(call *fakeaws.Call, targets []*target) (needs []fakeaws.Need, failed error) {
	seen := make(map[tableID]bool)
	for _, t := range targets {
		if t.table == nil {
			continue
		}
		s.mu.Lock()
		t.key = t.kmsKey
		s.mu.Unlock()
		if t.key == "" || seen[t.id] {
			continue
		}
		seen[t.id] = true
		name := t.key
		key, err := s.world.Keys().Find(t.id.account, t.id.region, name)
		if err != nil {
			failed = invalidf(textKMS, err.Error())
			continue
		}
		needs = append(needs, key.Need(call, "kms:Decrypt", t.id.encryptionContext()))
		if err := key.Usable("kms:Decrypt"); err != nil {
			failed = invalidf(textKMS, err.Error())
		}
	}
	return needs, failed
}

// newKey finds the key of an encryption setting, and the permissions on it. No key is one
// that DynamoDB owns.
func (s *Fake) newKey(call *fakeaws.Call, id tableID, spec *types.SSESpecification) (arn string, needs []fakeaws.Need, err error) {
	if spec == nil || !isTrue(spec.Enabled) {
		if spec != nil && spec.KMSMasterKeyId != nil {
			return "", nil, invalid("One or more parameter values were invalid: KMSMasterKeyId can only be specified when SSE is enabled")
		}
		return "", nil, nil
	}
	if spec.SSEType == types.SSETypeAes256 {
		return "", nil, invalid("One or more parameter values were invalid: SSEType AES256 is not supported")
	}
	name := aws.ToString(spec.KMSMasterKeyId)
	if name == "" {
		name = managedKey
	}
	key, err := s.world.Keys().Find(id.account, id.region, name)
	if err != nil {
		return "", nil, invalidf(textKMS, err.Error())
	}
	for _, action := range newKeyActions {
		needs = append(needs, key.Need(call, action, id.encryptionContext()))
	}
	if err := key.Usable("kms:GenerateDataKey"); err != nil {
		return "", nil, invalidf(textKMS, err.Error())
	}
	return key.ARN, needs, nil
}
