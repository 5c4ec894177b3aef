package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// replicationOps are the rows of replication.
func (s *Fake) replicationOps() []fakeaws.Op {
	replication := &configuration[types.ReplicationConfiguration]{get: "s3:GetReplicationConfiguration", put: "s3:PutReplicationConfiguration",
		of:     func(c *configurations) **types.ReplicationConfiguration { return &c.replication },
		absent: missing[types.ReplicationConfiguration](errNoReplication), check: checkReplication, admit: (*Fake).admitReplication, also: passReplicationRole}
	return []fakeaws.Op{
		putting[awss3.PutBucketReplicationOutput](s, replication, func(in *awss3.PutBucketReplicationInput) (bucketRef, *types.ReplicationConfiguration) {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.ReplicationConfiguration
		}),
		getting(s, replication, func(in *awss3.GetBucketReplicationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *types.ReplicationConfiguration) *awss3.GetBucketReplicationOutput {
			return &awss3.GetBucketReplicationOutput{ReplicationConfiguration: cfg}
		}),
		deleting[awss3.DeleteBucketReplicationOutput](s, replication, func(in *awss3.DeleteBucketReplicationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}),
	}
}

const maxReplicationRules = 1000

// checkReplication applies the rules of the User Guide's page "Replication
// configuration file elements".
func checkReplication(cfg *types.ReplicationConfiguration) error {
	if len(cfg.Rules) > maxReplicationRules {
		return errMalformedXML.of()
	}
	if _, ok := roleAccount(*cfg.Role); !ok {
		return invalidArgument("Invalid Role specified in replication configuration", "Role", *cfg.Role)
	}
	priorities := make(map[int32]bool)
	for _, r := range cfg.Rules {
		if name, ok := strings.CutPrefix(*r.Destination.Bucket, bucketARN("")); !ok || checkBucketName(name) != nil {
			return invalidArgument("Invalid bucket ARN", "Bucket", *r.Destination.Bucket)
		}
		if r.Filter == nil {
			continue
		}
		switch {
		case r.Priority == nil:
			return invalidRequest("Priority must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.")
		case r.DeleteMarkerReplication == nil:
			return invalidRequest("DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.")
		case priorities[*r.Priority]:
			return invalidRequest("Found duplicate priority " + itoa(*r.Priority) + ". Priority must be unique.")
		}
		priorities[*r.Priority] = true
	}
	return nil
}

func (s *Fake) admitReplication(b *bucket, cfg *types.ReplicationConfiguration) error {
	if !b.versioned() {
		return invalidRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
	}
	for _, r := range cfg.Rules {
		to, ok := s.buckets.Get(strings.TrimPrefix(*r.Destination.Bucket, bucketARN("")))
		switch {
		case !ok:
			return invalidRequest("Destination bucket must exist.")
		case !to.versioned():
			return invalidRequest("Destination bucket must have versioning enabled.")
		}
	}
	return nil
}

// passReplicationRole is the permission to let S3 have the role that it replicates
// with.
func passReplicationRole(put *fakeaws.Need, cfg *types.ReplicationConfiguration) []fakeaws.Need {
	pass := passRole(*cfg.Role, "s3.amazonaws.com")
	pass.Context.Set("iam:AssociatedResourceArn", put.Resource)
	return []fakeaws.Need{pass}
}

// passRole is the permission to let a service have a role.
func passRole(role, service string) fakeaws.Need {
	account, _ := roleAccount(role)
	pass := fakeaws.Need{Action: "iam:PassRole", Resource: role, ResourceAccount: account}
	pass.Context.Set("iam:PassedToService", service)
	return pass
}

// roleAccount is the account of a role; false when the text is not the ARN of one.
func roleAccount(role string) (string, bool) {
	a, err := arn.Parse(role)
	return a.AccountID, err == nil && a.Service == "iam" && strings.HasPrefix(a.Resource, "role/")
}
