package s3_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
)

// fill gives every member of an input a value, so that the client lets it pass.
func fill(v reflect.Value, depth int) {
	if depth == 0 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth-1)
	case reflect.String:
		v.SetString("x")
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth-1)
		}
	}
}

// TestDocumentsAreComparedWithTheirDigests sends every operation of S3 that may have
// a digest of its document a wrong one.
func TestDocumentsAreComparedWithTheirDigests(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		digests := map[string]string{"Content-Md5": "1B2M2Y8AsgTpgAmY7PhCfg==", "X-Amz-Checksum-Crc32": "AAAAAQ==", "X-Amz-Checksum-Sha256": strings.Repeat("A", 43) + "="}
		var looked []string
		client := reflect.ValueOf(a.root)
		for i := range client.NumMethod() {
			name, method := client.Type().Method(i).Name, client.Method(i)
			if !strings.HasPrefix(name, "Put") && name != "DeleteObjects" || name == "PutObject" || name == "PutObjectAnnotation" {
				continue // without a document, or with one that is data
			}
			input := method.Type().In(1).Elem()
			for header, wrong := range digests {
				in := reflect.New(input)
				fill(in.Elem(), 12)
				in.Elem().FieldByName("Bucket").Set(reflect.ValueOf(aws.String("bucket")))
				for _, name := range []string{"ContentMD5", "ChecksumAlgorithm"} {
					if f := in.Elem().FieldByName(name); f.IsValid() {
						f.SetZero()
					}
				}
				out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), in, reflect.ValueOf(withHeader(header, wrong))})
				err, _ := out[1].Interface().(error)
				if code(err) == "NotImplemented" {
					continue
				}
				assert.Equal(t, "BadDigest", code(err), "%s with a wrong %s: %v", name, header, err)
				looked = append(looked, name)
			}
		}
		for name, c := range stored {
			assert.Contains(t, looked, c.put, name)
		}
		for _, name := range []string{"PutBucketAcl", "PutObjectAcl", "PutBucketPolicy", "PutBucketTagging", "PutObjectTagging", "PutBucketVersioning", "PutPublicAccessBlock",
			"PutBucketOwnershipControls", "PutBucketNotificationConfiguration", "PutBucketInventoryConfiguration", "DeleteObjects", "PutBucketReplication", "PutObjectRetention", "PutObjectLegalHold", "PutObjectLockConfiguration"} {
			assert.Contains(t, looked, name)
		}
	})
}

// withHeader sends a header in place of what the client would.
func withHeader(name, value string) func(*awss3.Options) {
	return func(o *awss3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("test:Header", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				h := in.Request.(*smithyhttp.Request).Header
				h.Del("X-Amz-Checksum-Crc32")
				h.Set(name, value)
				return next.HandleFinalize(ctx, in)
			}), "Signing", middleware.Before)
		})
	}
}

// Of several checksums S3 looks at none, whichever of them is right: also with a document.
func TestDocumentsHaveOneChecksum(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		for range 10 { // headers have no order
			_, err := a.root.PutBucketTagging(t.Context(), &awss3.PutBucketTaggingInput{
				Bucket: aws.String("bucket"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}},
			}, withHeader("X-Amz-Checksum-Sha1", "AAAA"), withHeader("X-Amz-Checksum-Sha256", strings.Repeat("A", 43)+"="))
			requireAPIError(t, err, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
		}
	})
}
