package awstest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// encrypted is an object that a key encrypts.
func encrypted(key *awstest.Key, name string) *s3.PutObjectInput {
	return &s3.PutObjectInput{Bucket: aws.String("vault"), Key: &name, Body: strings.NewReader("data"),
		ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key.Alias())}
}

// Each call on an object with SSE-KMS needs the permission on the key that AWS's page of
// the operation names, and no other.
func TestObjectsOfAKey(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		key := acct.KMS().CreateKey("alias/app")
		bucket := acct.S3().CreateBucket("vault")
		bucket.PutObject(encrypted(key, "there"))
		begin := func(c *s3.Client) (*string, error) {
			out, err := c.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("vault"), Key: aws.String("parts"),
				ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key.ARN()), ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc32})
			if err != nil {
				return nil, err
			}
			return out.UploadId, nil
		}
		upload, err := begin(s3.NewFromConfig(acct.Config()))
		require.NoError(t, err)
		name, there, parts := aws.String("vault"), aws.String("there"), aws.String("parts")
		for operation, c := range map[string]struct {
			needs []string
			call  func(ctx context.Context, c *s3.Client) error
		}{
			"PutObject": {[]string{"kms:GenerateDataKey"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.PutObject(ctx, encrypted(key, "new"))
				return err
			}},
			"GetObject": {[]string{"kms:Decrypt"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: name, Key: there})
				return err
			}},
			"HeadObject": {nil, func(ctx context.Context, c *s3.Client) error {
				_, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: name, Key: there})
				return err
			}},
			"HeadObject with the checksum": {[]string{"kms:Decrypt"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: name, Key: there, ChecksumMode: s3types.ChecksumModeEnabled})
				return err
			}},
			"GetObjectAttributes": {[]string{"kms:Decrypt"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.GetObjectAttributes(ctx, &s3.GetObjectAttributesInput{Bucket: name, Key: there, ObjectAttributes: []s3types.ObjectAttributes{s3types.ObjectAttributesChecksum}})
				return err
			}},
			"CopyObject to another encryption": {[]string{"kms:Decrypt"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: name, Key: aws.String("copy"), CopySource: aws.String("vault/there")})
				return err
			}},
			"CopyObject": {[]string{"kms:Decrypt", "kms:GenerateDataKey"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: name, Key: aws.String("copy"), CopySource: aws.String("vault/there"),
					ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(key.ID())})
				return err
			}},
			"CreateMultipartUpload": {[]string{"kms:GenerateDataKey"}, func(_ context.Context, c *s3.Client) error {
				_, err := begin(c)
				return err
			}},
			"UploadPart": {[]string{"kms:Decrypt"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.UploadPart(ctx, &s3.UploadPartInput{Bucket: name, Key: parts, UploadId: upload, PartNumber: aws.Int32(1), Body: strings.NewReader("part"), ChecksumAlgorithm: s3types.ChecksumAlgorithmCrc32})
				return err
			}},
			"UploadPartCopy": {[]string{"kms:Decrypt"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: name, Key: parts, UploadId: upload, PartNumber: aws.Int32(2), CopySource: aws.String("vault/there")})
				return err
			}},
			"ListParts": {[]string{"kms:Decrypt"}, func(ctx context.Context, c *s3.Client) error {
				_, err := c.ListParts(ctx, &s3.ListPartsInput{Bucket: name, Key: parts, UploadId: upload})
				return err
			}},
			"DeleteObject": {nil, func(ctx context.Context, c *s3.Client) error {
				_, err := c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: name, Key: aws.String("none")})
				return err
			}},
		} {
			t.Run(operation, func(t *testing.T) {
				with := func(actions ...string) *s3.Client {
					policies := awstest.Statements(awstest.Allow("s3:*"))
					if len(actions) > 0 {
						policies = awstest.Statements(awstest.Allow("s3:*"), awstest.Allow(actions...).On(key.ARN()))
					}
					return s3.NewFromConfig(acct.NewUser("u-"+acct.World().IDs().Hex(8), policies).Config())
				}
				awstest.AssertAllowed(t, c.call(t.Context(), with(c.needs...)))
				for i := range c.needs {
					others := append(append([]string{}, c.needs[:i]...), c.needs[i+1:]...)
					awstest.AssertDenied(t, c.call(t.Context(), with(others...)), c.needs[i])
				}
			})
		}
	})
}

// What KMS is asked: by whom, through which service, for what; and who answers.
func TestKeyPolicies(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	other := acct.NewAccount()
	key := acct.KMS().CreateKey("alias/app")
	bucket := acct.S3().CreateBucket("vault")
	bucket.PutObject(encrypted(key, "there"))
	bucket.SetPolicy(awstest.Allow("s3:*").By(other.ID()))
	reader := acct.NewUser("reader", awstest.Allow("s3:*"))
	stranger := other.NewUser("stranger", awstest.Allow("s3:*", "kms:*"))
	get := func(p *awstest.Principal) error {
		_, err := s3.NewFromConfig(p.Config()).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("vault"), Key: aws.String("there")})
		return err
	}
	account := awstest.Allow("kms:*").By(acct.ID())
	for name, c := range map[string]struct {
		policy  awstest.Policy
		reader  bool
		foreign bool
	}{
		"the default":                       {account, false, false},
		"the reader":                        {awstest.Statements(account, awstest.Allow("kms:Decrypt").By(reader.ARN())), true, false},
		"through S3":                        {awstest.Allow("kms:Decrypt").By(reader.ARN()).If("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"), true, false},
		"through another service":           {awstest.Allow("kms:Decrypt").By(reader.ARN()).If("StringEquals", "kms:ViaService", "sqs.us-east-1.amazonaws.com"), false, false},
		"the object":                        {awstest.Allow("kms:Decrypt").By(reader.ARN()).If("StringEquals", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::vault/there"), true, false},
		"another object":                    {awstest.Allow("kms:Decrypt").By(reader.ARN()).If("StringEquals", "kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::vault/other"), false, false},
		"an alias":                          {awstest.Allow("kms:Decrypt").By(reader.ARN()).If("ForAnyValue:StringEquals", "kms:ResourceAliases", "alias/app"), true, false},
		"callers of the account":            {awstest.Allow("kms:Decrypt").By("*").If("StringEquals", "kms:CallerAccount", acct.ID()), true, false},
		"from an address":                   {awstest.Allow("kms:Decrypt").By(reader.ARN()).If("IpAddress", "aws:SourceIp", "0.0.0.0/0"), false, false},
		"another account":                   {awstest.Allow("kms:Decrypt").By(other.ID()), false, true},
		"a denial to services":              {awstest.Statements(awstest.Allow("kms:*").By("*"), awstest.Deny("kms:*").By("*").If("Bool", "aws:ViaAWSService", "true")), false, false},
		"an account in the trust of nobody": {awstest.Allow("kms:*").By("arn:aws:iam::"+acct.ID()+":user/reader").If("StringEquals", "aws:username", "x"), false, false},
	} {
		key.SetPolicy(c.policy)
		for p, allowed := range map[*awstest.Principal]bool{reader: c.reader, stranger: c.foreign} {
			if allowed {
				awstest.AssertAllowed(t, get(p))
			} else {
				awstest.AssertDenied(t, get(p), "kms:Decrypt")
			}
		}
		t.Log(name)
	}
	// The root user needs the key's policy too.
	key.SetPolicy(awstest.Allow("kms:*").By(reader.ARN()))
	awstest.AssertDenied(t, get(acct.Root()), "kms:Decrypt")
	// Without a signature of version 4 nobody reads such an object.
	bucket.AllowPublicAccess()
	bucket.SetPolicy(awstest.Allow("s3:GetObject").By("*").On(bucket.ARN() + "/*"))
	assert.ErrorContains(t, get(acct.Anonymous()), "InvalidArgument: Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.")
	// The words are KMS's: the key without quotation marks.
	key.SetPolicy(account)
	assert.ErrorContains(t, get(reader), "AccessDenied: User: arn:aws:iam::"+acct.ID()+":user/reader is not authorized to perform: kms:Decrypt on resource: "+key.ARN()+
		" because no identity-based policy allows the kms:Decrypt action")
}

// A bucket's default key is asked for too, and the key aws/s3 is for everybody of the
// account.
func TestDefaultKeyOfABucket(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	key := acct.KMS().CreateKey("alias/app")
	acct.S3().CreateBucket("vault")
	client := s3.NewFromConfig(acct.NewUser("writer", awstest.Allow("s3:*")).Config())
	set := func(id *string) {
		_, err := s3.NewFromConfig(acct.Config()).PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{Bucket: aws.String("vault"),
			ServerSideEncryptionConfiguration: &s3types.ServerSideEncryptionConfiguration{Rules: []s3types.ServerSideEncryptionRule{{
				ApplyServerSideEncryptionByDefault: &s3types.ServerSideEncryptionByDefault{SSEAlgorithm: s3types.ServerSideEncryptionAwsKms, KMSMasterKeyID: id},
			}}}})
		require.NoError(t, err)
	}
	put := func() error {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("vault"), Key: aws.String("k"), Body: strings.NewReader("data")})
		return err
	}
	set(nil)
	awstest.AssertAllowed(t, put())
	set(aws.String(key.ARN()))
	awstest.AssertDenied(t, put(), "kms:GenerateDataKey")
	set(aws.String("alias/none"))
	assert.ErrorContains(t, put(), "KMS.NotFoundException: Alias arn:aws:kms:us-east-1:"+acct.ID()+":alias/none is not found.")
}

// rule 86: to send to an encrypted queue is kms:GenerateDataKey, to receive kms:Decrypt.
func TestQueuesOfAKey(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		key := acct.KMS().CreateKey("alias/app")
		queue := acct.SQS().CreateQueue("jobs", map[string]string{"KmsMasterKeyId": key.Alias()})
		url := aws.String(queue.URL())
		send := func(ctx context.Context, c *sqs.Client) error {
			_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("m")})
			return err
		}
		for operation, c := range map[string]struct {
			needs string
			call  func(ctx context.Context, c *sqs.Client) error
		}{
			"SendMessage": {"kms:GenerateDataKey", send},
			"SendMessageBatch": {"kms:GenerateDataKey", func(ctx context.Context, c *sqs.Client) error {
				_, err := c.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []sqstypes.SendMessageBatchRequestEntry{{Id: aws.String("1"), MessageBody: aws.String("m")}}})
				return err
			}},
			"ReceiveMessage": {"kms:Decrypt", func(ctx context.Context, c *sqs.Client) error {
				_, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
				return err
			}},
			"GetQueueAttributes": {"", func(ctx context.Context, c *sqs.Client) error {
				_, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url})
				return err
			}},
		} {
			t.Run(operation, func(t *testing.T) {
				policies := awstest.Statements(awstest.Allow("sqs:*"))
				if c.needs != "" {
					denied := c.call(t.Context(), sqs.NewFromConfig(acct.NewUser("d-"+acct.World().IDs().Hex(8), policies).Config()))
					awstest.AssertDenied(t, denied, c.needs)
					var typed *sqstypes.KmsAccessDenied
					assert.ErrorAs(t, denied, &typed)
					policies = awstest.Statements(awstest.Allow("sqs:*"),
						awstest.Allow(c.needs).On(key.ARN()).If("StringEquals", "kms:EncryptionContext:aws:sqs:arn", queue.ARN()).If("StringEquals", "kms:ViaService", "sqs.us-east-1.amazonaws.com"))
				}
				awstest.AssertAllowed(t, c.call(t.Context(), sqs.NewFromConfig(acct.NewUser("a-"+acct.World().IDs().Hex(8), policies).Config())))
			})
		}
		queue.SetAttributes(map[string]string{"KmsMasterKeyId": "alias/none"})
		err := send(t.Context(), sqs.NewFromConfig(acct.Config()))
		var missing *sqstypes.KmsNotFound
		require.ErrorAs(t, err, &missing)
		assert.Contains(t, missing.ErrorMessage(), "alias/none is not found.")
		queue.SetAttributes(map[string]string{"KmsMasterKeyId": "alias/aws/sqs"})
		awstest.AssertAllowed(t, send(t.Context(), sqs.NewFromConfig(acct.NewUser("own", awstest.Allow("sqs:*")).Config())))
	})
}

// A key's policy alone lets a role of the account in.
func TestKeyForAReader(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	reader := acct.NewRole("reader", awstest.Allow("s3:GetObject"))
	key := acct.KMS().CreateKey("alias/app")
	key.SetPolicy(awstest.Allow("kms:Decrypt").By(reader.ARN()))
	assert.Equal(t, "alias/app", key.Alias())
	key.SetPolicy(awstest.Allow("kms:*").By(acct.ID()))
	acct.S3().CreateBucket("vault").PutObject(encrypted(key, "there"))
	key.SetPolicy(awstest.Allow("kms:Decrypt").By(reader.ARN()))
	_, err := s3.NewFromConfig(reader.Config()).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("vault"), Key: aws.String("there")})
	awstest.AssertAllowed(t, err)
}
