package all_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	orgtypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A filled is a World with resources, and what makes inputs that name them.
type filled struct {
	*worldtest.World
	filler
	// user and anonymous make clients of a user without any policy, and of nobody.
	user, anonymous aws.Config
}

// newFilled makes a World in whose account one of each resource is, named as values
// say, and a user without any policy.
func newFilled(t testing.TB) *filled {
	t.Helper()
	return newFilledOf(t, worldtest.Account)
}

// newFilledOf is newFilled with the organization of another account.
func newFilledOf(t testing.TB, management string) *filled {
	t.Helper()
	w := worldtest.New(t, worldtest.InProcess, all.Every()...)
	if _, ok := w.Account(management); !ok {
		_, err := w.AddAccount(management, "", "")
		require.NoError(t, err)
	}
	config := worldtest.FixtureConfig(w.World, worldtest.Account, worldtest.Region)
	f := &filled{World: w, filler: filler{maps.Clone(plainValues), "value"}}
	f.fillIAM(t, iam.NewFromConfig(config))
	f.fillOrganization(t, organizations.NewFromConfig(worldtest.FixtureConfig(w.World, management, worldtest.Region)))
	f.fillS3(t, s3.NewFromConfig(config), s3control.NewFromConfig(config))
	f.fillSQS(t, sqs.NewFromConfig(config))
	for _, fill := range fillers {
		fill(f, t, config)
	}
	return f
}

func (f *filled) fillSQS(t testing.TB, client *sqs.Client) {
	t.Helper()
	ctx := t.Context()
	dead, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("target")})
	require.NoError(t, err)
	f.values["QueueUrl"] = *dead.QueueUrl
	arn := plainValues["SourceArn"].(string)
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("source"),
		Attributes: map[string]string{"RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + arn + `"}`}})
	require.NoError(t, err)
	task, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &arn})
	require.NoError(t, err)
	f.values["TaskHandle"] = *task.TaskHandle
}

func (f *filled) fillIAM(t testing.TB, client *iam.Client) {
	t.Helper()
	ctx := t.Context()
	name := aws.String("target")
	_, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("caller")})
	require.NoError(t, err)
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("caller")})
	require.NoError(t, err)
	f.user = f.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")
	f.anonymous = f.user.Copy()
	f.anonymous.Credentials = aws.AnonymousCredentials{}
	_, err = client.CreateUser(ctx, &iam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	_, err = client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: name})
	require.NoError(t, err)
	_, err = client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(trustEC2)})
	require.NoError(t, err)
	_, err = client.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: name})
	require.NoError(t, err)
	policy, err := client.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: name, PolicyDocument: aws.String(worldtest.AllowAll)})
	require.NoError(t, err)
	f.values["PolicyArn"] = *policy.Policy.Arn
	key, err = client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	f.values["iam.AccessKeyId"] = *key.AccessKey.AccessKeyId
}

func (f *filled) fillOrganization(t testing.TB, client *organizations.Client) {
	t.Helper()
	ctx := t.Context()
	_, err := client.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	require.NoError(t, err)
	roots, err := client.ListRoots(ctx, &organizations.ListRootsInput{})
	require.NoError(t, err)
	unit, err := client.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{Name: aws.String("target"), ParentId: roots.Roots[0].Id})
	require.NoError(t, err)
	policy, err := client.CreatePolicy(ctx, &organizations.CreatePolicyInput{Name: aws.String("target"), Description: aws.String(""),
		Type: orgtypes.PolicyTypeServiceControlPolicy, Content: aws.String(worldtest.AllowAll)})
	require.NoError(t, err)
	f.values["RootId"], f.values["ParentId"], f.values["SourceParentId"] = *roots.Roots[0].Id, *roots.Roots[0].Id, *roots.Roots[0].Id
	f.values["OrganizationalUnitId"], f.values["DestinationParentId"] = *unit.OrganizationalUnit.Id, *unit.OrganizationalUnit.Id
	f.values["organizations.PolicyId"] = *policy.Policy.PolicySummary.Id
	f.values["TargetId"], f.values["ResourceId"], f.values["ChildId"] = *unit.OrganizationalUnit.Id, *unit.OrganizationalUnit.Id, *unit.OrganizationalUnit.Id
}

func (f *filled) fillS3(t testing.TB, client *s3.Client, control *s3control.Client) {
	t.Helper()
	ctx := t.Context()
	name := aws.String("target")
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: name})
	require.NoError(t, err)
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: name, Key: name, Body: strings.NewReader("data")})
	require.NoError(t, err)
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: name, Key: name})
	require.NoError(t, err)
	f.values["UploadId"] = *upload.UploadId
	_, err = control.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: aws.String(worldtest.Account), Bucket: name, Name: name})
	require.NoError(t, err)
}

// toRoot is a resource policy for the account itself.
const toRoot = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + worldtest.Account + `"},"Action":"*","Resource":"*"}}`

const trustEC2 = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

var samlMetadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com"><IDPSSODescriptor/></EntityDescriptor><!--` +
	strings.Repeat(" ", 1000) + `-->`

// plainValues are the values of members that are the same in every World.
var plainValues = map[string]any{
	// Names that newFilled uses, and some of nothing.
	"UserName": "target", "GroupName": "target", "RoleName": "target", "InstanceProfileName": "target",
	"Bucket": "target", "Key": "target", "CopySource": "target/target", "AnnotationName": "target",
	"s3-control.Name": "target", "s3-control.AccountId": worldtest.Account, "s3-control.ResourceArn": "arn:aws:s3:::target",
	"organizations.AccountId": worldtest.Other, "AWSAccountIds": []string{worldtest.Other},
	"RoleArn": "arn:aws:iam::" + worldtest.Account + ":role/target", "Arn": "arn:aws:iam::" + worldtest.Account + ":user/target",
	"PolicySourceArn": "arn:aws:iam::" + worldtest.Account + ":user/target", "EntityArn": "arn:aws:iam::" + worldtest.Account + ":role/target",
	"OpenIDConnectProviderArn": "arn:aws:iam::" + worldtest.Account + ":oidc-provider/target.example.com",
	"SAMLProviderArn":          "arn:aws:iam::" + worldtest.Account + ":saml-provider/target", "PrincipalArn": "arn:aws:iam::" + worldtest.Account + ":saml-provider/target",
	"SerialNumber": "arn:aws:iam::" + worldtest.Account + ":mfa/target", "PermissionsBoundary": "arn:aws:iam::" + worldtest.Account + ":policy/target",
	"SourceArn": "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":target",
	// Ids of the form that AWS gives out.
	"VersionId": "v1", "CertificateId": "0123456789ABCDEF01234567", "SSHPublicKeyId": "APKA0123456789ABCDEF",
	"ServiceSpecificCredentialId": "ACCA0123456789ABCDEF", "JobId": "01234567-89ab-cdef-0123-456789abcdef",
	"DelegationRequestId": "01234567-89ab-cdef-0123-456789abcdef", "sts.AccessKeyId": "AKIAIOSFODNN7EXAMPLE",
	"HandshakeId": "h-0123456789", "CreateAccountRequestId": "car-0123456789abcdef0123456789abcdef",
	"AuthenticationCode1": "123456", "AuthenticationCode2": "234567", "SessionDuration": int32(3600), "TargetPrincipal": worldtest.Other,
	"TaskPolicyArn":    &ststypes.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")},
	"SigningAlgorithm": "RS256", "AWSServiceName": "elasticbeanstalk.amazonaws.com", "EntityPath": "o-a1b2c3d4e5/r-ab12",
	"ThumbprintList": []string{strings.Repeat("0", 40)}, "Properties": map[string]string{"Namespace/Name": "true"},
	"CreateDelegationRequest.Permissions": &iamtypes.DelegationPermission{PolicyTemplateArn: aws.String("arn:aws:iam::aws:delegation-template/target")},
	// Documents.
	"SAMLMetadataDocument": samlMetadata,
	"PolicyDocument":       worldtest.AllowAll, "AssumeRolePolicyDocument": trustEC2, "UpdateAssumeRolePolicy.PolicyDocument": trustEC2,
	"PolicyInputList":        []string{worldtest.AllowAll},
	"PutBucketPolicy.Policy": worldtest.AllowAll,
	// What the SDK leaves to the caller, and AWS does not.
	"Email":            "target@example.com",
	"PutBucketAcl.ACL": s3types.BucketCannedACLPrivate,
	"PutObjectAcl.ACL": s3types.ObjectCannedACLPrivate,
	"AllowedMethods":   []string{"GET"},
	"PutBucketLifecycleConfiguration.LifecycleConfiguration": &s3types.BucketLifecycleConfiguration{Rules: []s3types.LifecycleRule{{
		Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")},
		Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(1)},
	}}},
	"PutBucketWebsite.WebsiteConfiguration": &s3types.WebsiteConfiguration{IndexDocument: &s3types.IndexDocument{Suffix: aws.String("index.html")}},
	"S3BucketDestination.Bucket":            "arn:aws:s3:::target",
	"PutBucketInventoryConfiguration.InventoryConfiguration": &s3types.InventoryConfiguration{
		Id: aws.String("value"), IsEnabled: aws.Bool(true), IncludedObjectVersions: s3types.InventoryIncludedObjectVersionsAll,
		Schedule: &s3types.InventorySchedule{Frequency: s3types.InventoryFrequencyDaily},
		Destination: &s3types.InventoryDestination{S3BucketDestination: &s3types.InventoryS3BucketDestination{
			Bucket: aws.String("arn:aws:s3:::target"), Format: s3types.InventoryFormatCsv,
		}},
	},
	"PutBucketIntelligentTieringConfiguration.IntelligentTieringConfiguration": &s3types.IntelligentTieringConfiguration{
		Id: aws.String("value"), Status: s3types.IntelligentTieringStatusEnabled,
		Tierings: []s3types.Tiering{{AccessTier: s3types.IntelligentTieringAccessTierArchiveAccess, Days: aws.Int32(90)}},
	},
	"PutBucketReplication.ReplicationConfiguration": &s3types.ReplicationConfiguration{
		Role: aws.String("arn:aws:iam::" + worldtest.Account + ":role/target"),
		Rules: []s3types.ReplicationRule{{
			Status: s3types.ReplicationRuleStatusEnabled, Prefix: aws.String(""), Destination: &s3types.Destination{Bucket: aws.String("arn:aws:s3:::target")},
		}},
	},
	"PublicAccessBlockConfiguration.BlockPublicAcls":     aws.Bool(true),
	"PutBucketVersioning.VersioningConfiguration":        &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	"PutObjectLockConfiguration.ObjectLockConfiguration": &s3types.ObjectLockConfiguration{ObjectLockEnabled: s3types.ObjectLockEnabledEnabled},
	"PutObjectRetention.Retention":                       &s3types.ObjectLockRetention{Mode: s3types.ObjectLockRetentionModeGovernance, RetainUntilDate: aws.Time(time.Now().Add(24 * time.Hour))},
	"PutObjectLegalHold.LegalHold":                       &s3types.ObjectLockLegalHold{Status: s3types.ObjectLockLegalHoldStatusOn},
	"CompleteMultipartUpload.MultipartUpload":            &s3types.CompletedMultipartUpload{Parts: []s3types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String("value")}}},
	"SelectObjectContent.Expression":                     "SELECT * FROM S3Object",
	"SelectObjectContent.InputSerialization":             &s3types.InputSerialization{CSV: &s3types.CSVInput{}},
	"SelectObjectContent.OutputSerialization":            &s3types.OutputSerialization{CSV: &s3types.CSVOutput{}},
	"RestoreObject.RestoreRequest":                       &s3types.RestoreRequest{Days: aws.Int32(1)},
	"UpdateObjectEncryption.ObjectEncryption":            &s3types.ObjectEncryptionMemberSSEKMS{Value: s3types.SSEKMSEncryption{KMSKeyArn: aws.String("arn:aws:kms:us-east-1:" + worldtest.Account + ":key/target")}},
}
