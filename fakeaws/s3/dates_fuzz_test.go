package s3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
)

// FuzzDates sends dates in the headers that take one, to a bucket that all may write.
// What is not a date is refused or passed over, and never a fault.
func FuzzDates(f *testing.F) {
	a := newAccount(f)
	_, err := a.root.CreateBucket(f.Context(), &awss3.CreateBucketInput{Bucket: aws.String("bucket"), ObjectLockEnabledForBucket: aws.Bool(true)})
	require.NoError(f, err)
	_, err = a.root.DeletePublicAccessBlock(f.Context(), &awss3.DeletePublicAccessBlockInput{Bucket: aws.String("bucket")})
	require.NoError(f, err)
	_, err = a.root.PutBucketPolicy(f.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::bucket/*"}]}`)})
	require.NoError(f, err)
	a.put("bucket", "key", "data")
	for _, date := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "2038-01-01T00:00:00Z", "2038-01-01T00:00:00.123456789+23:59", "784111777", "99999999999999999999", "Sun, 99 Nov 1994 99:99:99 GMT", "x", ""} {
		f.Add(date)
	}
	f.Fuzz(func(t *testing.T, date string) {
		if strings.ContainsAny(date, "\r\n") {
			return // no header can hold them
		}
		for name, method := range map[string]string{
			"If-Modified-Since":                   http.MethodGet,
			"If-Unmodified-Since":                 http.MethodHead,
			"Expires":                             http.MethodPut,
			"X-Amz-Object-Lock-Retain-Until-Date": http.MethodPut,
			"X-Amz-Date":                          http.MethodPut,
		} {
			key := "key"
			if method == http.MethodPut {
				key = "new"
			}
			r, err := http.NewRequestWithContext(t.Context(), method, a.address("bucket", key), strings.NewReader("data"))
			require.NoError(t, err)
			r.Header.Set(name, date)
			if strings.HasPrefix(name, "X-Amz-Object") {
				r.Header.Set("X-Amz-Object-Lock-Mode", "GOVERNANCE")
			}
			resp, err := a.http.Do(r)
			require.NoError(t, err)
			require.Less(t, resp.StatusCode, 500, name)
			require.NoError(t, resp.Body.Close())
		}
	})
}
