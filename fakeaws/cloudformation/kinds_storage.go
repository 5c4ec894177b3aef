package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

var storageKinds = map[string]*kind{
	"AWS::S3::Bucket": {
		name: "BucketName", immutable: []string{"ObjectLockEnabled"}, tags: "list",
		allows: slices.Sorted(maps.Keys(bucketSettings)), members: bucketMembers, create: createBucket, update: putBucketSettings,
		remove: func(j *job) error { return j.do("s3", "DeleteBucket", map[string]any{"Bucket": j.id}) },
	},
	"AWS::S3::BucketPolicy": {
		immutable: []string{"Bucket"}, allows: []string{"PolicyDocument"}, create: putBucketPolicy, update: putBucketPolicy,
		remove: func(j *job) error {
			return j.do("s3", "DeleteBucketPolicy", map[string]any{"Bucket": j.text("Bucket")})
		},
	},
	"AWS::DynamoDB::Table": {
		name: "TableName", immutable: []string{"KeySchema", "LocalSecondaryIndexes"}, tags: "list",
		allows: []string{"AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexes", "OnDemandThroughput", "PointInTimeRecoverySpecification", "ProvisionedThroughput",
			"ResourcePolicy", "SSESpecification", "StreamSpecification", "TableClass", "TimeToLiveSpecification"},
		members: map[string][]string{"ResourcePolicy": {"PolicyDocument"}, "StreamSpecification": {"StreamViewType"}},
		create:  createTable, update: updateTable, ready: tableReady, gone: describedGone("dynamodb", "DescribeTable", "TableName"),
		remove: func(j *job) error { return j.do("dynamodb", "DeleteTable", map[string]any{"TableName": j.id}) },
	},
}

func putBucketPolicy(j *job) error {
	j.id = j.text("Bucket")
	return j.do("s3", "PutBucketPolicy", map[string]any{"Bucket": j.id, "Policy": j.text("PolicyDocument")})
}

func createBucket(j *job) error {
	name := j.physical("BucketName", 63, true)
	params := with(map[string]any{"Bucket": name}, "ObjectLockEnabledForBucket", j.properties["ObjectLockEnabled"])
	if acl := j.text("AccessControl"); acl != "" {
		params["ACL"] = cannedACL(acl)
	}
	if rules := objects(objectOf(j.properties["OwnershipControls"])["Rules"]); len(rules) == 1 {
		params["ObjectOwnership"] = rules[0]["ObjectOwnership"]
	}
	if j.region != "us-east-1" {
		params["CreateBucketConfiguration"] = map[string]any{"LocationConstraint": j.region}
	}
	if err := j.do("s3", "CreateBucket", params); err != nil {
		return err
	}
	j.id = name
	j.attributes = map[string]string{
		"Arn": "arn:aws:s3:::" + name, "DomainName": name + ".s3.amazonaws.com", "RegionalDomainName": name + ".s3." + j.region + ".amazonaws.com",
		"DualStackDomainName": name + ".s3.dualstack." + j.region + ".amazonaws.com", "WebsiteURL": "http://" + name + ".s3-website-" + j.region + ".amazonaws.com",
	}
	return putBucketSettings(j)
}

func objectOf(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}

// cannedACL is a value of AccessControl as S3 has it: "BucketOwnerFullControl".
func cannedACL(v string) string {
	var b strings.Builder
	for i, r := range v {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// A bucketSetting is a property of a bucket with the operations that set it and take it away,
// and its value as the input's member has it.
type bucketSetting struct {
	put, member, remove string
	value               func(v any) any
}

func as(v any) any { return v }

var bucketSettings = map[string]bucketSetting{
	"AccessControl":     {},
	"OwnershipControls": {"PutBucketOwnershipControls", "OwnershipControls", "DeleteBucketOwnershipControls", as},
	"PublicAccessBlockConfiguration": {"PutPublicAccessBlock", "PublicAccessBlockConfiguration", "DeletePublicAccessBlock", func(v any) any {
		return v
	}},
	"VersioningConfiguration": {"PutBucketVersioning", "VersioningConfiguration", "", as},
	"BucketEncryption": {"PutBucketEncryption", "ServerSideEncryptionConfiguration", "DeleteBucketEncryption", func(v any) any {
		var rules []any
		for _, r := range objects(objectOf(v)["ServerSideEncryptionConfiguration"]) {
			rule := maps.Clone(r)
			if d := objectOf(rule["ServerSideEncryptionByDefault"]); d != nil {
				rule["ApplyServerSideEncryptionByDefault"] = d
				delete(rule, "ServerSideEncryptionByDefault")
			}
			rules = append(rules, rule)
		}
		return map[string]any{"Rules": rules}
	}},
	"CorsConfiguration": {"PutBucketCors", "CORSConfiguration", "DeleteBucketCors", func(v any) any {
		var rules []any
		for _, r := range objects(objectOf(v)["CorsRules"]) {
			rules = append(rules, renamed(r, map[string]string{"Id": "ID", "MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"}))
		}
		return map[string]any{"CORSRules": rules}
	}},
	"WebsiteConfiguration": {"PutBucketWebsite", "WebsiteConfiguration", "DeleteBucketWebsite", func(v any) any {
		site := map[string]any{}
		for name, value := range objectOf(v) {
			switch name {
			case "IndexDocument":
				site[name] = map[string]any{"Suffix": value}
			case "ErrorDocument":
				site[name] = map[string]any{"Key": value}
			default:
				site[name] = value // what S3 calls otherwise is refused by name
			}
		}
		return site
	}},
	"LifecycleConfiguration":    {"PutBucketLifecycleConfiguration", "LifecycleConfiguration", "DeleteBucketLifecycle", lifecycle},
	"NotificationConfiguration": {"PutBucketNotificationConfiguration", "NotificationConfiguration", "", notifications},
}

// bucketMembers are those of settings that are not handed to S3 whole.
var bucketMembers = map[string][]string{
	"OwnershipControls": {"Rules"}, "OwnershipControls.Rules": {"ObjectOwnership"},
	"BucketEncryption":  {"ServerSideEncryptionConfiguration"},
	"CorsConfiguration": {"CorsRules"}, "LifecycleConfiguration": {"Rules"},
	"NotificationConfiguration.LambdaConfigurations.Filter": {"S3Key"}, "NotificationConfiguration.LambdaConfigurations.Filter.S3Key": {"Rules"},
	"NotificationConfiguration.QueueConfigurations.Filter": {"S3Key"}, "NotificationConfiguration.QueueConfigurations.Filter.S3Key": {"Rules"},
	"NotificationConfiguration.TopicConfigurations.Filter": {"S3Key"}, "NotificationConfiguration.TopicConfigurations.Filter.S3Key": {"Rules"},
	"NotificationConfiguration":                          {"EventBridgeConfiguration", "LambdaConfigurations", "QueueConfigurations", "TopicConfigurations"},
	"NotificationConfiguration.LambdaConfigurations":     {"Event", "Filter", "Function"},
	"NotificationConfiguration.QueueConfigurations":      {"Event", "Filter", "Queue"},
	"NotificationConfiguration.TopicConfigurations":      {"Event", "Filter", "Topic"},
	"NotificationConfiguration.EventBridgeConfiguration": {"EventBridgeEnabled"},
}

// renamed is an object whose members are called otherwise.
func renamed(o map[string]any, names map[string]string) map[string]any {
	all := make(map[string]any, len(o))
	for name, value := range o {
		if other, ok := names[name]; ok {
			name = other
		}
		all[name] = value
	}
	return all
}

// lifecycle has the rules as S3 has them. What is not understood S3's input refuses by name.
func lifecycle(v any) any {
	var rules []any
	for _, r := range objects(objectOf(v)["Rules"]) {
		rule := map[string]any{"Filter": map[string]any{"Prefix": ""}}
		expiration := map[string]any{}
		for name, value := range r {
			switch name {
			case "Id":
				rule["ID"] = value
			case "Prefix":
				rule["Filter"] = map[string]any{"Prefix": value}
			case "ExpirationInDays":
				expiration["Days"] = value
			case "ExpirationDate":
				expiration["Date"] = value
			case "ExpiredObjectDeleteMarker":
				expiration[name] = value
			case "NoncurrentVersionExpirationInDays":
				rule["NoncurrentVersionExpiration"] = map[string]any{"NoncurrentDays": value}
			case "Transitions":
				var all []any
				for _, t := range objects(value) {
					all = append(all, renamed(t, map[string]string{"TransitionInDays": "Days", "TransitionDate": "Date"}))
				}
				rule[name] = all
			default:
				rule[name] = value
			}
		}
		if len(expiration) > 0 {
			rule["Expiration"] = expiration
		}
		rules = append(rules, rule)
	}
	return map[string]any{"Rules": rules}
}

// notifications has the destinations as S3 has them.
func notifications(v any) any {
	made := map[string]any{}
	lists := map[string][3]string{
		"LambdaConfigurations": {"LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"}, "QueueConfigurations": {"QueueConfigurations", "Queue", "QueueArn"},
		"TopicConfigurations": {"TopicConfigurations", "Topic", "TopicArn"},
	}
	for name, value := range objectOf(v) {
		to, ok := lists[name]
		if !ok {
			if enabled := objectOf(value)["EventBridgeEnabled"]; strings.EqualFold(encodedText(enabled), "false") {
				continue
			}
			value = map[string]any{} // that it is there enables it
			made[name] = value
			continue
		}
		var all []any
		for _, c := range objects(value) {
			one := map[string]any{}
			for member, v := range c {
				switch member {
				case "Event":
					one["Events"] = []any{v}
				case to[1]:
					one[to[2]] = v
				case "Filter":
					one[member] = map[string]any{"Key": map[string]any{"FilterRules": objectOf(objectOf(v)["S3Key"])["Rules"]}}
				default:
					one[member] = v
				}
			}
			all = append(all, one)
		}
		made[to[0]] = all
	}
	return made
}

// bucketOrder is the order in which settings are set: who may be told comes last.
var bucketOrder = []string{"PublicAccessBlockConfiguration", "OwnershipControls", "VersioningConfiguration", "BucketEncryption", "CorsConfiguration", "WebsiteConfiguration", "LifecycleConfiguration", "NotificationConfiguration"}

func putBucketSettings(j *job) error {
	creating := j.old == nil || j.replacing
	for _, name := range bucketOrder {
		of := bucketSettings[name]
		v := j.properties[name]
		switch {
		case creating && v == nil, !creating && !j.changed(name), name == "OwnershipControls" && creating:
			continue
		case v == nil && of.remove != "":
			if err := j.do("s3", of.remove, map[string]any{"Bucket": j.id}); err != nil {
				return err
			}
			continue
		case v == nil && name == "VersioningConfiguration":
			v = map[string]any{"Status": "Suspended"}
		case v == nil:
			v = map[string]any{}
		}
		if err := j.do("s3", of.put, map[string]any{"Bucket": j.id, of.member: of.value(v)}); err != nil {
			return err
		}
	}
	if !creating && j.changed("AccessControl") {
		acl := j.text("AccessControl")
		if acl == "" {
			acl = "Private"
		}
		if err := j.do("s3", "PutBucketAcl", map[string]any{"Bucket": j.id, "ACL": cannedACL(acl)}); err != nil {
			return err
		}
	}
	return j.tagBucket(creating)
}

func (j *job) tagBucket(creating bool) error {
	tags := j.tagList()
	if !creating {
		if set, removed := j.retag(); len(set) == 0 && len(removed) == 0 {
			return nil
		}
		if tags == nil {
			return j.do("s3", "DeleteBucketTagging", map[string]any{"Bucket": j.id})
		}
	}
	if tags == nil {
		return nil
	}
	return j.do("s3", "PutBucketTagging", map[string]any{"Bucket": j.id, "Tagging": map[string]any{"TagSet": tags}})
}

// streamed is a stream specification as DynamoDB has it.
func streamed(v any) any {
	o := objectOf(v)
	if o == nil {
		return nil
	}
	return map[string]any{"StreamEnabled": true, "StreamViewType": o["StreamViewType"]}
}

// encrypted is an SSE specification as DynamoDB has it.
func encrypted(v any) any {
	o := objectOf(v)
	if o == nil {
		return nil
	}
	return renamed(o, map[string]string{"SSEEnabled": "Enabled"})
}

func createTable(j *job) error {
	name := j.physical("TableName", 255, false)
	params := with(j.pick("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes", "OnDemandThroughput", "ProvisionedThroughput", "TableClass"),
		"TableName", name, "Tags", j.tagList(), "StreamSpecification", streamed(j.properties["StreamSpecification"]), "SSESpecification", encrypted(j.properties["SSESpecification"]))
	if policy := objectOf(j.properties["ResourcePolicy"]); policy != nil {
		params["ResourcePolicy"] = encodedText(policy["PolicyDocument"])
	}
	if err := j.do("dynamodb", "CreateTable", params); err != nil {
		return err
	}
	j.id = name
	return nil
}

// tableReady waits until a table is active, and then sets what can only be set of one that is.
func tableReady(j *job) error {
	out, err := j.call("dynamodb", "DescribeTable", map[string]any{"TableName": j.id})
	if err != nil {
		return err
	}
	t := objectOf(out["Table"])
	if encodedText(t["TableStatus"]) != "ACTIVE" {
		j.later(poll)
		return nil
	}
	j.attributes = map[string]string{"Arn": encodedText(t["TableArn"])}
	if stream := encodedText(t["LatestStreamArn"]); stream != "" {
		j.attributes["StreamArn"] = stream
	}
	before := j.old
	if j.replacing {
		before = nil
	}
	if ttl := j.properties["TimeToLiveSpecification"]; encoded(ttl) != encoded(before["TimeToLiveSpecification"]) {
		if ttl == nil {
			ttl = map[string]any{"Enabled": false, "AttributeName": objectOf(before["TimeToLiveSpecification"])["AttributeName"]}
		}
		if err := j.do("dynamodb", "UpdateTimeToLive", map[string]any{"TableName": j.id, "TimeToLiveSpecification": ttl}); err != nil {
			return err
		}
	}
	if recovery := j.properties["PointInTimeRecoverySpecification"]; encoded(recovery) != encoded(before["PointInTimeRecoverySpecification"]) {
		if recovery == nil {
			recovery = map[string]any{"PointInTimeRecoveryEnabled": false}
		}
		return j.do("dynamodb", "UpdateContinuousBackups", map[string]any{"TableName": j.id, "PointInTimeRecoverySpecification": recovery})
	}
	return nil
}

func updateTable(j *job) error {
	if j.changed("GlobalSecondaryIndexes", "ResourcePolicy") {
		return notImplemented("the update of GlobalSecondaryIndexes or ResourcePolicy of AWS::DynamoDB::Table")
	}
	params := map[string]any{}
	for _, name := range []string{"BillingMode", "DeletionProtectionEnabled", "OnDemandThroughput", "ProvisionedThroughput", "TableClass"} {
		if j.changed(name) && j.properties[name] != nil {
			params[name] = j.properties[name]
		}
	}
	if j.changed("DeletionProtectionEnabled") && j.properties["DeletionProtectionEnabled"] == nil {
		params["DeletionProtectionEnabled"] = false
	}
	if j.changed("StreamSpecification") {
		params["StreamSpecification"] = streamed(j.properties["StreamSpecification"])
		if params["StreamSpecification"] == nil {
			params["StreamSpecification"] = map[string]any{"StreamEnabled": false}
		}
	}
	if j.changed("SSESpecification") {
		params["SSESpecification"] = encrypted(j.properties["SSESpecification"])
		if params["SSESpecification"] == nil {
			params["SSESpecification"] = map[string]any{"Enabled": false}
		}
	}
	if len(params) > 0 {
		params["TableName"] = j.id
		if err := j.do("dynamodb", "UpdateTable", params); err != nil {
			return err
		}
	}
	return j.retagged(tagging{"dynamodb", "TagResource", "UntagResource", "ResourceArn", "Tags", "TagKeys", false}, j.attributes["Arn"])
}
