package firehose

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsfirehose "github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) encryptionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.startEncryption),
		fakeaws.Bind(s.stopEncryption),
	}
}

// encrypt reads an encryption configuration into a stream.
func (x *stream) encrypt(e *types.DeliveryStreamEncryptionConfigurationInput) error {
	customer := e.KeyType == types.KeyTypeCustomerManagedCmk
	switch {
	case x.kind != types.DeliveryStreamTypeDirectPut:
		return invalidArgument(textEncryptSource)
	case customer != (e.KeyARN != nil):
		return invalidArgument(textKeyARN)
	}
	x.key, x.keyARN = e.KeyType, aws.ToString(e.KeyARN)
	return nil
}

func (x *stream) encryption() *types.DeliveryStreamEncryptionConfiguration {
	if x.key == "" {
		return &types.DeliveryStreamEncryptionConfiguration{Status: types.DeliveryStreamEncryptionStatusDisabled}
	}
	out := &types.DeliveryStreamEncryptionConfiguration{Status: types.DeliveryStreamEncryptionStatusEnabled, KeyType: x.key}
	if x.keyARN != "" {
		out.KeyARN = aws.String(x.keyARN)
	}
	return out
}

// encryptionNeeds are the permissions on the customer's key of a stream. Firehose makes a
// grant, by which it then encrypts for all who put records: so the caller needs
// kms:CreateGrant, and producers need nothing on the key ("Data protection in Amazon Data
// Firehose" of the Developer Guide). An error is answered when the call is allowed.
func (s *Fake) encryptionNeeds(call *fakeaws.Call, x *stream) ([]fakeaws.Need, error) {
	if x.keyARN == "" {
		return nil, nil
	}
	key, err := s.world.Keys().Find(x.id.account, x.id.region, x.keyARN)
	if err != nil {
		return nil, invalidKey("NotFoundException", err.Error())
	}
	grant := key.Need(call, "kms:CreateGrant", map[string]string{"aws:firehose:arn": x.id.arn()})
	grant.Context.SetBool("kms:GrantIsForAWSResource", true)
	var state *fakeaws.KeyStateError
	if errors.As(key.Usable("kms:GenerateDataKey"), &state) {
		return []fakeaws.Need{grant}, invalidKey(state.Code, state.Message)
	}
	return []fakeaws.Need{grant}, nil
}

func (s *Fake) startEncryption(call *fakeaws.Call, in *awsfirehose.StartDeliveryStreamEncryptionInput) (*fakeaws.Plan[*awsfirehose.StartDeliveryStreamEncryptionOutput], error) {
	config := in.DeliveryStreamEncryptionConfigurationInput
	if config == nil {
		config = &types.DeliveryStreamEncryptionConfigurationInput{KeyType: types.KeyTypeAwsOwnedCmk}
	}
	x, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.StartDeliveryStreamEncryptionOutput, error) {
		call.Finished()
		return new(awsfirehose.StartDeliveryStreamEncryptionOutput), x.encrypt(config)
	})
	if err != nil || x == nil {
		return plan, err
	}
	later := stream{id: x.id, kind: x.kind}
	if err := later.encrypt(config); err != nil {
		return plan.Refusing(err), nil
	}
	needs, keyErr := s.encryptionNeeds(call, &later)
	plan.Needs = append(plan.Needs, needs...)
	return plan.Refusing(keyErr), nil
}

func (s *Fake) stopEncryption(call *fakeaws.Call, in *awsfirehose.StopDeliveryStreamEncryptionInput) (*fakeaws.Plan[*awsfirehose.StopDeliveryStreamEncryptionOutput], error) {
	_, plan, err := on(s, call, in, in.DeliveryStreamName, func(x *stream) (*awsfirehose.StopDeliveryStreamEncryptionOutput, error) {
		if x.kind != types.DeliveryStreamTypeDirectPut {
			return nil, invalidArgument(textEncryptSource)
		}
		x.key, x.keyARN = "", ""
		call.Finished()
		return new(awsfirehose.StopDeliveryStreamEncryptionOutput), nil
	})
	return plan, err
}
