package sqs

import (
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// defaultKeyReuse is KmsDataKeyReusePeriodSeconds of a queue with a KMS key that
// was given none.
const defaultKeyReuse = 300

// checkEncryption refuses a call that asks for both kinds of encryption.
func checkEncryption(values map[string]string) error {
	if values[string(types.QueueAttributeNameKmsMasterKeyId)] != "" && isTrue(values[string(types.QueueAttributeNameSqsManagedSseEnabled)]) {
		return &types.InvalidAttributeName{Message: aws.String(textEncryption)}
	}
	return nil
}

// writeSQSEncryption turns encryption with keys of SQS's own on or off. On, it
// takes the place of a KMS key: unverified.
func writeSQSEncryption(c *change, value string) (err error) {
	c.sqsEncryption, err = parseBool(types.QueueAttributeNameSqsManagedSseEnabled, value)
	if c.sqsEncryption {
		c.kmsKey = ""
	}
	return err
}

// writeKMSKey sets the KMS key: an id, an alias, or the ARN of either. SQS takes
// any; whether the key exists shows only in sends and receives. With a key, SQS's own
// encryption is off. An empty value removes the key.
func writeKMSKey(c *change, value string) error {
	c.kmsKey = value
	if value != "" {
		c.sqsEncryption = false
	}
	return nil
}

func readKeyReuse(s *settings) string {
	switch {
	case s.keyReuse != 0:
		return strconv.Itoa(s.keyReuse)
	case s.kmsKey != "":
		return strconv.Itoa(defaultKeyReuse)
	}
	return ""
}

func writeKeyReuse(c *change, value string) error {
	return numberAttribute(types.QueueAttributeNameKmsDataKeyReusePeriodSeconds, minKeyReuse, maxKeyReuse,
		func(s *settings) *int { return &s.keyReuse }).write(c, value)
}

// The permissions on the KMS key of a queue that SQS asks for a caller: one to send, one
// to receive (developer guide, "Key management").
const (
	kmsEncrypt = "kms:GenerateDataKey"
	kmsDecrypt = "kms:Decrypt"
)

// kmsNeeds are the permissions on the KMS key of a queue; none without a key, or without
// a queue. Ids and aliases are those of the queue's account. SQS uses a data key again for
// some minutes and does not ask KMS meanwhile; here each call is judged. An error is
// answered when the call is allowed.
func (s *Fake) kmsNeeds(call *fakeaws.Call, q *queue, action string) ([]fakeaws.Need, error) {
	if q == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kmsNeedsOf(call, q, action)
}

// kmsNeedsOf is kmsNeeds with the lock held.
func (s *Fake) kmsNeedsOf(call *fakeaws.Call, q *queue, action string) ([]fakeaws.Need, error) {
	if q.kmsKey == "" {
		return nil, nil
	}
	key, err := s.world.Keys().Find(q.id.account, q.id.region, q.kmsKey)
	if err != nil {
		return nil, &types.KmsNotFound{Message: aws.String(kmsText(call, "NotFoundException", err.Error()))}
	}
	return []fakeaws.Need{key.Need(call, action, map[string]string{"aws:sqs:arn": q.arn})}, kmsUnusable(call, key, action)
}

// kmsUnusable is the error of KMS, as SQS repeats it, for a key that is disabled, pending
// deletion or not for this. It is answered when the call is allowed.
func kmsUnusable(call *fakeaws.Call, key *fakeaws.Key, action string) error {
	var state *fakeaws.KeyStateError
	if !errors.As(key.Usable(action), &state) {
		return nil
	}
	text := aws.String(kmsText(call, state.Code, state.Message))
	switch state.Code {
	case "DisabledException":
		return &types.KmsDisabled{Message: text}
	case "InvalidKeyUsageException":
		return &types.KmsInvalidKeyUsage{Message: text}
	}
	return &types.KmsInvalidState{Message: text}
}

// kmsText is an error of KMS as SQS repeats it: in the words of an SDK.
func kmsText(call *fakeaws.Call, code, message string) string {
	return message + " (Service: AWSKMS; Status Code: 400; Error Code: " + code + "; Request ID: " + call.RequestID + "; Proxy: null)"
}

// kmsDenied is the error of a caller who may not use the key of a queue.
func kmsDenied(call *fakeaws.Call, message string) error {
	return &types.KmsAccessDenied{Message: aws.String(kmsText(call, "AccessDeniedException", message))}
}
