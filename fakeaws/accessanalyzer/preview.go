package accessanalyzer

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A preview is an access preview: the findings that a resource would have with another
// policy. It never changes.
type preview struct {
	id             string
	created        time.Time
	configurations map[string]types.Configuration
	failed         bool // the configuration is not valid
	findings       []types.AccessPreviewFinding
}

// A proposal is what a configuration of an access preview proposes.
type proposal struct {
	arn, kind, service string
	policyKind         enforce.Kind
	document           *string // nil is that of the resource as it is
	// restricts is RestrictPublicBuckets; nil is that of the bucket as it is.
	restricts *bool
}

// propose reads the configuration of an access preview.
func propose(all map[string]types.Configuration) (p proposal, err error) {
	if len(all) != 1 {
		return p, invalid(textConfigurations)
	}
	p.arn = slices.Collect(maps.Keys(all))[0]
	set := func(kind, service string, policy enforce.Kind, document *string) {
		p.kind, p.service, p.policyKind, p.document = kind, service, policy, document
	}
	switch c := all[p.arn].(type) {
	case *types.ConfigurationMemberDynamodbStream:
		set("AWS::DynamoDB::Stream", "dynamodb", enforce.ResourcePolicy, c.Value.StreamPolicy)
	case *types.ConfigurationMemberDynamodbTable:
		set("AWS::DynamoDB::Table", "dynamodb", enforce.ResourcePolicy, c.Value.TablePolicy)
	case *types.ConfigurationMemberEcrRepository:
		set("AWS::ECR::Repository", "ecr", enforce.ResourcePolicy, c.Value.RepositoryPolicy)
	case *types.ConfigurationMemberEfsFileSystem:
		set("AWS::EFS::FileSystem", "elasticfilesystem", enforce.ResourcePolicy, c.Value.FileSystemPolicy)
	case *types.ConfigurationMemberIamRole:
		set("AWS::IAM::Role", "iam", enforce.TrustPolicy, c.Value.TrustPolicy)
	case *types.ConfigurationMemberSecretsManagerSecret:
		set("AWS::SecretsManager::Secret", "secretsmanager", enforce.ResourcePolicy, c.Value.SecretPolicy)
	case *types.ConfigurationMemberSnsTopic:
		set("AWS::SNS::Topic", "sns", enforce.ResourcePolicy, c.Value.TopicPolicy)
	case *types.ConfigurationMemberSqsQueue:
		set("AWS::SQS::Queue", "sqs", enforce.QueuePolicy, c.Value.QueuePolicy)
	case *types.ConfigurationMemberKmsKey:
		if len(c.Value.Grants) > 0 {
			return p, notImplemented("access previews of grants of KMS keys are not implemented")
		}
		var document *string
		if text, ok := c.Value.KeyPolicies["default"]; ok {
			document = &text
		}
		set("AWS::KMS::Key", "kms", enforce.KeyPolicy, document)
	case *types.ConfigurationMemberS3Bucket:
		if c.Value.AccessPoints != nil || c.Value.BucketAclGrants != nil {
			return p, notImplemented("access previews of access points and ACLs of buckets are not implemented")
		}
		if block := c.Value.BucketPublicAccessBlock; block != nil {
			p.restricts = aws.Bool(aws.ToBool(block.RestrictPublicBuckets))
		}
		set("AWS::S3::Bucket", "s3", enforce.BucketPolicy, c.Value.BucketPolicy)
	default:
		return p, notImplemented("access previews of snapshots and directory buckets are not implemented")
	}
	return p, nil
}

// check refuses what is not a resource of an account that the analyzer looks at.
func (p *proposal) check(z zone, region string) error {
	a, err := awsarn.Parse(p.arn)
	if err != nil || a.Service != p.service || a.AccountID != "" && !z.has(a.AccountID) || a.Region != "" && a.Region != region {
		return invalidf(textResourceARN, p.arn)
	}
	return nil
}

// resource is the resource as it is proposed; false where its policy cannot be read.
func (p *proposal) resource(ctx context.Context, s *Fake, z zone, owner string) (*shared, bool) {
	a, _ := awsarn.Parse(p.arn) // it was read before
	r := &shared{zone: z, ARN: p.arn, Type: p.kind, Account: cmp.Or(a.AccountID, owner), Region: a.Region}
	existing := s.shared(ctx, z)
	if there := slices.IndexFunc(existing, func(x *shared) bool { return x.ARN == p.arn }); there >= 0 {
		r = existing[there]
	} else if p.policyKind == enforce.KeyPolicy {
		r.Policy = fakeaws.DefaultKeyPolicy(r.Account)
	}
	r.restricted = restricted(s.world, r.Account, r.ARN)
	if p.restricts != nil {
		r.Restricts = *p.restricts
	}
	if p.document == nil {
		return r, true
	}
	var policy *enforce.Policy
	if *p.document != "" {
		var err error
		if policy, err = enforce.Parse(*p.document, p.policyKind, enforce.Source{Name: p.arn}); err != nil {
			return nil, false
		}
	} else if p.policyKind == enforce.KeyPolicy || p.policyKind == enforce.TrustPolicy {
		return nil, false // "The proposed key policy cannot be an empty string."
	}
	r.Policy = enforce.Join(p.policyKind, policy, r.Beside)
	return r, true
}

// look finds what the resource would grant. Under RestrictPublicBuckets a public policy only
// denies.
func (p *proposal) look(ctx context.Context, r *shared) ([]*access, error) {
	if r.Restricts && p.document != nil && r.Policy != nil {
		exposure, err := prove.Public(ctx, r.Policy, prove.Zone{Account: r.Account})
		if err == nil && exposure.Public == prove.Yes {
			r.Policy = enforce.Join(p.policyKind, r.Policy.Denials(), r.Beside)
		}
	}
	return r.accesses(ctx)
}

// compare makes the findings of a preview: of what would be granted, and of the findings that
// there are, which are by their keys.
func (s *Fake) compare(r *shared, would []*access, are map[string]*finding) (all []types.AccessPreviewFinding) {
	now := s.now()
	add := func(x *access, status types.FindingStatus, existing *finding) {
		f := types.AccessPreviewFinding{
			Id: aws.String(s.world.IDs().UUID()), CreatedAt: aws.Time(now), Resource: aws.String(r.ARN), ResourceType: types.ResourceType(r.Type),
			ResourceOwnerAccount: aws.String(r.Account), Status: status, ChangeType: types.FindingChangeTypeNew,
			Principal: x.principal, Condition: x.condition, Action: x.actions, IsPublic: aws.Bool(x.public), ResourceControlPolicyRestriction: x.restriction,
		}
		for _, source := range x.sources {
			f.Sources = append(f.Sources, types.FindingSource{Type: source})
		}
		if x.failure != "" {
			f.Error = aws.String(x.failure)
		}
		if existing != nil {
			f.ExistingFindingId, f.ExistingFindingStatus, f.ChangeType = aws.String(existing.id), existing.status, types.FindingChangeTypeChanged
			if existing.status == status {
				f.ChangeType = types.FindingChangeTypeUnchanged
			}
		}
		all = append(all, f)
	}
	seen := make(map[string]bool)
	for _, x := range would {
		key := r.ARN + "\n" + x.key()
		seen[key] = true
		existing, status := are[key], types.FindingStatusActive
		if existing != nil && existing.status == types.FindingStatusArchived {
			status = types.FindingStatusArchived
		}
		add(x, status, existing)
	}
	for _, key := range slices.Sorted(maps.Keys(are)) {
		if existing := are[key]; !seen[key] && strings.HasPrefix(key, r.ARN+"\n") && existing.status != types.FindingStatusResolved {
			add(&existing.access, types.FindingStatusResolved, existing)
		}
	}
	return all
}
