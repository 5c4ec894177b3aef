package s3_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCORS(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.bucket("without")
		a.put("bucket", "key", "data")
		_, err := a.root.PutBucketCors(ctx, &awss3.PutBucketCorsInput{Bucket: aws.String("bucket"), CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{
			{AllowedOrigins: []string{"https://*.example.com"}, AllowedMethods: []string{"PUT", "GET"}, AllowedHeaders: []string{"x-amz-*", "Content-Type"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(60)},
			{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}},
		}}})
		require.NoError(t, err)
		a.bucket("narrow")
		_, err = a.root.PutBucketCors(ctx, &awss3.PutBucketCorsInput{Bucket: aws.String("narrow"), CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{
			{AllowedOrigins: []string{""}, AllowedMethods: []string{"GET"}},
		}}})
		require.NoError(t, err, "an origin may be empty")
		narrow, err := a.root.GetBucketCors(ctx, &awss3.GetBucketCorsInput{Bucket: aws.String("narrow")})
		require.NoError(t, err)
		require.Equal(t, []string{""}, narrow.CORSRules[0].AllowedOrigins)
		const site = "https://www.example.com"
		const notAllowed = "whitelisted by the resource's CORS spec.</Message><Method>PUT</Method><ResourceType>"
		for name, c := range map[string]struct {
			bucket, origin, method, headers string
			status                          int
			code, kind                      string
			want                            map[string]string
		}{
			"allowed": {"bucket", site, "PUT", "X-Amz-Date, content-type", 200, "", "", map[string]string{
				"Access-Control-Allow-Origin": site, "Access-Control-Allow-Methods": "PUT, GET", "Access-Control-Allow-Headers": "x-amz-date, content-type",
				"Access-Control-Expose-Headers": "ETag", "Access-Control-Max-Age": "60", "Access-Control-Allow-Credentials": "true",
				"Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}},
			"anybody": {"bucket", "http://elsewhere.net", "GET", "", 200, "", "", map[string]string{
				"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET", "Access-Control-Allow-Credentials": ""}},
			"method":                        {"bucket", "http://elsewhere.net", "PUT", "", 403, "AccessForbidden", notAllowed + "OBJECT", nil},
			"header":                        {"bucket", site, "PUT", "x-other", 403, "AccessForbidden", notAllowed + "OBJECT", nil},
			"not configured":                {"without", site, "GET", "", 403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.</Message><Method>GET</Method><ResourceType>BUCKET", nil},
			"no bucket":                     {"missing", site, "GET", "", 403, "AccessForbidden", "CORSResponse: Bucket not found</Message><Method>GET</Method><ResourceType>BUCKET", nil},
			"without an origin":             {"bucket", "", "GET", "", 400, "BadRequest", "Insufficient information. Origin request header needed.</Message><RequestId>", nil},
			"without a method":              {"bucket", site, "", "", 403, "AccessForbidden", "<Method>OPTIONS</Method><ResourceType>OBJECT", nil},
			"and of a bucket without rules": {"without", site, "", "", 403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.</Message><Method>OPTIONS</Method><ResourceType>BUCKET", nil},
			"an origin of no rule":          {"narrow", "http://elsewhere.net", "GET", "", 403, "AccessForbidden", "<Method>GET</Method><ResourceType>BUCKET", nil},
			"another method":                {"bucket", site, "PATCH", "", 400, "BadRequest", "Invalid Access-Control-Request-Method: PATCH", nil},
		} {
			t.Run(name, func(t *testing.T) {
				r, err := http.NewRequestWithContext(ctx, http.MethodOptions, a.address(c.bucket, "key"), http.NoBody)
				require.NoError(t, err)
				for name, value := range map[string]string{"Origin": c.origin, "Access-Control-Request-Method": c.method, "Access-Control-Request-Headers": c.headers} {
					if value != "" {
						r.Header.Set(name, value)
					}
				}
				resp, err := a.http.Do(r)
				require.NoError(t, err)
				assert.Equal(t, c.status, resp.StatusCode)
				for name, value := range c.want {
					assert.Equal(t, value, resp.Header.Get(name), name)
				}
				if c.code != "" {
					body, err := io.ReadAll(resp.Body)
					require.NoError(t, err)
					assert.Contains(t, string(body), "<Code>"+c.code+"</Code>")
					assert.Contains(t, string(body), c.kind)
					assert.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
				}
				require.NoError(t, resp.Body.Close())
			})
		}
		t.Run("on a request itself, denied or not", func(t *testing.T) {
			for origin, want := range map[string]string{site: site, "http://elsewhere.net": "*", "": ""} {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.address("bucket", "key"), http.NoBody)
				require.NoError(t, err)
				if origin != "" {
					r.Header.Set("Origin", origin)
				}
				resp, err := a.http.Do(r)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, http.StatusForbidden, resp.StatusCode, "CORS permits nothing")
				assert.Equal(t, want, resp.Header.Get("Access-Control-Allow-Origin"))
			}
		})
		t.Run("with the headers of a preflight", func(t *testing.T) {
			for _, c := range []struct{ method, headers, want string }{{"PUT", "", site}, {"DELETE", "", ""}, {"", "x-amz-date", site}, {"", "x-other", ""}} {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.address("bucket", "key"), http.NoBody)
				require.NoError(t, err)
				r.Header.Set("Origin", site)
				for name, value := range map[string]string{"Access-Control-Request-Method": c.method, "Access-Control-Request-Headers": c.headers} {
					if value != "" {
						r.Header.Set(name, value)
					}
				}
				resp, err := a.http.Do(r)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, c.want, resp.Header.Get("Access-Control-Allow-Origin"), c)
			}
		})
	})
}
