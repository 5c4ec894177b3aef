package s3

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// maxRuleID is the longest id of a rule.
const maxRuleID = 255

func checkEncryptionConfiguration(cfg *types.ServerSideEncryptionConfiguration) error {
	if len(cfg.Rules) != 1 {
		return errMalformedXML.of()
	}
	rule := &cfg.Rules[0]
	by := rule.ApplyServerSideEncryptionByDefault
	if by == nil {
		// A rule may say no more than which encryption is blocked, or that keys of
		// the bucket are used.
		by = &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256}
		rule.ApplyServerSideEncryptionByDefault = by
	}
	if by.SSEAlgorithm != types.ServerSideEncryptionAes256 && by.SSEAlgorithm != types.ServerSideEncryptionAwsKms && by.SSEAlgorithm != types.ServerSideEncryptionAwsKmsDsse {
		return errMalformedXML.of()
	}
	if by.KMSMasterKeyID != nil && by.SSEAlgorithm == types.ServerSideEncryptionAes256 {
		return errInvalidArgument.withText("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse", "ArgumentName", "ApplyServerSideEncryptionByDefault")
	}
	rule.BucketKeyEnabled = aws.Bool(aws.ToBool(rule.BucketKeyEnabled))
	return nil
}

// maxRoutingRules is of the User Guide's "Configuring a webpage redirect".
const maxRoutingRules = 50

// checkProtocols refuses redirections to what browsers do not speak.
func checkProtocols(cfg *types.WebsiteConfiguration) error {
	var protocols []types.Protocol
	if all := cfg.RedirectAllRequestsTo; all != nil {
		protocols = append(protocols, all.Protocol)
	}
	for _, r := range cfg.RoutingRules {
		if r.Redirect != nil {
			protocols = append(protocols, r.Redirect.Protocol)
		}
	}
	for _, p := range protocols {
		if p != "" && p != types.ProtocolHttp && p != types.ProtocolHttps {
			return invalidRequest("Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.")
		}
	}
	return nil
}

func checkWebsite(cfg *types.WebsiteConfiguration) error {
	if all := cfg.RedirectAllRequestsTo; all != nil {
		if cfg.ErrorDocument != nil || cfg.IndexDocument != nil || len(cfg.RoutingRules) > 0 {
			return invalidArgument("RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.", "RedirectAllRequestsTo", "not null")
		}
		return nil
	}
	if cfg.IndexDocument == nil {
		return invalidArgument("A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty", "IndexDocument", "null")
	}
	if suffix := aws.ToString(cfg.IndexDocument.Suffix); suffix == "" || strings.Contains(suffix, "/") {
		return invalidArgument("The IndexDocument Suffix is not well formed", "IndexDocument", suffix)
	}
	if e := cfg.ErrorDocument; e != nil && aws.ToString(e.Key) == "" {
		return invalidArgument("The ErrorDocument Key is not well formed", "ErrorDocument", "") // text unverified
	}
	if len(cfg.RoutingRules) > maxRoutingRules {
		return invalidRequest(fmt.Sprintf("%d routing rules provided, the number of routing rules in a website configuration is limited to %d.", len(cfg.RoutingRules), maxRoutingRules))
	}
	for i := range cfg.RoutingRules {
		if err := checkRoutingRule(&cfg.RoutingRules[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkRoutingRule(r *types.RoutingRule) error {
	if c := r.Condition; c != nil {
		if c.HttpErrorCodeReturnedEquals == nil && c.KeyPrefixEquals == nil {
			return invalidRequest("Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.")
		}
		if code := aws.ToString(c.HttpErrorCodeReturnedEquals); c.HttpErrorCodeReturnedEquals != nil && !isStatus(code, '4', '5') {
			return invalidRequest("The provided HTTP error code (" + code + ") is not valid. Valid codes are 4XX or 5XX.")
		}
	}
	to := r.Redirect
	if *to == (types.Redirect{}) {
		return errMalformedXML.of()
	}
	if to.ReplaceKeyPrefixWith != nil && to.ReplaceKeyWith != nil {
		return invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
	}
	if code := aws.ToString(to.HttpRedirectCode); to.HttpRedirectCode != nil && (!isStatus(code, '3', '3') || code == "300") {
		return invalidRequest("The provided HTTP redirect code (" + code + ") is not valid. Valid codes are 3XX except 300.")
	}
	return nil
}

// isStatus reports whether a text is an HTTP status whose first digit is one of two.
func isStatus(s string, first, or byte) bool {
	return len(s) == 3 && (s[0] == first || s[0] == or) && strings.Trim(s[1:], "0123456789") == ""
}

// admitLogging looks for the bucket that the log goes to.
func (s *Fake) admitLogging(b *bucket, cfg *types.BucketLoggingStatus) error {
	if cfg.LoggingEnabled == nil {
		return nil
	}
	name := aws.ToString(cfg.LoggingEnabled.TargetBucket)
	to, ok := s.buckets.Get(name)
	switch {
	case !ok:
		return errInvalidTargetBucket.of("TargetBucket", name)
	case to.owner != b.owner:
		return errInvalidTargetBucket.withText("The owner for the bucket to be logged and the target bucket must be the same.", "TargetBucket", name)
	case to.region != b.region:
		if b.region == globalRegion {
			return errCrossLocationLogging.of("TargetBucketLocation", to.region)
		}
		return errCrossLocationLogging.of("SourceBucketLocation", b.region, "TargetBucketLocation", to.region)
	}
	return nil
}

func (s *Fake) admitAccelerate(b *bucket, _ *types.AccelerateConfiguration) error {
	if strings.Contains(b.name, ".") {
		return errAccelerateNotSupported.of()
	}
	return nil
}

// checkInventory looks at where an inventory goes. That the bucket exists, S3
// finds out when it delivers.
func checkInventory(cfg *types.InventoryConfiguration) error {
	if name, ok := strings.CutPrefix(aws.ToString(cfg.Destination.S3BucketDestination.Bucket), "arn:aws:s3:::"); !ok || checkBucketName(name) != nil {
		return errInvalidS3Destination.of()
	}
	if len(cfg.OptionalFields) > len(types.InventoryOptionalField("").Values()) { // some twice
		return errMalformedXML.of()
	}
	return nil
}

// inventoryKeys sets the key by which policies limit what an inventory may tell.
func inventoryKeys(keys *enforce.Context, cfg *types.InventoryConfiguration) {
	if len(cfg.OptionalFields) == 0 {
		return
	}
	fields := make([]string, len(cfg.OptionalFields))
	for i, f := range cfg.OptionalFields {
		fields[i] = string(f)
	}
	keys.SetMulti("s3:InventoryAccessibleOptionalFields", fields)
}

// checkTiering applies the API reference's limits of the archive tiers.
func checkTiering(cfg *types.IntelligentTieringConfiguration) error {
	seen := make(map[types.IntelligentTieringAccessTier]bool)
	for _, t := range cfg.Tierings {
		least := int32(90)
		if t.AccessTier == types.IntelligentTieringAccessTierDeepArchiveAccess {
			least = 180
		}
		if days := aws.ToInt32(t.Days); days < least || days > 730 || seen[t.AccessTier] {
			return errMalformedXML.of()
		}
		seen[t.AccessTier] = true
	}
	return nil
}
