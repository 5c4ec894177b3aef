package all_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// from is what a browser adds to a request of a page of another site.
func from(site string, more ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("User-Agent", browser)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		for i := 0; i < len(more); i += 2 {
			r.Header.Set(more[i], more[i+1])
		}
	}
}

const (
	browser  = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	app      = "https://app.example.com"
	multiple = "multipart/form-data; boundary=b"
	upload   = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nkey\r\n--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n"
)

// newOrigins is a World with a bucket that everybody may read and write, and which lets
// the pages of app use it.
func newOrigins(t testing.TB) *fakeaws.World {
	t.Helper()
	w := newSignedWorld(t)
	root := w.Fixture(account, "us-east-1")
	bucket := aws.String("bucket")
	for _, in := range []any{
		&s3.CreateBucketInput{Bucket: bucket},
		&s3.DeletePublicAccessBlockInput{Bucket: bucket},
		&s3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::bucket","arn:aws:s3:::bucket/*"]}}`)},
		&s3.PutBucketCorsInput{Bucket: bucket, CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{
			{AllowedOrigins: []string{app}, AllowedMethods: []string{"PUT", "POST"}, AllowedHeaders: []string{"*"}}}}},
		&s3.PutObjectInput{Bucket: bucket, Key: aws.String("key"), Body: strings.NewReader("hello"), ContentType: aws.String("text/html")},
	} {
		_, err := w.Do(t.Context(), root, in)
		require.NoError(t, err)
	}
	return w
}

// What a web page can have a browser send reaches Amazon S3 alone, and changes
// something there only as far as the CORS configuration of the bucket allows, or as the
// policy of a form.
func TestWebPages(t *testing.T) {
	t.Parallel()
	var (
		createUser = protocol{service: "iam", method: "GET", target: "/?Action=CreateUser&UserName=mallory&Version=2010-05-08"}
		formUser   = protocol{service: "iam", method: "POST", target: "/", body: "Action=CreateUser&UserName=mallory&Version=2010-05-08", header: form}
		listUsers  = protocol{service: "iam", method: "POST", target: "/", body: "Action=ListUsers&Version=2010-05-08", header: form}
		identity   = protocol{service: "sts", method: "GET", target: "/?Action=GetCallerIdentity&Version=2011-06-15"}
		listQueues = protocol{service: "sqs", method: "GET", target: "/?Action=ListQueues&Version=2012-11-05"}
		block      = protocol{service: "s3", method: "DELETE", target: "/v20180820/configuration/publicAccessBlock", header: map[string]string{"X-Amz-Account-Id": account}}
		read       = protocol{service: "s3", method: "GET", target: "/bucket/key"}
		head       = protocol{service: "s3", method: "HEAD", target: "/bucket/key"}
		put        = protocol{service: "s3", method: "PUT", target: "/bucket/key", body: "hello"}
		remove     = protocol{service: "s3", method: "POST", target: "/bucket?delete", body: "<Delete><Object><Key>key</Key></Object></Delete>",
			header: map[string]string{"Content-Md5": "7mQbw3qJjQbDRLXdAApTDw=="}}
		newBucket = protocol{service: "s3", method: "PUT", target: "/another"}
		posted    = protocol{service: "s3", method: "POST", target: "/bucket", body: upload, header: map[string]string{"Content-Type": multiple}}
		preflight = protocol{service: "s3", method: "OPTIONS", target: "/bucket/key", header: map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"}}
	)
	only := answered{403, "AccessDenied", "Requests of browsers are refused, except by Amazon S3."}
	cors := answered{403, "AccessForbidden", "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."}
	const minute = time.Minute
	for name, test := range map[string]struct {
		protocol
		signing
		want answered // its zero value: not refused
	}{
		"a presigned link makes a user":       {createUser, signing{presign: minute, after: from("cross-site", "Sec-Fetch-Mode", "navigate")}, only},
		"an image makes a user":               {createUser, signing{presign: minute, after: from("cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image")}, only},
		"a page of another port makes a user": {createUser, signing{presign: minute, after: from("same-site")}, only},
		"an object's page makes a user":       {createUser, signing{presign: minute, after: from("same-origin")}, only},
		// A browser that somebody had open a page which redirects says "none", too.
		"a redirect makes a user":           {createUser, signing{presign: minute, after: from("none", "Sec-Fetch-Mode", "navigate")}, only},
		"an older browser makes a user":     {createUser, signing{presign: minute, after: from("")}, only},
		"a form makes a user":               {formUser, signing{presign: minute, after: from("cross-site", "Origin", app)}, only},
		"an older browser's form":           {formUser, signing{presign: minute, after: from("", "Origin", app)}, only},
		"a page of no origin":               {formUser, signing{presign: minute, after: from("", "Origin", "null")}, only},
		"who calls":                         {identity, signing{presign: minute, after: from("cross-site")}, only},
		"queues":                            {listQueues, signing{presign: minute, after: from("cross-site")}, answered{403, "AccessDeniedException AccessDenied;Sender", only.message}},
		"the account's public access block": {block, signing{before: from("cross-site", "Origin", app)}, only},
		"a signed header":                   {formUser, signing{after: from("cross-site", "Origin", app)}, only},
		"no browser":                        {listQueues, signing{presign: minute}, answered{}},
		"no browser, in a form":             {listUsers, signing{}, answered{}},
		"a condition on the browser":        {listUsers, signing{before: header("User-Agent", browser)}, answered{}},
		"a public object as an image":       {read, signing{plain: true, after: from("cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image")}, answered{}},
		"a presigned download":              {read, signing{presign: minute, after: from("cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")}, answered{}},
		"a read that CORS does not allow":   {read, signing{plain: true, after: from("cross-site", "Origin", "https://evil.example")}, answered{}},
		"a head":                            {head, signing{presign: minute, after: from("cross-site")}, answered{}},
		"a preflight":                       {preflight, signing{plain: true, after: from("cross-site")}, answered{}},
		"an upload that CORS allows":        {put, signing{presign: minute, after: from("cross-site", "Origin", app, "Sec-Fetch-Mode", "cors")}, answered{}},
		"signed, that CORS allows":          {put, signing{before: from("cross-site", "Origin", app, "Sec-Fetch-Mode", "cors")}, answered{}},
		"an upload from another origin":     {put, signing{presign: minute, after: from("cross-site", "Origin", "https://evil.example")}, cors},
		"an upload from an older browser":   {put, signing{presign: minute, after: from("", "Origin", "https://evil.example")}, cors},
		"an upload from no origin":          {put, signing{presign: minute, after: from("cross-site", "Origin", "null")}, cors},
		"an upload without an origin":       {put, signing{presign: minute, after: from("cross-site")}, cors},
		"a word that no browser has":        {put, signing{presign: minute, after: from("Same-Origin")}, cors},
		"of this server's own pages":        {put, signing{presign: minute, after: from("same-origin", "Origin", "http://localhost:4566")}, answered{}},
		"a form deletes":                    {remove, signing{presign: minute, after: from("cross-site", "Origin", "https://evil.example")}, cors},
		"an anonymous form deletes":         {remove, signing{plain: true, after: from("cross-site", "Origin", "https://evil.example")}, cors},
		"a bucket is made":                  {newBucket, signing{presign: minute, after: from("cross-site", "Origin", app)}, answered{403, "AccessForbidden", "CORSResponse: Bucket not found"}},
		"a form uploads":                    {posted, signing{plain: true, after: from("cross-site", "Origin", "https://evil.example", "Sec-Fetch-Mode", "navigate")}, answered{}},
		"a signed form":                     {posted, signing{presign: minute, after: from("cross-site", "Origin", "https://evil.example")}, cors},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOrigins(t)
			before := len(w.Log().Events())
			got, body := through(t, w, func(base string) *http.Request { return test.request(t, base, test.protocol) })
			users, err := fakeaws.Do[iam.ListUsersOutput](t.Context(), w, w.Fixture(account, "us-east-1"), new(iam.ListUsersInput))
			require.NoError(t, err)
			events := w.Log().Events()[before:]
			if test.want == (answered{}) {
				assert.Less(t, got.status, 300, body)
				return
			}
			assert.Equal(t, test.want, got, body)
			assert.Empty(t, users.Users)
			assert.Empty(t, events[0].Caller, "nobody has called")
			assert.Empty(t, events[0].Decisions, "no policy was asked")
		})
	}
}

// An object that is a page runs in a browser, but as a page of no origin: it reaches no
// more of the server than pages of other sites do. Programs see no such header.
func TestObjectsArePagesOfNoOrigin(t *testing.T) {
	t.Parallel()
	w := newOrigins(t)
	server := httptest.NewServer(w.Door())
	t.Cleanup(server.Close)
	for name, test := range map[string]struct {
		path   string
		change func(*http.Request)
		want   string
	}{
		"a page":                 {"/bucket/key", from("none", "Sec-Fetch-Dest", "document"), sandbox},
		"in a frame":             {"/bucket/key", from("cross-site", "Sec-Fetch-Dest", "iframe"), sandbox},
		"kept for later":         {"/bucket/key", from("cross-site", "Sec-Fetch-Dest", "image"), sandbox},
		"an older browser":       {"/bucket/key", from(""), sandbox},
		"an unknown browser":     {"/bucket/key", header("Sec-Fetch-Site", "none"), sandbox},
		"an error":               {"/bucket/missing", from("none"), sandbox},
		"a refusal":              {"/?Action=ListUsers", from("none", "X-Amz-Target", "AWSOrganizationsV20161128.ListRoots"), sandbox},
		"a program":              {"/bucket/key", func(*http.Request) {}, ""},
		"a program with a range": {"/bucket/key", header("Range", "bytes=0-1"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+test.path, nil)
			require.NoError(t, err)
			test.change(r)
			resp, err := server.Client().Do(r)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			assert.Equal(t, test.want, resp.Header.Get("Content-Security-Policy"))
		})
	}
}

const sandbox = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts"
