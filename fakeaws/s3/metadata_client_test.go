package s3_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// latin1 is what Node.js sends of a header: a byte for each character, though it signed
// them in UTF-8.
func latin1(value string) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("latin1", func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			bytes := make([]byte, 0, len(value))
			for _, r := range value {
				bytes = append(bytes, byte(r))
			}
			in.Request.(*smithyhttp.Request).Header.Set("x-amz-meta-name", string(bytes))
			return next.HandleFinalize(ctx, in)
		}), middleware.After)
	}
}

// Metadata in headers is ISO 8859-1 for S3, in forms and queries UTF-8. What is not
// US-ASCII comes back as encoded words: the first is the example of the page "Working with
// object metadata", and the second and third are what S3 answered to others.
func TestMetadataThatIsNotASCII(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		bucket, key := aws.String("bucket"), aws.String("key")
		metadata := func() string {
			t.Helper()
			out, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: bucket, Key: key})
			require.NoError(t, err)
			assert.Len(t, out.Metadata, 1)
			return out.Metadata["name"]
		}
		put := func(value string, options ...func(*awss3.Options)) {
			t.Helper()
			_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: bucket, Key: key, Metadata: map[string]string{"Name": value}, Body: strings.NewReader("")}, options...)
			require.NoError(t, err)
		}
		for value, want := range map[string]string{
			"ÄMÄZÕÑ S3":            "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=",
			"Miniö":                "=?UTF-8?Q?Mini=C3=83=C2=B6?=",
			"ö":                    "=?UTF-8?B?w4PCtg==?=",
			"a_b? ":                "a_b?",
			"=?UTF-8?Q?=C3=BC?=":   "=?UTF-8?B?w7w=?=", // decoded, and encoded again
			"Ä" + "b_ c=d?e~f/g:h": "=?UTF-8?Q?=C3=83=C2=84b=5F_c=3Dd=3Fe~f/g:h?=",
		} {
			put(value)
			assert.Equal(t, want, metadata(), value)
		}
		put("Miniö", func(o *awss3.Options) { o.APIOptions = append(o.APIOptions, latin1("Miniö")) })
		assert.Equal(t, "=?UTF-8?Q?Mini=C3=B6?=", metadata())
		_, err := a.root.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: bucket, Key: key, CopySource: aws.String("bucket/key"), StorageClass: "STANDARD_IA"})
		require.NoError(t, err)
		assert.Equal(t, "=?UTF-8?Q?Mini=C3=B6?=", metadata(), "a copy has the same")

		u, address, resource := userVersion2(a), a.address("bucket", "key"), "/bucket/key"
		a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
		for sent, signed := range map[string]string{"Mini\xf6": "Miniö", "Miniö": "Miniö"} {
			r := u.signed(t, a, "PUT", address, resource, "", "x-amz-meta-name:"+signed)
			r.Header.Set("X-Amz-Meta-Name", sent)
			status, body, _ := a.do(r)
			assert.Equal(t, http.StatusOK, status, body)
		}
		r := u.signed(t, a, "PUT", address, resource, "", "x-amz-meta-name:Miniö")
		r.Header.Set("X-Amz-Meta-Name", "Mini\xe4")
		_, body, _ := a.do(r)
		assert.Contains(t, body, "<Code>SignatureDoesNotMatch</Code>")

		status, body, _ := a.ask("PUT", u.presigned(a, "PUT", address, resource, time.Minute, "x-amz-meta-name:Miniö"), "")
		require.Equal(t, http.StatusOK, status, body)
		assert.Equal(t, "=?UTF-8?Q?Mini=C3=B6?=", metadata())

		long := `You just completed the “Finding Vocal Freedom Workout”. Make sure you drink some water.`
		form := formUpload{file: "x", fields: a.signed(a.root, `{"bucket":"bucket"},{"key":"key"},["eq","$x-amz-meta-name","`+long+`"]`, "key", "key", "x-amz-meta-name", long)}
		status, body, _ = a.do(form.request(t, a.address("bucket", "")))
		require.Equal(t, http.StatusNoContent, status, body)
		assert.Equal(t, "=?UTF-8?Q?You_just_completed_the_=E2=80=9CFinding_Vocal_Freed?= =?UTF-8?Q?om_Workout=E2=80=9D._Make_sure_you_drink_some_water.?=", metadata())
	})
}
