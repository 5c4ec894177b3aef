package s3_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const siteHost = "site.s3-website-us-east-1.amazonaws.com"

// visit sends what a browser sends to a host, and follows no redirection.
func (a *account) visit(method, host, path string, headers ...string) (*http.Response, string) {
	a.t.Helper()
	base := "https://" + host
	if a.url != "" {
		base = a.url
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, base+path, http.NoBody)
	require.NoError(a.t, err)
	r.Host = host
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(name, value)
	}
	resp, err := a.http.Do(r)
	require.NoError(a.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	require.NoError(a.t, resp.Body.Close())
	return resp, string(body)
}

// website makes the bucket "site" a website whose objects everybody may read who the
// policy's statements name.
func (a *account) website(cfg *types.WebsiteConfiguration, statements string) {
	a.t.Helper()
	a.bucket("site")
	_, err := a.root.PutBucketWebsite(a.t.Context(), &awss3.PutBucketWebsiteInput{Bucket: aws.String("site"), WebsiteConfiguration: cfg})
	require.NoError(a.t, err)
	_, err = a.root.DeletePublicAccessBlock(a.t.Context(), &awss3.DeletePublicAccessBlockInput{Bucket: aws.String("site")})
	require.NoError(a.t, err)
	a.sitePolicy(statements)
}

func (a *account) sitePolicy(statements string) {
	a.t.Helper()
	_, err := a.root.PutBucketPolicy(a.t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("site"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)})
	require.NoError(a.t, err)
}

const (
	everybodyReads = `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*"}`
	everybodyLists = `,{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::site"}`
)

func indexed(rules ...types.RoutingRule) *types.WebsiteConfiguration {
	return &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("index.html")}, RoutingRules: rules}
}

func page(title string, items ...string) string {
	return "<html>\n<head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1>\n<ul>\n<li>" + strings.Join(items, "</li>\n<li>") +
		"</li>\n<li>RequestId: ID</li>\n<li>HostId: ID</li>\n</ul>\n<hr/>\n</body>\n</html>\n"
}

var pageIDs = regexp.MustCompile(`(RequestId|HostId): [^<]+`)

func TestWebsite(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.website(indexed(), everybodyReads+everybodyLists)
		a.put("site", "index.html", "home")
		a.put("site", "docs/index.html", "docs")
		a.put("site", "a b.txt", "text")
		_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("site"), Key: aws.String("old"), WebsiteRedirectLocation: aws.String("/new?x=1")})
		require.NoError(t, err)
		missing := func(key string) string {
			return page("404 Not Found", "Code: NoSuchKey", "Message: The specified key does not exist.", "Key: "+key)
		}
		for _, c := range []struct {
			method, path string
			status       int
			body         string
			location     string
		}{
			{"GET", "/", 200, "home", ""},
			{"GET", "", 200, "home", ""},
			{"GET", "/?acl&versionId=1", 200, "home", ""}, // it is no endpoint of the API
			{"GET", "/index.html", 200, "home", ""},
			{"GET", "/docs/", 200, "docs", ""},
			{"GET", "/a%20b.txt", 200, "text", ""},
			{"HEAD", "/", 200, "", ""},
			{"GET", "/docs?x=1", 302, page("302 Found", "Code: Found", "Message: Resource Found"), "/docs/"},
			{"HEAD", "/docs", 302, "", "/docs/"},
			{"GET", "/old", 301, "", "/new?x=1"},
			{"HEAD", "/old", 301, "", "/new?x=1"},
			{"GET", "/none", 404, missing("none"), ""},
			{"GET", "/none/", 404, missing("none/index.html"), ""},
			{"GET", "/%3Cb%3E", 404, missing("&lt;b&gt;"), ""},
			{"HEAD", "/none", 404, "", ""},
			{"DELETE", "/index.html", 405, page("405 Method Not Allowed", "Code: MethodNotAllowed", "Message: The specified method is not allowed against this resource.", "Method: DELETE", "ResourceType: OBJECT"), ""},
			{"POST", "/", 405, page("405 Method Not Allowed", "Code: MethodNotAllowed", "Message: The specified method is not allowed against this resource.", "Method: POST", "ResourceType: OBJECT"), ""},
			{"PUT", "/new", 405, page("405 Method Not Allowed", "Code: MethodNotAllowed", "Message: The specified method is not allowed against this resource.", "Method: PUT", "ResourceType: OBJECT"), ""},
		} {
			resp, body := a.visit(c.method, siteHost, c.path)
			assert.Equal(t, c.status, resp.StatusCode, "%s %s", c.method, c.path)
			assert.Equal(t, c.body, pageIDs.ReplaceAllString(body, "$1: ID"), "%s %s", c.method, c.path)
			assert.Equal(t, c.location, resp.Header.Get("Location"), c.path)
			assert.Equal(t, "AmazonS3", resp.Header.Get("Server"))
			assert.NotEmpty(t, resp.Header.Get("x-amz-request-id"))
			assert.NotEmpty(t, resp.Header.Get("x-amz-id-2"))
			if c.status >= 400 {
				assert.Equal(t, "text/html; charset=utf-8", resp.Header.Get("Content-Type"))
				assert.NotEmpty(t, resp.Header.Get("x-amz-error-code"))
				assert.NotEmpty(t, resp.Header.Get("x-amz-error-message"))
			}
		}
		resp, _ := a.visit("GET", siteHost, "/none")
		assert.Equal(t, "none", resp.Header.Get("x-amz-error-detail-key"))
		resp, body := a.visit("GET", siteHost, "/", "Range:bytes=1-2")
		assert.Equal(t, http.StatusPartialContent, resp.StatusCode)
		assert.Equal(t, "om", body)
		resp, _ = a.visit("GET", siteHost, "/", "If-None-Match:"+resp.Header.Get("ETag"))
		assert.Equal(t, http.StatusNotModified, resp.StatusCode)

		// No credentials are looked at, and no other headers of the API.
		resp, _ = a.visit("GET", siteHost, "/", "Authorization:AWS x", "x-amz-expected-bucket-owner:"+stranger)
		assert.Equal(t, http.StatusOK, resp.StatusCode)
		events := a.world.Log().Events()
		assert.Equal(t, "GetObject", events[len(events)-1].Operation)
		require.NotEmpty(t, events[len(events)-1].Decisions, "it is judged as any call")
	})
}

// TestWebsiteHosts: both forms of the host are of one website, in the bucket's region.
func TestWebsiteHosts(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.website(indexed(), everybodyReads)
	a.put("site", "index.html", "home")
	a.bucket("plain")
	for host, c := range map[string]struct {
		status int
		want   string
	}{
		siteHost: {200, "home"},
		"site.s3-website.us-east-1.amazonaws.com":    {200, "home"},
		"site.s3-website.localhost:4566":             {200, "home"},
		"site.s3-website-eu-west-1.amazonaws.com":    {400, "<li>Code: IncorrectEndpoint</li>\n<li>Message: The specified bucket exists in another region. Please direct requests to the specified endpoint.</li>\n<li>Endpoint: site.s3-website-us-east-1.amazonaws.com</li>"},
		"missing.s3-website-us-east-1.amazonaws.com": {404, "<li>Code: NoSuchBucket</li>\n<li>Message: The specified bucket does not exist</li>\n<li>BucketName: missing</li>"},
		"plain.s3-website-us-east-1.amazonaws.com":   {404, "<li>Code: NoSuchWebsiteConfiguration</li>\n<li>Message: The specified bucket does not have a website configuration</li>\n<li>BucketName: plain</li>"},
		"s3-website-us-east-1.amazonaws.com":         {301, ""},
	} {
		resp, body := a.visit("GET", host, "/")
		assert.Equal(t, c.status, resp.StatusCode, host)
		assert.Contains(t, body, c.want, host)
	}
	// Buckets may have such names themselves.
	for _, name := range []string{"s3-website", "a.s3-website", "a.s3-website-b"} {
		a.bucket(name)
		_, err := a.root.HeadBucket(t.Context(), &awss3.HeadBucketInput{Bucket: &name})
		require.NoError(t, err, name)
		_, body := a.visit("GET", name+".s3.us-east-1.amazonaws.com", "/")
		assert.Contains(t, body, "<Code>AccessDenied</Code>", name)
	}
}

// TestWebsiteAccess: a website shows what the anonymous caller may read, and tells whether
// an object exists to those who may list.
func TestWebsiteAccess(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		cfg := indexed()
		cfg.ErrorDocument = &types.ErrorDocument{Key: aws.String("errors/e.html")}
		a.website(cfg, everybodyReads+`,{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":["arn:aws:s3:::site/secret*","arn:aws:s3:::site/dir/*"]}`)
		a.put("site", "index.html", "home")
		a.put("site", "secret", "secret")
		a.put("site", "secret/index.html", "not reached")
		a.put("site", "dir/index.html", "secret")
		a.put("site", "open/index.html", "open")
		a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
		const noErrorPage = "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n<li>Code: AccessDenied</li>\n<li>Message: Access Denied</li>\n</ul>\n<hr/>"
		for path, status := range map[string]int{"/": 200, "/secret": 403, "/none": 403, "/dir": 403, "/dir/": 403, "/open": 302, "/open/": 200} {
			resp, body := a.visit("GET", siteHost, path)
			assert.Equal(t, status, resp.StatusCode, path)
			if status == http.StatusForbidden {
				assert.Equal(t, "AccessDenied", resp.Header.Get("x-amz-error-code"))
				assert.Contains(t, body, "<li>Code: AccessDenied</li>\n<li>Message: Access Denied</li>\n<li>RequestId: ", path)
				assert.Contains(t, body, noErrorPage, path)
				assert.NotContains(t, body, "secret")
			}
		}
		a.put("site", "errors/e.html", "sorry")
		for path, status := range map[string]int{"/secret": 403, "/none": 403} {
			resp, body := a.visit("GET", siteHost, path)
			assert.Equal(t, status, resp.StatusCode, path)
			assert.Equal(t, "sorry", body, path)
			assert.Equal(t, "AccessDenied", resp.Header.Get("x-amz-error-code"))
		}
		resp, body := a.visit("HEAD", siteHost, "/none")
		assert.Equal(t, http.StatusForbidden, resp.StatusCode)
		assert.Empty(t, body)
		events := a.world.Log().Events()
		last := events[len(events)-1]
		assert.True(t, last.Denied)
		assert.Equal(t, "AccessDenied", last.Code, "the log tells what was denied, not that the error document was read")

		a.sitePolicy(everybodyReads + everybodyLists)
		resp, body = a.visit("GET", siteHost, "/none")
		assert.Equal(t, http.StatusNotFound, resp.StatusCode)
		assert.Equal(t, "sorry", body)
		_, err := a.root.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("site"), Key: aws.String("errors/e.html")})
		require.NoError(t, err)
		_, body = a.visit("GET", siteHost, "/none")
		assert.Contains(t, body, "<ul>\n<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n<li>Key: errors/e.html</li>\n</ul>\n<hr/>")

		// The keys of the request count, also for what is read besides.
		a.put("site", "errors/e.html", "sorry")
		a.sitePolicy(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/*","Condition":{"StringLike":{"aws:Referer":"https://example.com/*"}}}`)
		resp, _ = a.visit("GET", siteHost, "/open", "Referer:https://example.com/x")
		assert.Equal(t, http.StatusFound, resp.StatusCode)
		_, body = a.visit("GET", siteHost, "/none", "Referer:https://example.com/x")
		assert.Equal(t, "sorry", body)
		resp, body = a.visit("GET", siteHost, "/open")
		assert.Equal(t, http.StatusForbidden, resp.StatusCode)
		assert.Contains(t, body, noErrorPage)

		_, err = a.root.PutPublicAccessBlock(t.Context(), &awss3.PutPublicAccessBlockInput{Bucket: aws.String("site"), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{RestrictPublicBuckets: aws.Bool(true)}})
		require.NoError(t, err)
		a.sitePolicy(everybodyReads)
		resp, _ = a.visit("GET", siteHost, "/")
		assert.Equal(t, http.StatusForbidden, resp.StatusCode, "a restricted public policy is not in force")
	})
}

func TestWebsiteRouting(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		on := func(prefix, code *string) *types.Condition {
			return &types.Condition{KeyPrefixEquals: prefix, HttpErrorCodeReturnedEquals: code}
		}
		s := aws.String
		cfg := indexed(
			types.RoutingRule{Condition: on(s("docs/"), nil), Redirect: &types.Redirect{ReplaceKeyPrefixWith: s("documents/")}},
			types.RoutingRule{Condition: on(s("empty/"), nil), Redirect: &types.Redirect{ReplaceKeyPrefixWith: s("")}},
			types.RoutingRule{Condition: on(s("host/"), nil), Redirect: &types.Redirect{HostName: s("example.com")}},
			types.RoutingRule{Condition: on(s("protocol/"), nil), Redirect: &types.Redirect{Protocol: types.ProtocolHttps}},
			types.RoutingRule{Condition: on(s("code/"), nil), Redirect: &types.Redirect{HttpRedirectCode: s("307"), ReplaceKeyWith: s("index.html")}},
			types.RoutingRule{Condition: on(s("both/"), s("404")), Redirect: &types.Redirect{ReplaceKeyWith: s("both.html")}},
			types.RoutingRule{Condition: on(nil, s("404")), Redirect: &types.Redirect{ReplaceKeyPrefixWith: s("#!/")}},
			types.RoutingRule{Condition: on(nil, s("403")), Redirect: &types.Redirect{ReplaceKeyWith: s("login")}},
		)
		a.website(cfg, everybodyReads+everybodyLists+`,{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::site/private"}`)
		a.put("site", "index.html", "home")
		a.put("site", "docs/page", "not reached")
		a.put("site", "private", "not reached")
		a.put("site", "both/there", "there")
		scheme := "https"
		if a.url != "" || a.socket {
			scheme = "http" // a socket does not tell that it speaks TLS
		}
		here := scheme + "://" + siteHost
		for path, c := range map[string]struct {
			status   int
			location string
		}{
			"/":               {200, ""},
			"/docs/page":      {301, here + "/documents/page"},
			"/docs/a%20b/%3F": {301, here + "/documents/a%20b/%3F"},
			"/empty/x/y":      {301, here + "/x/y"},
			"/host/key":       {301, scheme + "://example.com/host/key"},
			"/protocol/key":   {301, "https://" + siteHost + "/protocol/key"},
			"/code/x":         {307, here + "/index.html"},
			"/both/none":      {301, here + "/both.html"},
			"/both/there":     {200, ""},
			"/none":           {301, here + "/#!/none"},
			"/private":        {301, here + "/login"},
		} {
			resp, _ := a.visit("GET", siteHost, path)
			assert.Equal(t, c.status, resp.StatusCode, path)
			assert.Equal(t, c.location, resp.Header.Get("Location"), path)
		}
		// The first rule counts.
		_, err := a.root.PutBucketWebsite(t.Context(), &awss3.PutBucketWebsiteInput{Bucket: s("site"), WebsiteConfiguration: indexed(
			types.RoutingRule{Condition: on(s("a/"), nil), Redirect: &types.Redirect{ReplaceKeyWith: s("1")}},
			types.RoutingRule{Condition: on(s("a/b"), nil), Redirect: &types.Redirect{ReplaceKeyWith: s("2")}},
			types.RoutingRule{Redirect: &types.Redirect{ReplaceKeyWith: s("3")}},
		)})
		require.NoError(t, err)
		for path, to := range map[string]string{"/a/b": "/1", "/": "/3", "/b": "/3"} {
			resp, _ := a.visit("GET", siteHost, path)
			assert.Equal(t, here+to, resp.Header.Get("Location"), path)
		}
		for _, protocol := range []types.Protocol{"", types.ProtocolHttps} {
			_, err := a.root.PutBucketWebsite(t.Context(), &awss3.PutBucketWebsiteInput{Bucket: s("site"), WebsiteConfiguration: &types.WebsiteConfiguration{
				RedirectAllRequestsTo: &types.RedirectAllRequestsTo{HostName: s("example.com"), Protocol: protocol}}})
			require.NoError(t, err)
			resp, body := a.visit("GET", siteHost, "/a/b%20c?d=e")
			assert.Equal(t, http.StatusMovedPermanently, resp.StatusCode)
			want := scheme
			if protocol != "" {
				want = "https"
			}
			assert.Equal(t, want+"://example.com/a/b%20c?d=e", resp.Header.Get("Location"))
			assert.Empty(t, body)
		}
	})
}

func TestWebsiteConfigurationsRefused(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		const protocol = "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically."
		s := aws.String
		for name, c := range map[string]struct {
			cfg        *types.WebsiteConfiguration
			code, text string
		}{
			"slash":       {&types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: s("/index.html")}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"},
			"empty":       {&types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: s("")}}, "InvalidArgument", "The IndexDocument Suffix is not well formed"},
			"all":         {&types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: s("i")}, RedirectAllRequestsTo: &types.RedirectAllRequestsTo{HostName: s("h")}}, "InvalidArgument", "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."},
			"no index":    {&types.WebsiteConfiguration{ErrorDocument: &types.ErrorDocument{Key: s("e")}}, "InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"},
			"protocol":    {&types.WebsiteConfiguration{RedirectAllRequestsTo: &types.RedirectAllRequestsTo{HostName: s("h"), Protocol: "ftp"}}, "InvalidRequest", protocol},
			"of a rule":   {indexed(types.RoutingRule{Redirect: &types.Redirect{Protocol: "ftp"}}), "InvalidRequest", protocol},
			"no redirect": {indexed(types.RoutingRule{Redirect: &types.Redirect{}}), "MalformedXML", ""},
			"condition":   {indexed(types.RoutingRule{Condition: &types.Condition{}, Redirect: &types.Redirect{HostName: s("h")}}), "InvalidRequest", "Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present."},
			"error":       {&types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: s("i")}, ErrorDocument: &types.ErrorDocument{Key: s("")}}, "InvalidArgument", "The ErrorDocument Key is not well formed"},
		} {
			_, err := a.root.PutBucketWebsite(t.Context(), &awss3.PutBucketWebsiteInput{Bucket: s("bucket"), WebsiteConfiguration: c.cfg})
			t.Run(name, func(t *testing.T) { requireAPIError(t, err, c.code, c.text) })
		}
	})
}
