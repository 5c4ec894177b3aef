package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// routingOps are the rows of what sends a bucket's objects and events elsewhere.
func (s *Fake) routingOps() []fakeaws.Op {
	replication := &configuration[types.ReplicationConfiguration]{get: "s3:GetReplicationConfiguration", put: "s3:PutReplicationConfiguration",
		absent: missing[types.ReplicationConfiguration](errNoReplication), check: checkReplication, admit: (*Fake).admitReplication, also: passReplicationRole}
	notification := &configuration[notifications]{get: "s3:GetBucketNotification", put: "s3:PutBucketNotification",
		absent: usual(notifications{}), check: checkNotifications, before: (*Fake).admitDestinations, after: (*Fake).announce}
	return []fakeaws.Op{
		putting[awss3.PutBucketReplicationInput, awss3.PutBucketReplicationOutput](s, replication),
		getting[awss3.GetBucketReplicationInput, awss3.GetBucketReplicationOutput](s, replication),
		deleting[awss3.DeleteBucketReplicationInput, awss3.DeleteBucketReplicationOutput](s, replication),

		putting[awss3.PutBucketNotificationConfigurationInput, awss3.PutBucketNotificationConfigurationOutput](s, notification),
		getting[awss3.GetBucketNotificationConfigurationInput, awss3.GetBucketNotificationConfigurationOutput](s, notification),
	}
}

const maxReplicationRules = 1000

// checkReplication applies the rules of the User Guide's page "Replication
// configuration file elements".
func checkReplication(cfg *types.ReplicationConfiguration) error {
	if len(cfg.Rules) > maxReplicationRules {
		return errMalformedXML.of()
	}
	if role := strings.SplitN(*cfg.Role, ":", 6); len(role) != 6 || role[2] != "iam" || !strings.HasPrefix(role[5], "role/") {
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
func passReplicationRole(call *fakeaws.Call, put fakeaws.Need, cfg *types.ReplicationConfiguration) []fakeaws.Need {
	role := aws.ToString(cfg.Role)
	pass := fakeaws.Need{Action: "iam:PassRole", Resource: role, ResourceAccount: strings.SplitN(role, ":", 6)[4]}
	pass.Context.Set("iam:PassedToService", "s3.amazonaws.com")
	pass.Context.Set("iam:AssociatedResourceArn", put.Resource)
	return []fakeaws.Need{pass}
}
