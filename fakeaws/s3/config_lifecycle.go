package s3

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// lifecycleOps are the rows of lifecycle rules.
func (s *Fake) lifecycleOps() []fakeaws.Op {
	rules := lifecycleConfiguration()
	return []fakeaws.Op{
		bind(s, s.putBucketLifecycleConfiguration),
		getting(s, rules, func(in *awss3.GetBucketLifecycleConfigurationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}, func(cfg *lifecycle) *awss3.GetBucketLifecycleConfigurationOutput {
			return &awss3.GetBucketLifecycleConfigurationOutput{Rules: cfg.Rules, TransitionDefaultMinimumObjectSize: cfg.TransitionDefaultMinimumObjectSize}
		}),
		deleting[awss3.DeleteBucketLifecycleOutput](s, rules, func(in *awss3.DeleteBucketLifecycleInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		}),
	}
}

func lifecycleConfiguration() *configuration[lifecycle] {
	return &configuration[lifecycle]{get: "s3:GetLifecycleConfiguration", put: "s3:PutLifecycleConfiguration",
		of:     func(c *configurations) **lifecycle { return &c.lifecycle },
		absent: missing[lifecycle](errNoSuchLifecycle), check: checkLifecycle, admit: (*Fake).admitLifecycle}
}

// putBucketLifecycleConfiguration sets the rules, and answers the size from which on
// objects move to other storage classes.
func (s *Fake) putBucketLifecycleConfiguration(call *fakeaws.Call, in *awss3.PutBucketLifecycleConfigurationInput) (*fakeaws.Plan[*awss3.PutBucketLifecycleConfigurationOutput], error) {
	given := &lifecycle{TransitionDefaultMinimumObjectSize: in.TransitionDefaultMinimumObjectSize}
	if in.LifecycleConfiguration != nil {
		given.Rules = in.LifecycleConfiguration.Rules
	}
	if size := in.TransitionDefaultMinimumObjectSize; size != "" && !known(size) {
		return nil, errInvalidRequest.withText("Invalid TransitionDefaultMinimumObjectSize found: " + string(size))
	}
	c := lifecycleConfiguration()
	b, cfg, needs, err := c.askToPut(s, call, in, bucketRef{in.Bucket, in.ExpectedBucketOwner}, given)
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.PutBucketLifecycleConfigurationOutput, error) {
		if err := c.store(s, b, cfg); err != nil {
			return nil, err
		}
		return &awss3.PutBucketLifecycleConfigurationOutput{TransitionDefaultMinimumObjectSize: cfg.TransitionDefaultMinimumObjectSize}, nil
	}), nil
}

// A lifecycle is what PutBucketLifecycleConfiguration configures, and what
// GetBucketLifecycleConfiguration returns.
type lifecycle struct {
	Rules                              []types.LifecycleRule
	TransitionDefaultMinimumObjectSize types.TransitionDefaultMinimumObjectSize
}

const maxLifecycleRules = 1000

// checkLifecycle applies the rules of the User Guide's page "Lifecycle
// configuration elements".
func checkLifecycle(cfg *lifecycle) error {
	if cfg.TransitionDefaultMinimumObjectSize == "" {
		cfg.TransitionDefaultMinimumObjectSize = types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k
	}
	if cfg.Rules == nil {
		return errMissingRequestBody.of() // a document without rules is none of the schema's
	}
	if len(cfg.Rules) > maxLifecycleRules {
		return errMalformedXML.of()
	}
	ids := make(map[string]bool)
	for i := range cfg.Rules {
		r := &cfg.Rules[i]
		if r.ID == nil || *r.ID == "" {
			// S3 makes up an id; of which form is unverified.
			r.ID = aws.String(fmt.Sprintf("rule-%d", i+1))
		}
		switch {
		case len(*r.ID) > maxRuleID:
			return invalidArgument("ID length should not exceed allowed limit of 255", "ID", *r.ID)
		case ids[*r.ID]:
			return errInvalidArgument.withText("Rule ID must be unique. Found same ID for more than one rule", "ArgumentName", "ID", "ArgumentValue", *r.ID)
		}
		ids[*r.ID] = true
		if err := checkLifecycleRule(r); err != nil {
			return err
		}
	}
	return nil
}

func checkLifecycleRule(r *types.LifecycleRule) error {
	if (r.Filter == nil) == (r.Prefix == nil) {
		return errMalformedXML.of()
	}
	tagged, sized, err := checkLifecycleFilter(r.Filter)
	if err != nil {
		return err
	}
	if r.Expiration == nil && r.NoncurrentVersionExpiration == nil && r.AbortIncompleteMultipartUpload == nil &&
		len(r.Transitions) == 0 && len(r.NoncurrentVersionTransitions) == 0 {
		return invalidRequest("At least one action needs to be specified in a rule")
	}
	if a := r.AbortIncompleteMultipartUpload; a != nil {
		switch {
		case tagged:
			return invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.")
		case sized:
			return invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Object Size.")
		case aws.ToInt32(a.DaysAfterInitiation) < 1:
			return invalidArgument("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer", "DaysAfterInitiation", itoa(aws.ToInt32(a.DaysAfterInitiation)))
		}
	}
	if err := checkExpiration(r.Expiration, tagged, sized); err != nil {
		return err
	}
	if err := checkTransitions(r); err != nil {
		return err
	}
	return checkNoncurrent(r)
}

// checkLifecycleFilter reports whether a filter has tags and sizes.
func checkLifecycleFilter(f *types.LifecycleRuleFilter) (tagged, sized bool, err error) {
	if f == nil {
		return false, false, nil
	}
	count := 0
	for _, there := range [...]bool{f.And != nil, f.Prefix != nil, f.Tag != nil, f.ObjectSizeGreaterThan != nil, f.ObjectSizeLessThan != nil} {
		if there {
			count++
		}
	}
	if count > 1 {
		return false, false, errMalformedXML.of()
	}
	tagged, sized = f.Tag != nil, f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil
	var tags []types.Tag
	if f.Tag != nil {
		tags = []types.Tag{*f.Tag}
	}
	if and := f.And; and != nil {
		tags = and.Tags
		tagged, sized = len(tags) > 0, and.ObjectSizeGreaterThan != nil || and.ObjectSizeLessThan != nil
		parts := len(tags)
		for _, there := range [...]bool{and.Prefix != nil, and.ObjectSizeGreaterThan != nil, and.ObjectSizeLessThan != nil} {
			if there {
				parts++
			}
		}
		if parts < 2 {
			return false, false, errMalformedXML.of()
		}
		if and.ObjectSizeGreaterThan != nil && and.ObjectSizeLessThan != nil && *and.ObjectSizeLessThan <= *and.ObjectSizeGreaterThan {
			return false, false, invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")
		}
	}
	if len(tags) > objectTags.count { // no object has more; that S3 refuses them is unverified
		return false, false, errMalformedXML.of()
	}
	for i, t := range tags {
		for _, other := range tags[:i] {
			if aws.ToString(other.Key) == aws.ToString(t.Key) {
				return false, false, invalidRequest("Duplicate Tag Keys are not allowed.")
			}
		}
	}
	return tagged, sized, nil
}

func checkExpiration(e *types.LifecycleExpiration, tagged, sized bool) error {
	switch {
	case e == nil:
		return nil
	case count(e.Date != nil, e.Days != nil, e.ExpiredObjectDeleteMarker != nil) != 1:
		return errMalformedXML.of()
	case e.Days != nil && *e.Days < 1:
		return invalidArgument("'Days' for Expiration action must be a positive integer", "Days", itoa(*e.Days))
	case e.Date != nil && !midnight(*e.Date):
		return invalidArgument("'Date' must be at midnight GMT", "Date", e.Date.UTC().Format(time.RFC3339))
	case e.ExpiredObjectDeleteMarker != nil && tagged:
		return invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags.")
	case e.ExpiredObjectDeleteMarker != nil && sized:
		return invalidRequest("ExpiredObjectDeleteMarker cannot be specified with Object Size.")
	}
	return nil
}

func count(conditions ...bool) (n int) {
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

func midnight(t time.Time) bool { return t.Equal(t.UTC().Truncate(24 * time.Hour)) }

// checkTransitions checks the transitions of a rule. Objects may become infrequently
// accessed at any age: the SDK of July 2026 documents that S3 took away the minimum of
// 30 days.
func checkTransitions(r *types.LifecycleRule) error {
	seen := make(map[types.TransitionStorageClass]bool)
	dated := r.Expiration != nil && r.Expiration.Date != nil
	for _, t := range r.Transitions {
		switch {
		case count(t.Date != nil, t.Days != nil) > 1 || t.StorageClass == "":
			return errMalformedXML.of()
		case seen[t.StorageClass]:
			return invalidRequest("'StorageClass' must be different for 'Transition' actions in same 'Rule' with " + prefixText(r))
		case r.Expiration != nil && (r.Expiration.Days != nil && t.Date != nil || dated && t.Date == nil):
			return invalidRequest("Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for " + prefixText(r))
		case t.Date != nil && !midnight(*t.Date):
			return invalidArgument("'Date' must be at midnight GMT", "Date", t.Date.UTC().Format(time.RFC3339))
		case t.Date == nil && aws.ToInt32(t.Days) < 0:
			return invalidArgument("'Days' for Transition action must be nonnegative", "Days", itoa(*t.Days))
		case t.Date == nil && r.Expiration != nil && r.Expiration.Days != nil && *r.Expiration.Days <= aws.ToInt32(t.Days):
			return invalidArgument("'Days' in the Expiration action for "+prefixText(r)+" must be greater than 'Days' in the Transition action", "Days", itoa(*r.Expiration.Days))
		}
		seen[t.StorageClass] = true
	}
	return nil
}

func prefixText(r *types.LifecycleRule) string {
	prefix := aws.ToString(r.Prefix)
	if r.Filter != nil {
		prefix = aws.ToString(r.Filter.Prefix)
		if r.Filter.And != nil {
			prefix = aws.ToString(r.Filter.And.Prefix)
		}
		return "filter '(prefix=" + strings.ReplaceAll(prefix, "'", "") + ")'"
	}
	return "prefix '" + prefix + "'"
}

// maxNewer is the most noncurrent versions that a rule may keep.
const maxNewer = 100

func checkNoncurrent(r *types.LifecycleRule) error {
	check := func(action string, days, newer *int32) error {
		switch {
		case days != nil && *days < 1:
			return invalidArgument("'NoncurrentDays' for "+action+" action must be a positive integer", "NoncurrentDays", itoa(*days))
		case newer != nil && (*newer < 1 || *newer > maxNewer):
			return invalidArgument("'NewerNoncurrentVersions' for "+action+" action must be a positive integer and less than or equal to 100", "NewerNoncurrentVersions", itoa(*newer))
		case days == nil:
			return errMalformedXML.of()
		}
		return nil
	}
	for _, t := range r.NoncurrentVersionTransitions {
		if t.StorageClass == "" {
			return errMalformedXML.of()
		}
		if t.NoncurrentDays != nil && *t.NoncurrentDays == 0 {
			continue // moved at once
		}
		if err := check("NoncurrentVersionTransition", t.NoncurrentDays, t.NewerNoncurrentVersions); err != nil {
			return err
		}
	}
	if e := r.NoncurrentVersionExpiration; e != nil {
		return check("NoncurrentVersionExpiration", e.NoncurrentDays, e.NewerNoncurrentVersions)
	}
	return nil
}
