package sns

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// kmsNeeds are the permissions on the KMS key of an encrypted topic that a publisher needs
// (developer guide, "Managing Amazon SNS encryption keys and costs"); none without a key.
// Ids and aliases are those of the topic's account. SNS uses a data key again for some
// minutes and does not ask KMS meanwhile; here each call is judged. An error is answered
// when the call is allowed. The lock is held.
func (s *Fake) kmsNeeds(call *fakeaws.Call, t *topic) ([]fakeaws.Need, error) {
	if t == nil || t.values[attrKey] == "" {
		return nil, nil
	}
	key, err := s.world.Keys().Find(t.id.account, t.id.region, t.values[attrKey])
	if err != nil {
		return nil, &types.KMSNotFoundException{Message: aws.String(kmsText(call, "NotFoundException", err.Error()))}
	}
	encryption := map[string]string{"aws:sns:topicArn": t.arn}
	needs := []fakeaws.Need{key.Need(call, "kms:GenerateDataKey", encryption), key.Need(call, "kms:Decrypt", encryption)}
	return needs, kmsUnusable(call, key)
}

// kmsUnusable is the error of KMS, as SNS repeats it, for a key that is disabled, pending
// deletion or not for this. It is answered when the call is allowed.
func kmsUnusable(call *fakeaws.Call, key *fakeaws.Key) error {
	var state *fakeaws.KeyStateError
	if !errors.As(key.Usable("kms:GenerateDataKey"), &state) {
		return nil
	}
	text := aws.String(kmsText(call, state.Code, state.Message))
	if state.Code == "DisabledException" {
		return &types.KMSDisabledException{Message: text}
	}
	return &types.KMSInvalidStateException{Message: text}
}

// kmsText is an error of KMS as SNS repeats it: in the words of an SDK.
func kmsText(call *fakeaws.Call, code, message string) string {
	return message + " (Service: AWSKMS; Status Code: 400; Error Code: " + code + "; Request ID: " + call.RequestID + "; Proxy: null)"
}

// kmsDenied is the error of a publisher who may not use the key of a topic.
func kmsDenied(call *fakeaws.Call, message string) error {
	return &types.KMSAccessDeniedException{Message: aws.String(kmsText(call, "AccessDeniedException", message))}
}
