package kinesis

import (
	"cmp"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) encryptionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.startEncryption),
		fakeaws.Bind(s.stopEncryption),
	}
}

// The permissions on the KMS key of a stream that Kinesis asks for a caller: of producers,
// and of consumers (Developer Guide, "Permissions to use user-generated KMS keys").
const (
	kmsGenerate = "kms:GenerateDataKey"
	kmsDecrypt  = "kms:Decrypt"
)

// kmsNeeds are the permissions on the KMS keys of records of a stream; none for the empty
// key. Ids and aliases are those of the stream's account. Kinesis uses a data key again for
// some minutes and does not ask KMS meanwhile; here each call is judged. An error is answered
// when the call is allowed.
func (s *Fake) kmsNeeds(call *fakeaws.Call, id streamID, action string, keys ...string) (needs []fakeaws.Need, refused error) {
	for i, name := range keys {
		if name == "" || slices.Contains(keys[:i], name) {
			continue
		}
		key, err := s.world.Keys().Find(id.account, id.region, name)
		if err != nil {
			refused = cmp.Or(refused, error(&types.KMSNotFoundException{Message: aws.String(err.Error())}))
			continue
		}
		// The ARN of the stream is the encryption context of all calls of Kinesis.
		needs = append(needs, key.Need(call, action, map[string]string{"aws:kinesis:arn": id.arn()}))
		refused = cmp.Or(refused, kmsUnusable(key, action))
	}
	return needs, refused
}

// kmsUnusable is the error of KMS, as Kinesis repeats it, for a key that is disabled, pending
// deletion or not for this.
func kmsUnusable(key *fakeaws.Key, action string) error {
	var state *fakeaws.KeyStateError
	if !errors.As(key.Usable(action), &state) {
		return nil
	}
	if state.Code == "DisabledException" {
		return &types.KMSDisabledException{Message: &state.Message}
	}
	return &types.KMSInvalidStateException{Message: &state.Message}
}

// encryptionPlan plans a change of the encryption of a stream. The service authorization
// reference has two resources of both actions, the stream and the key, so each takes the
// permission.
func encryptionPlan[O any](s *Fake, call *fakeaws.Call, in any, r ref, keyID *string, do func(*stream) (O, error)) (*fakeaws.Plan[O], error) {
	x, plan, err := planOnStream(s, call, in, r, do)
	if err != nil || x == nil {
		return plan, err
	}
	key, err := s.world.Keys().Find(x.id.account, x.id.region, *keyID)
	if err != nil {
		return plan.Refusing(&types.KMSNotFoundException{Message: aws.String(err.Error())}), nil
	}
	plan.Needs = append(plan.Needs, fakeaws.Need{
		Action: "kinesis:" + call.Operation, Resource: key.ARN, ResourceAccount: key.Account, Policy: noPolicy,
		Note: "the service authorization reference has the KMS key as a resource of " + call.Operation + ", beside the stream",
	})
	return plan.Refusing(kmsUnusable(key, kmsGenerate)), nil
}

// startEncryption encrypts the records that come from now on.
func (s *Fake) startEncryption(call *fakeaws.Call, in *awskinesis.StartStreamEncryptionInput) (*fakeaws.Plan[*awskinesis.StartStreamEncryptionOutput], error) {
	return encryptionPlan(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, in.KeyId, func(x *stream) (*awskinesis.StartStreamEncryptionOutput, error) {
		if in.EncryptionType != types.EncryptionTypeKms {
			return nil, invalidArgument(textEncrypted)
		}
		x.kmsKey = *in.KeyId
		call.Finished()
		return new(awskinesis.StartStreamEncryptionOutput), nil
	})
}

// stopEncryption encrypts no records from now on. Those that are there stay encrypted.
func (s *Fake) stopEncryption(call *fakeaws.Call, in *awskinesis.StopStreamEncryptionInput) (*fakeaws.Plan[*awskinesis.StopStreamEncryptionOutput], error) {
	return encryptionPlan(s, call, in, ref{in.StreamName, in.StreamARN, in.StreamId}, in.KeyId, func(x *stream) (*awskinesis.StopStreamEncryptionOutput, error) {
		if in.EncryptionType != types.EncryptionTypeKms {
			return nil, invalidArgument(textEncrypted)
		}
		if x.kmsKey != *in.KeyId {
			return nil, invalidArgument(textNotEncrypted, x.id.name, x.id.account, *in.KeyId)
		}
		x.kmsKey = ""
		call.Finished()
		return new(awskinesis.StopStreamEncryptionOutput), nil
	})
}
