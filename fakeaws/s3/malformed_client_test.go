package s3_test

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documents are the operations that take a document of XML, and its root.
var documents = map[string]string{
	"PutBucketAbac":                                   "AbacStatus",
	"PutBucketAccelerateConfiguration":                "AccelerateConfiguration",
	"PutBucketAcl":                                    "AccessControlPolicy",
	"PutBucketAnalyticsConfiguration":                 "AnalyticsConfiguration",
	"PutBucketCors":                                   "CORSConfiguration",
	"PutBucketEncryption":                             "ServerSideEncryptionConfiguration",
	"PutBucketIntelligentTieringConfiguration":        "IntelligentTieringConfiguration",
	"PutBucketInventoryConfiguration":                 "InventoryConfiguration",
	"PutBucketLifecycleConfiguration":                 "LifecycleConfiguration",
	"PutBucketLogging":                                "BucketLoggingStatus",
	"PutBucketMetricsConfiguration":                   "MetricsConfiguration",
	"PutBucketNotificationConfiguration":              "NotificationConfiguration",
	"PutBucketOwnershipControls":                      "OwnershipControls",
	"PutBucketReplication":                            "ReplicationConfiguration",
	"PutBucketRequestPayment":                         "RequestPaymentConfiguration",
	"PutBucketTagging":                                "Tagging",
	"PutBucketVersioning":                             "VersioningConfiguration",
	"PutBucketWebsite":                                "WebsiteConfiguration",
	"PutObjectLockConfiguration":                      "ObjectLockConfiguration",
	"PutPublicAccessBlock":                            "PublicAccessBlockConfiguration",
	"CreateBucketMetadataConfiguration":               "MetadataConfiguration",
	"UpdateBucketMetadataJournalTableConfiguration":   "JournalTableConfiguration",
	"UpdateBucketMetadataInventoryTableConfiguration": "InventoryTableConfiguration",
	"CreateBucket":                                    "CreateBucketConfiguration",
	"PutObjectAcl":                                    "AccessControlPolicy",
	"PutObjectTagging":                                "Tagging",
	"PutObjectRetention":                              "Retention",
	"PutObjectLegalHold":                              "LegalHold",
	"RestoreObject":                                   "RestoreRequest",
	"DeleteObjects":                                   "Delete",
	"CompleteMultipartUpload":                         "CompleteMultipartUpload",
}

// withoutDocument are the codes of operations without any body, where S3 does not say
// that there is none: what an ACL says may stand in headers.
var withoutDocument = map[string]string{
	"PutBucketAcl":            "MissingSecurityHeader",
	"PutObjectAcl":            "MissingSecurityHeader",
	"PutObjectRetention":      "MalformedXML",
	"PutObjectLegalHold":      "MalformedXML",
	"RestoreObject":           "MalformedXML",
	"CompleteMultipartUpload": "MalformedXML",
}

// withoutMembers are the codes of documents that have nothing in them, where that is
// well-formed. Some say by that what is to be.
var withoutMembers = map[string]string{
	"PutBucketAcl":                       "MalformedACLError",
	"PutObjectAcl":                       "MalformedACLError",
	"PutBucketWebsite":                   "InvalidArgument",
	"CompleteMultipartUpload":            "NoSuchUpload",
	"PutBucketTagging":                   "MethodNotAllowed", // as with any tags: the bucket has access by tags
	"PutObjectTagging":                   "valid",
	"PutBucketVersioning":                "IllegalVersioningConfigurationException",
	"PutBucketAbac":                      "valid",
	"PutBucketAccelerateConfiguration":   "valid",
	"PutBucketNotificationConfiguration": "valid",
	"PutBucketLogging":                   "valid",
	"PutObjectRetention":                 "valid",
	"PutPublicAccessBlock":               "valid",
}

// send calls an operation with a body of its own, whatever the SDK says to its input.
func (a *account) send(ctx context.Context, operation, bucket, body string) error {
	method := reflect.ValueOf(a.root).MethodByName(operation)
	in := reflect.New(method.Type().In(1).Elem())
	for name, value := range map[string]string{"Bucket": bucket, "Key": "key", "Id": "i", "UploadId": "none"} {
		if f := in.Elem().FieldByName(name); f.IsValid() {
			f.Set(reflect.ValueOf(&value))
		}
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), in, reflect.ValueOf(func(o *awss3.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			_, _ = s.Initialize.Remove("OperationInputValidation")
			return s.Serialize.Add(middleware.SerializeMiddlewareFunc("body", func(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
				r, err := in.Request.(*smithyhttp.Request).SetStream(strings.NewReader(body))
				if err != nil {
					return middleware.SerializeOutput{}, middleware.Metadata{}, err
				}
				r.Header.Set("Content-Type", "application/xml")
				in.Request = r
				return next.HandleSerialize(ctx, in)
			}), middleware.After)
		})
	})})
	err, _ := out[1].Interface().(error)
	return err
}

// state is what every reading operation says of a bucket and its object.
func (a *account) state(ctx context.Context, bucket string) map[string]string {
	state := make(map[string]string)
	client := reflect.ValueOf(a.root)
	for i := range client.NumMethod() {
		name := client.Type().Method(i).Name
		method := client.Method(i)
		if method.Type().NumIn() < 2 || !strings.HasPrefix(name, "Get") && !strings.HasPrefix(name, "List") || method.Type().In(1).Kind() != reflect.Pointer {
			continue
		}
		in := reflect.New(method.Type().In(1).Elem())
		for name, value := range map[string]string{"Bucket": bucket, "Key": "key", "Id": "i", "UploadId": "none"} {
			if f := in.Elem().FieldByName(name); f.IsValid() {
				f.Set(reflect.ValueOf(&value))
			}
		}
		out := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
		if err, _ := out[1].Interface().(error); err != nil {
			state[name] = err.Error()[strings.LastIndex(err.Error(), "api error")+1:]
			continue
		}
		all := members(out[0].Interface())
		delete(all, "Body")
		text, _ := json.Marshal(all)
		state[name] = string(text)
	}
	return state
}

func TestMalformedDocuments(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	_, err := a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("bucket"), ObjectLockEnabledForBucket: aws.Bool(true), ObjectOwnership: types.ObjectOwnershipObjectWriter})
	require.NoError(t, err)
	a.put("bucket", "key", "data")
	for name, c := range stored {
		_, err := call(ctx, a.root, c.put, "bucket", c.cfg)
		require.NoError(t, err, name)
	}
	for name, cfg := range listedConfigurations {
		_, err := call(ctx, a.root, "PutBucket"+name+"Configuration", "bucket", id("i"), cfg)
		require.NoError(t, err, name)
	}
	before := a.state(ctx, "bucket")
	for operation, root := range documents {
		t.Run(operation, func(t *testing.T) {
			bucket := "bucket"
			if operation == "CreateBucket" {
				bucket = "another"
			}
			for name, body := range map[string]string{
				"no XML":      "no",
				"JSON":        `{"a":1}`,
				"cut":         "<" + root + "><Rule>",
				"crossed":     "<" + root + "><a></" + root + "></a>",
				"unclosed":    "<" + root,
				"other root":  "<Other></Other>",
				"entity":      "<" + root + ">&none;</" + root + ">",
				"not UTF-8":   "<" + root + ">\xff</" + root + ">",
				"only spaces": "  ",
			} {
				err := a.send(ctx, operation, bucket, body)
				if assert.Error(t, err, name) {
					assert.Equal(t, "MalformedXML", code(err), "%s: %v", name, err)
				}
			}
			if operation == "CreateBucket" {
				return // it may come without
			}
			assert.Equal(t, cmp.Or(withoutDocument[operation], "MissingRequestBodyError"), code(a.send(ctx, operation, bucket, "")))
			if want := cmp.Or(withoutMembers[operation], "MalformedXML"); want != "valid" {
				assert.Equal(t, want, code(a.send(ctx, operation, bucket, "<"+root+"/>")))
			}
		})
	}
	assert.Equal(t, before, a.state(ctx, "bucket"))
}
