package sqs

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
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
// any; that the key exists shows only in sends and receives. With a key, SQS's own
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
