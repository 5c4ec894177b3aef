package s3_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// call calls an operation of a client by name. The input's Bucket is set.
func call(ctx context.Context, c *awss3.Client, operation, bucket string, set ...any) (any, error) {
	method := reflect.ValueOf(c).MethodByName(operation)
	in := reflect.New(method.Type().In(1).Elem())
	in.Elem().FieldByName("Bucket").Set(reflect.ValueOf(&bucket))
	for _, v := range set {
		value := reflect.ValueOf(v)
		done := false
		for i := range in.Elem().NumField() {
			f := in.Elem().Field(i)
			if id, isID := v.(id); isID && in.Elem().Type().Field(i).Name == "Id" {
				f.Set(reflect.ValueOf(aws.String(string(id))))
				done = true
			} else if f.Type() == value.Type() {
				f.Set(value)
				done = true
			}
		}
		if !done {
			panic(operation + " has no member for it")
		}
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	err, _ := out[1].Interface().(error)
	return out[0].Interface(), err
}

type id string

// members are the fields of an output but for its metadata.
func members(out any) map[string]any {
	m := make(map[string]any)
	v := reflect.ValueOf(out).Elem()
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; name != "ResultMetadata" && name != "noSmithyDocumentSerde" && !v.Field(i).IsZero() {
			m[name] = v.Field(i).Interface()
		}
	}
	return m
}

func code(err error) string {
	var api smithy.APIError
	if !assert.ErrorAs(nopT{}, err, &api) {
		return ""
	}
	return api.ErrorCode()
}

type nopT struct{}

func (nopT) Errorf(string, ...any) {}

// stored are configurations as they are put and come back.
var stored = map[string]struct {
	put, get, remove string
	absent           string // code, "" where every bucket has one
	cfg              any
	want             map[string]any // of Get; nil is the configuration under its type's name
	action           string         // after s3:Get and s3:Put
}{
	"CORS": {"PutBucketCors", "GetBucketCors", "DeleteBucketCors", "NoSuchCORSConfiguration",
		&types.CORSConfiguration{CORSRules: []types.CORSRule{{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}, ID: aws.String("a"), MaxAgeSeconds: aws.Int32(5)}}},
		map[string]any{"CORSRules": []types.CORSRule{{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}, ID: aws.String("a"), MaxAgeSeconds: aws.Int32(5)}}}, "BucketCORS"},
	"encryption": {"PutBucketEncryption", "GetBucketEncryption", "DeleteBucketEncryption", "",
		&types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: aws.String("k")}, BucketKeyEnabled: aws.Bool(true)}}}, nil, "EncryptionConfiguration"},
	"lifecycle": {"PutBucketLifecycleConfiguration", "GetBucketLifecycleConfiguration", "DeleteBucketLifecycle", "NoSuchLifecycleConfiguration",
		&types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{ID: aws.String("r"), Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: aws.String("a/")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}}},
		map[string]any{"TransitionDefaultMinimumObjectSize": types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k,
			"Rules": []types.LifecycleRule{{ID: aws.String("r"), Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: aws.String("a/")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}}}, "LifecycleConfiguration"},
	"website": {"PutBucketWebsite", "GetBucketWebsite", "DeleteBucketWebsite", "NoSuchWebsiteConfiguration",
		&types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("index.html")}},
		map[string]any{"IndexDocument": &types.IndexDocument{Suffix: aws.String("index.html")}}, "BucketWebsite"},
	"logging": {"PutBucketLogging", "GetBucketLogging", "", "",
		&types.BucketLoggingStatus{LoggingEnabled: &types.LoggingEnabled{TargetBucket: aws.String("bucket"), TargetPrefix: aws.String("log/")}},
		map[string]any{"LoggingEnabled": &types.LoggingEnabled{TargetBucket: aws.String("bucket"), TargetPrefix: aws.String("log/")}}, "BucketLogging"},
	"accelerate": {"PutBucketAccelerateConfiguration", "GetBucketAccelerateConfiguration", "", "",
		&types.AccelerateConfiguration{Status: "Enabled"}, map[string]any{"Status": types.BucketAccelerateStatusEnabled}, "AccelerateConfiguration"},
	"payment": {"PutBucketRequestPayment", "GetBucketRequestPayment", "", "",
		&types.RequestPaymentConfiguration{Payer: "Requester"}, map[string]any{"Payer": types.PayerRequester}, "BucketRequestPayment"},
	"ABAC": {"PutBucketAbac", "GetBucketAbac", "", "", &types.AbacStatus{Status: "Enabled"}, nil, "BucketAbac"},
}

func TestConfigurations(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		for name, c := range stored {
			t.Run(name, func(t *testing.T) {
				ctx := t.Context()
				before, err := call(ctx, a.root, c.get, "bucket")
				if c.absent != "" {
					assert.Equal(t, c.absent, code(err))
				} else {
					require.NoError(t, err)
				}
				_, err = call(ctx, a.root, c.put, "bucket", c.cfg)
				require.NoError(t, err)
				got, err := call(ctx, a.root, c.get, "bucket")
				require.NoError(t, err)
				want := c.want
				if want == nil {
					want = map[string]any{reflect.TypeOf(c.cfg).Elem().Name(): c.cfg}
				}
				assert.Equal(t, want, members(got))

				_, err = call(ctx, a.root, c.put, "bucket")
				assert.Contains(t, []string{"MalformedXML", "MissingRequestBodyError"}, code(orSerialization(err)), "no document")
				_, err = call(ctx, a.root, c.get, "missing")
				assert.Equal(t, "NoSuchBucket", code(err))
				if c.remove == "" {
					return
				}
				for range 2 {
					_, err = call(ctx, a.root, c.remove, "bucket")
					require.NoError(t, err, "to delete what is not there is no error")
				}
				after, err := call(ctx, a.root, c.get, "bucket")
				if c.absent == "" {
					require.NoError(t, err)
					assert.Equal(t, members(before), members(after))
					return
				}
				assert.Equal(t, c.absent, code(err))
			})
		}
	})
}

// orSerialization: some clients refuse an input without its document themselves.
func orSerialization(err error) error {
	var invalid smithy.InvalidParamsError
	if err == nil || assert.ErrorAs(nopT{}, err, &invalid) {
		return &smithy.GenericAPIError{Code: "MalformedXML"}
	}
	return err
}

// TestConfigurationsAsk has each operation denied, with the action in the words
// of the denial, and then allowed by that action alone.
func TestConfigurationsAsk(t *testing.T) {
	t.Parallel()
	for name, c := range stored {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAccount(t)
			a.bucket("bucket")
			deletes := "s3:Put" + c.action
			if c.remove == "DeleteBucketWebsite" {
				deletes = "s3:DeleteBucketWebsite"
			}
			for _, op := range []struct {
				name, action string
				set          []any
			}{{c.put, "s3:Put" + c.action, []any{c.cfg}}, {c.get, "s3:Get" + c.action, nil}, {c.remove, deletes, nil}} {
				if op.name == "" {
					continue
				}
				a.allow(`{"Effect":"Deny","Action":"s3:None","Resource":"*"}`)
				_, err := call(t.Context(), a.user, op.name, "bucket", op.set...)
				requireAPIError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: "+op.action+
					` on resource: "arn:aws:s3:::bucket" because no identity-based policy allows the `+op.action+" action")
				a.allow(`{"Effect":"Allow","Action":"` + op.action + `","Resource":"arn:aws:s3:::bucket"}`)
				_, err = call(t.Context(), a.user, op.name, "bucket", op.set...)
				require.NoError(t, err)
			}
		})
	}
}

// listed are configurations of which a bucket has many.
var listedConfigurations = map[string]any{
	"Inventory": &types.InventoryConfiguration{Id: aws.String("i"), IsEnabled: aws.Bool(true), IncludedObjectVersions: "All", Schedule: &types.InventorySchedule{Frequency: "Daily"},
		Destination: &types.InventoryDestination{S3BucketDestination: &types.InventoryS3BucketDestination{Bucket: aws.String("arn:aws:s3:::bucket"), Format: "CSV"}}},
	"Metrics":            &types.MetricsConfiguration{Id: aws.String("i"), Filter: &types.MetricsFilterMemberPrefix{Value: "a/"}},
	"Analytics":          &types.AnalyticsConfiguration{Id: aws.String("i"), StorageClassAnalysis: &types.StorageClassAnalysis{}},
	"IntelligentTiering": &types.IntelligentTieringConfiguration{Id: aws.String("i"), Status: "Enabled", Tierings: []types.Tiering{{AccessTier: "ARCHIVE_ACCESS", Days: aws.Int32(90)}}},
}

func TestListedConfigurations(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		for name, cfg := range listedConfigurations {
			t.Run(name, func(t *testing.T) {
				ctx := t.Context()
				one, many := "Bucket"+name+"Configuration", "ListBucket"+name+"Configurations"
				_, err := call(ctx, a.root, "Get"+one, "bucket", id("i"))
				assert.Equal(t, "NoSuchConfiguration", code(err))
				_, err = call(ctx, a.root, "Delete"+one, "bucket", id("i"))
				assert.Equal(t, "NoSuchConfiguration", code(err))
				_, err = call(ctx, a.root, "Put"+one, "bucket", id("j"), cfg)
				assert.Equal(t, "InvalidArgument", code(err))
				for range 2 {
					_, err = call(ctx, a.root, "Put"+one, "bucket", id("i"), cfg)
					require.NoError(t, err)
				}
				got, err := call(ctx, a.root, "Get"+one, "bucket", id("i"))
				require.NoError(t, err)
				assert.Equal(t, map[string]any{name + "Configuration": cfg}, members(got))
				all, err := call(ctx, a.root, many, "bucket")
				require.NoError(t, err)
				assert.Equal(t, 1, reflect.ValueOf(all).Elem().FieldByName(name+"ConfigurationList").Len())
				_, err = call(ctx, a.root, "Delete"+one, "bucket", id("i"))
				require.NoError(t, err)
				_, err = call(ctx, a.root, "Get"+one, "bucket", id("i"))
				assert.Equal(t, "NoSuchConfiguration", code(err))
			})
		}
	})
}

func TestListedConfigurationsByPages(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	ctx := t.Context()
	put := func(i int) error {
		name := "m" + strings.Repeat("x", i/100) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
		_, err := a.root.PutBucketMetricsConfiguration(ctx, &awss3.PutBucketMetricsConfigurationInput{Bucket: aws.String("bucket"), Id: &name, MetricsConfiguration: &types.MetricsConfiguration{Id: &name}})
		return err
	}
	for i := range 1000 {
		require.NoError(t, put(i))
	}
	requireAPIError(t, put(1000), "TooManyConfigurations", "")
	seen, pages := 0, 0
	var token *string
	for {
		out, err := a.root.ListBucketMetricsConfigurations(ctx, &awss3.ListBucketMetricsConfigurationsInput{Bucket: aws.String("bucket"), ContinuationToken: token})
		require.NoError(t, err)
		seen, pages, token = seen+len(out.MetricsConfigurationList), pages+1, out.NextContinuationToken
		assert.Equal(t, token != nil, *out.IsTruncated)
		if token == nil {
			break
		}
	}
	assert.Equal(t, []int{1000, 10}, []int{seen, pages})
	_, err := a.root.ListBucketMetricsConfigurations(ctx, &awss3.ListBucketMetricsConfigurationsInput{Bucket: aws.String("bucket"), ContinuationToken: aws.String("x")})
	requireAPIError(t, err, "InvalidArgument", "The continuation token provided is incorrect")
}

// rule makes a lifecycle configuration of one rule for all objects.
func rule(set func(*types.LifecycleRule)) *types.BucketLifecycleConfiguration {
	r := types.LifecycleRule{Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}}
	set(&r)
	return &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{r}}
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		a.bucket("with.dots")
		day := func(n int32) *types.LifecycleExpiration { return &types.LifecycleExpiration{Days: &n} }
		cors := func(r types.CORSRule) *types.CORSConfiguration {
			return &types.CORSConfiguration{CORSRules: []types.CORSRule{r}}
		}
		redirect := func(r types.RoutingRule) *types.WebsiteConfiguration {
			return &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("i")}, RoutingRules: []types.RoutingRule{r}}
		}
		for name, c := range map[string]struct {
			operation, code, text string
			set                   any
		}{
			"CORS without rules":       {"PutBucketCors", "MalformedXML", "", &types.CORSConfiguration{CORSRules: []types.CORSRule{}}},
			"CORS without methods":     {"PutBucketCors", "MalformedXML", "", cors(types.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{}})},
			"CORS method":              {"PutBucketCors", "InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is PATCH", cors(types.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"PATCH"}})},
			"CORS origin":              {"PutBucketCors", "InvalidRequest", `AllowedOrigin "*.*" can not have more than one wildcard.`, cors(types.CORSRule{AllowedOrigins: []string{"*.*"}, AllowedMethods: []string{"GET"}})},
			"CORS allowed header":      {"PutBucketCors", "InvalidRequest", `AllowedHeader "**" can not have more than one wildcard.`, cors(types.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}, AllowedHeaders: []string{"**"}})},
			"CORS exposed header":      {"PutBucketCors", "InvalidRequest", "", cors(types.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}, ExposeHeaders: []string{"x-*"}})},
			"encryption algorithm":     {"PutBucketEncryption", "MalformedXML", "", &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "DES"}}}}},
			"encryption key":           {"PutBucketEncryption", "InvalidArgument", "", &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "AES256", KMSMasterKeyID: aws.String("k")}}}}},
			"encryption of two rules":  {"PutBucketEncryption", "MalformedXML", "", &types.ServerSideEncryptionConfiguration{Rules: make([]types.ServerSideEncryptionRule, 2)}},
			"website without index":    {"PutBucketWebsite", "InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty", &types.WebsiteConfiguration{ErrorDocument: &types.ErrorDocument{Key: aws.String("e")}}},
			"website index":            {"PutBucketWebsite", "InvalidArgument", "The IndexDocument Suffix is not well formed", &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("a/b")}}},
			"website redirects":        {"PutBucketWebsite", "InvalidArgument", "", &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("i")}, RedirectAllRequestsTo: &types.RedirectAllRequestsTo{HostName: aws.String("h")}}},
			"website key twice":        {"PutBucketWebsite", "InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.", redirect(types.RoutingRule{Redirect: &types.Redirect{ReplaceKeyWith: aws.String("a"), ReplaceKeyPrefixWith: aws.String("b")}})},
			"website error code":       {"PutBucketWebsite", "InvalidRequest", "", redirect(types.RoutingRule{Redirect: &types.Redirect{}, Condition: &types.Condition{HttpErrorCodeReturnedEquals: aws.String("200")}})},
			"website redirect code":    {"PutBucketWebsite", "InvalidRequest", "", redirect(types.RoutingRule{Redirect: &types.Redirect{HttpRedirectCode: aws.String("300")}})},
			"website protocol":         {"PutBucketWebsite", "InvalidRequest", "", redirect(types.RoutingRule{Redirect: &types.Redirect{Protocol: "ftp"}})},
			"logging to nowhere":       {"PutBucketLogging", "InvalidTargetBucketForLogging", "", &types.BucketLoggingStatus{LoggingEnabled: &types.LoggingEnabled{TargetBucket: aws.String("none"), TargetPrefix: aws.String("")}}},
			"acceleration status":      {"PutBucketAccelerateConfiguration", "MalformedXML", "", &types.AccelerateConfiguration{Status: "On"}},
			"payer":                    {"PutBucketRequestPayment", "MalformedXML", "", &types.RequestPaymentConfiguration{Payer: "Nobody"}},
			"lifecycle status":         {"PutBucketLifecycleConfiguration", "MalformedXML", "", rule(func(r *types.LifecycleRule) { r.Status, r.Expiration = "On", day(1) })},
			"lifecycle without filter": {"PutBucketLifecycleConfiguration", "MalformedXML", "", rule(func(r *types.LifecycleRule) { r.Filter, r.Expiration = nil, day(1) })},
			"lifecycle with both":      {"PutBucketLifecycleConfiguration", "MalformedXML", "", rule(func(r *types.LifecycleRule) { r.Prefix, r.Expiration = aws.String("a"), day(1) })},
			"lifecycle without action": {"PutBucketLifecycleConfiguration", "InvalidRequest", "At least one action needs to be specified in a rule", rule(func(*types.LifecycleRule) {})},
			"lifecycle of no days":     {"PutBucketLifecycleConfiguration", "InvalidArgument", "'Days' for Expiration action must be a positive integer", rule(func(r *types.LifecycleRule) { r.Expiration = day(0) })},
			"lifecycle days and date":  {"PutBucketLifecycleConfiguration", "MalformedXML", "", rule(func(r *types.LifecycleRule) { r.Expiration = day(1); r.Expiration.Date = aws.Time(time.Unix(0, 0)) })},
			"lifecycle date": {"PutBucketLifecycleConfiguration", "InvalidArgument", "'Date' must be at midnight GMT", rule(func(r *types.LifecycleRule) {
				r.Expiration = &types.LifecycleExpiration{Date: aws.Time(time.Unix(1, 0))}
			})},
			"lifecycle id": {"PutBucketLifecycleConfiguration", "InvalidArgument", "ID length should not exceed allowed limit of 255", rule(func(r *types.LifecycleRule) { r.ID, r.Expiration = aws.String(strings.Repeat("x", 256)), day(1) })},
			"lifecycle transition late": {"PutBucketLifecycleConfiguration", "InvalidArgument", "'Days' in the Expiration action for filter '(prefix=)' must be greater than 'Days' in the Transition action", rule(func(r *types.LifecycleRule) {
				r.Expiration, r.Transitions = day(30), []types.Transition{{Days: aws.Int32(30), StorageClass: "STANDARD_IA"}}
			})},
			"lifecycle class": {"PutBucketLifecycleConfiguration", "MalformedXML", "", rule(func(r *types.LifecycleRule) {
				r.Transitions = []types.Transition{{Days: aws.Int32(30), StorageClass: "STANDARD"}}
			})},
			"lifecycle newer": {"PutBucketLifecycleConfiguration", "InvalidArgument", "", rule(func(r *types.LifecycleRule) {
				r.NoncurrentVersionExpiration = &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1), NewerNoncurrentVersions: aws.Int32(101)}
			})},
			"lifecycle markers": {"PutBucketLifecycleConfiguration", "InvalidRequest", "", rule(func(r *types.LifecycleRule) {
				r.Filter = &types.LifecycleRuleFilter{Tag: &types.Tag{Key: aws.String("k"), Value: aws.String("v")}}
				r.Expiration = &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)}
			})},
			"lifecycle uploads": {"PutBucketLifecycleConfiguration", "InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.", rule(func(r *types.LifecycleRule) {
				r.Filter = &types.LifecycleRuleFilter{Tag: &types.Tag{Key: aws.String("k"), Value: aws.String("v")}}
				r.AbortIncompleteMultipartUpload = &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(1)}
			})},
			"lifecycle sizes": {"PutBucketLifecycleConfiguration", "InvalidRequest", "", rule(func(r *types.LifecycleRule) {
				r.Filter, r.Expiration = &types.LifecycleRuleFilter{And: &types.LifecycleRuleAndOperator{ObjectSizeGreaterThan: aws.Int64(2), ObjectSizeLessThan: aws.Int64(2)}}, day(1)
			})},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, err := call(t.Context(), a.root, c.operation, "bucket", c.set)
				requireAPIError(t, err, c.code, c.text)
			})
		}
		_, err := a.root.PutBucketAccelerateConfiguration(t.Context(), &awss3.PutBucketAccelerateConfigurationInput{Bucket: aws.String("with.dots"), AccelerateConfiguration: &types.AccelerateConfiguration{Status: "Enabled"}})
		requireAPIError(t, err, "InvalidRequest", "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
	})
}
