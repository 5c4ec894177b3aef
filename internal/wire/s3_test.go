package wire

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func s3Request(method, target, body string, header ...string) *Request {
	path, query, _ := strings.Cut(target, "?")
	r := &Request{Method: method, Path: path, RawQuery: query, Header: http.Header{}, Body: []byte(body), ContentLength: int64(len(body))}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

// No request of this table has the x-id that the SDKs add.
func TestS3Routes(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	for _, tt := range []struct {
		request string
		headers []string
		want    string
	}{
		{"GET /", nil, "ListBuckets"},
		{"GET /?max-buckets=2", nil, "ListBuckets"},
		{"GET /?x-id=ListDirectoryBuckets", nil, "ListDirectoryBuckets"},
		{"GET /b", nil, "ListObjects"},
		{"GET /b/", nil, "ListObjects"},
		{"GET /b?list-type=2&prefix=a", nil, "ListObjectsV2"},
		{"GET /b?prefix=a&list-type=2", nil, "ListObjectsV2"},
		{"GET /b?list-type=1", nil, "ListObjects"},
		{"GET /b?versions", nil, "ListObjectVersions"},
		{"GET /b?uploads=", nil, "ListMultipartUploads"},
		{"GET /b?location", nil, "GetBucketLocation"},
		{"GET /b?analytics&id=1", nil, "GetBucketAnalyticsConfiguration"},
		{"GET /b?analytics", nil, "ListBucketAnalyticsConfigurations"},
		{"PUT /b?analytics", nil, "PutBucketAnalyticsConfiguration"},
		{"GET /b?policyStatus", nil, "GetBucketPolicyStatus"},
		{"GET /b?unknown", nil, "ListObjects"},
		{"PUT /b", nil, "CreateBucket"},
		{"PUT /b?acl", nil, "PutBucketAcl"},
		{"PUT /b?policy", nil, "PutBucketPolicy"},
		{"DELETE /b?policy", nil, "DeleteBucketPolicy"},
		{"DELETE /b", nil, "DeleteBucket"},
		{"HEAD /b", nil, "HeadBucket"},
		{"POST /b?delete", nil, "DeleteObjects"},
		{"GET /b/k", nil, "GetObject"},
		{"GET /b/k?versionId=1", nil, "GetObject"},
		{"GET /b//k", nil, "GetObject"},
		{"GET /b/a/b/c/", nil, "GetObject"},
		{"GET /b/k?acl&versionId=1", nil, "GetObjectAcl"},
		{"GET /b/k?tagging", nil, "GetObjectTagging"},
		{"GET /b/k?attributes", nil, "GetObjectAttributes"},
		{"GET /b/k?uploadId=u", nil, "ListParts"},
		{"HEAD /b/k", nil, "HeadObject"},
		{"PUT /b/k", nil, "PutObject"},
		{"PUT /b/k", []string{"X-Amz-Copy-Source", "b/x"}, "CopyObject"},
		{"PUT /b/k?partNumber=1&uploadId=u", nil, "UploadPart"},
		{"PUT /b/k?partNumber=1&uploadId=u", []string{"X-Amz-Copy-Source", "b/x"}, "UploadPartCopy"},
		{"PUT /b/k?tagging", nil, "PutObjectTagging"},
		{"PUT /b/k?renameObject", []string{"X-Amz-Rename-Source", "b/x"}, "RenameObject"},
		{"POST /b/k?uploads", nil, "CreateMultipartUpload"},
		{"POST /b/k?uploadId=u", nil, "CompleteMultipartUpload"},
		{"DELETE /b/k?uploadId=u", nil, "AbortMultipartUpload"},
		{"DELETE /b/k?tagging", nil, "DeleteObjectTagging"},
		{"DELETE /b/k", nil, "DeleteObject"},
		{"POST /b/k?select&select-type=2", nil, "SelectObjectContent"},
		{"POST /b/k?restore", nil, "RestoreObject"},
		{"POST /b/k", nil, ""},
		{"POST /b", nil, ""},
		{"PATCH /b/k", nil, ""},
		{"OPTIONS /b/k", nil, ""},
		{"PUT /", nil, ""},
		{"POST /WriteGetObjectResponse", []string{"X-Amz-Request-Route", "r", "X-Amz-Request-Token", "t"}, "WriteGetObjectResponse"},
	} {
		t.Run(tt.request, func(t *testing.T) {
			t.Parallel()
			method, target, _ := strings.Cut(tt.request, " ")
			r := s3Request(method, target, "", tt.headers...)
			o, p, err := s.Match(r)
			assert.Equal(t, RESTXML, p)
			if tt.want == "" {
				var e *Error
				require.ErrorAs(t, err, &e)
				assert.Equal(t, "MethodNotAllowed", e.Code)
				assert.Equal(t, http.StatusMethodNotAllowed, e.Status)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, o.Name())

			// The same with the bucket in the host.
			if rest, ok := strings.CutPrefix(target, "/b"); ok {
				r = s3Request(method, "/"+strings.TrimPrefix(rest, "/"), "", tt.headers...)
				r.Bucket = "b"
				o, _, err = s.Match(r)
				require.NoError(t, err)
				assert.Equal(t, tt.want, o.Name())
			}
		})
	}
}

func TestS3Keys(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	o := s.Operation("GetObject")
	for path, want := range map[string]string{
		"/b/k": "k", "/b/a/b": "a/b", "/b//k": "/k", "/b/k/": "k/", "/b/a%20b+c%2Fd": "a b+c/d", "/b/%E2%82%AC": "€",
	} {
		var in s3.GetObjectInput
		require.NoError(t, o.Decode(RESTXML, s3Request("GET", path, ""), &in), path)
		assert.Equal(t, "b", *in.Bucket)
		assert.Equal(t, want, *in.Key)

		r := s3Request("GET", strings.TrimPrefix(path, "/b"), "")
		r.Bucket, in = "v", s3.GetObjectInput{}
		require.NoError(t, o.Decode(RESTXML, r, &in), path)
		assert.Equal(t, "v", *in.Bucket)
		assert.Equal(t, want, *in.Key)
	}
	for _, path := range []string{"/b/%", "/b/%zz", "/b/%ff"} {
		var e *Error
		require.ErrorAs(t, o.Decode(RESTXML, s3Request("GET", path, ""), new(s3.GetObjectInput)), &e)
		assert.Equal(t, "InvalidURI", e.Code)
	}
	_, _, err := s.Match(s3Request("GET", "/b?prefix=%zz", ""))
	assert.ErrorContains(t, err, "InvalidURI")
}

func TestS3Headers(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	o := s.Operation("PutObject")
	require.True(t, o.StreamsInput())
	r := s3Request("PUT", "/b/k", "", "x-amz-meta-Color", "blue", "Content-Encoding", "gzip, aws-chunked", "Expires", "whenever",
		"x-amz-server-side-encryption-bucket-key-enabled", " true ", "x-amz-object-lock-retain-until-date", "2030-01-02T03:04:05.678Z")
	r.ContentLength, r.Stream = 7, strings.NewReader("content")
	var in s3.PutObjectInput
	require.NoError(t, o.Decode(RESTXML, r, &in))
	assert.Equal(t, map[string]string{"color": "blue"}, in.Metadata)
	assert.Equal(t, "gzip", *in.ContentEncoding)
	assert.Nil(t, in.Expires, "S3 takes any text")
	assert.True(t, *in.BucketKeyEnabled)
	assert.Equal(t, time.Date(2030, 1, 2, 3, 4, 5, 678e6, time.UTC), *in.ObjectLockRetainUntilDate)
	assert.EqualValues(t, 7, *in.ContentLength)
	assert.Same(t, r.Stream, in.Body)

	r.Header.Set("Content-Encoding", "aws-chunked")
	in = s3.PutObjectInput{}
	require.NoError(t, o.Decode(RESTXML, r, &in))
	assert.Nil(t, in.ContentEncoding)

	for header, value := range map[string]string{
		"x-amz-object-lock-retain-until-date":             "tomorrow",
		"x-amz-server-side-encryption-bucket-key-enabled": "1",
		"x-amz-write-offset-bytes":                        "1e3",
	} {
		var e *Error
		require.ErrorAs(t, o.Decode(RESTXML, s3Request("PUT", "/b/k", "", header, value), new(s3.PutObjectInput)), &e)
		assert.Equal(t, "InvalidArgument", e.Code)
		assert.Contains(t, e.Fields, Field{"ArgumentValue", value})
	}

	// RFC 9110: a date in a condition that cannot be read is as none.
	var get s3.GetObjectInput
	require.NoError(t, s.Operation("GetObject").Decode(RESTXML, s3Request("GET", "/b/k", "", "If-Modified-Since", "x", "If-Unmodified-Since", "Saturday, 01-Jan-00 00:00:00 GMT"), &get))
	assert.Nil(t, get.IfModifiedSince)
	assert.Equal(t, instant, *get.IfUnmodifiedSince)
}

func TestS3Arguments(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	var e *Error
	require.ErrorAs(t, s.Operation("ListObjectsV2").Decode(RESTXML, s3Request("GET", "/b?list-type=2&max-keys=ten", ""), new(s3.ListObjectsV2Input)), &e)
	assert.Equal(t, "Provided max-keys not an integer or within integer range", e.Message)
	assert.Equal(t, []Field{{"ArgumentName", "max-keys"}, {"ArgumentValue", "ten"}}, e.Fields)
	require.ErrorAs(t, s.Operation("UploadPart").Decode(RESTXML, s3Request("PUT", "/b/k?partNumber=x&uploadId=u", ""), new(s3.UploadPartInput)), &e)
	assert.Equal(t, "Part number must be an integer between 1 and 10000, inclusive", e.Message)

	// An empty value is a value; a missing one is none.
	var in s3.ListObjectsV2Input
	require.NoError(t, s.Operation("ListObjectsV2").Decode(RESTXML, s3Request("GET", "/b?list-type=2&prefix=&start-after=a%2Bb+c", ""), &in))
	assert.Empty(t, *in.Prefix)
	assert.Equal(t, "a+b c", *in.StartAfter)
	assert.Nil(t, in.MaxKeys)

	// Of the size of a page, an empty value is none as well.
	require.NoError(t, s.Operation("ListObjectsV2").Decode(RESTXML, s3Request("GET", "/b?list-type=2&max-keys=", ""), &in))
	assert.Nil(t, in.MaxKeys)
	var parts s3.ListPartsInput
	require.NoError(t, s.Operation("ListParts").Decode(RESTXML, s3Request("GET", "/b/k?uploadId=u&max-parts=", ""), &parts))
	assert.Nil(t, parts.MaxParts)
	require.ErrorAs(t, s.Operation("UploadPart").Decode(RESTXML, s3Request("PUT", "/b/k?partNumber=&uploadId=u", ""), new(s3.UploadPartInput)), &e)
}

func TestS3Documents(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	tags := []s3types.Tag{{Key: ptr("k"), Value: ptr("a<b & c")}, {Key: ptr("l"), Value: ptr("")}}
	for _, doc := range []string{
		`<Tagging><TagSet><Tag><Key>k</Key><Value>a&lt;b &amp; c</Value></Tag><Tag><Key>l</Key><Value/></Tag></TagSet></Tagging>`,
		"\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\r\n <TagSet>\n<Tag><Value><![CDATA[a<b]]> &#38; &#x63;</Value><Key>k</Key></Tag><Tag ><Key >l</Key ><Value></Value></Tag></TagSet></Tagging>\n<!-- e -->",
		`<s:Tagging xmlns:s="x" a='1 > 0'><s:TagSet><s:Tag><s:Key>k</s:Key><s:Value>a&lt;<!-- x -->b &amp; c</s:Value></s:Tag><s:Tag><s:Key>l</s:Key><s:Value/></s:Tag></s:TagSet></s:Tagging>`,
	} {
		var in s3.PutBucketTaggingInput
		require.NoError(t, s.Operation("PutBucketTagging").Decode(RESTXML, s3Request("PUT", "/b?tagging", doc), &in), doc)
		assert.Empty(t, diffSDK(&s3.PutBucketTaggingInput{Bucket: ptr("b"), Tagging: &s3types.Tagging{TagSet: tags}}, &in))
	}
	var in s3.PutBucketLifecycleConfigurationInput
	require.NoError(t, s.Operation("PutBucketLifecycleConfiguration").Decode(RESTXML, s3Request("PUT", "/b?lifecycle",
		`<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Expiration><Days> 3 </Days></Expiration></Rule><Rule><ID>b</ID><Status>Disabled</Status></Rule></LifecycleConfiguration>`), &in))
	require.Len(t, in.LifecycleConfiguration.Rules, 2)
	assert.EqualValues(t, 3, *in.LifecycleConfiguration.Rules[0].Expiration.Days)
}

func TestBadDocuments(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	for _, doc := range []string{
		" ", "x", "<", "<>", "<a", "</a>", "<Tagging>", "<Tagging", "<Tagging/", "<Tagging></Taggin>", "<Tagging/><Tagging/>", "<Tagging/>x",
		"<Wrong/>", "<Tagging><Unknown/></Tagging>", "<Tagging>text</Tagging>", "<Tagging><TagSet><Other/></TagSet></Tagging>",
		"<Tagging><TagSet><Tag><Key><b/></Key></Tag></TagSet></Tagging>", "<Tagging a></Tagging>", "<Tagging a=b></Tagging>", `<Tagging a="&x;"/>`,
		"<Tagging a='<'></Tagging>", "<Tagging><TagSet><Tag><Key>&nbsp;</Key></Tag></TagSet></Tagging>", "<Tagging>&#0;</Tagging>", "<Tagging>&amp</Tagging>",
		`<!DOCTYPE Tagging [<!ENTITY x "y">]><Tagging/>`, "<Tagging><![CDATA[</Tagging>", "<Tagging><!-- </Tagging>", "<?xml", "<Tagging>\xff</Tagging>",
		"<1/>", "<Tagging/ >", strings.Repeat("<a>", 200), `<Tagging"a"/>`, "<Tagging><TagSet></Tagging></TagSet>", "",
	} {
		t.Run(doc, func(t *testing.T) {
			t.Parallel()
			var e *Error
			require.ErrorAs(t, s.Operation("PutBucketTagging").Decode(RESTXML, s3Request("PUT", "/b?tagging", doc), new(s3.PutBucketTaggingInput)), &e)
			if doc == "" {
				assert.Equal(t, "MissingRequestBodyError", e.Code)
				return
			}
			assert.Equal(t, "MalformedXML", e.Code)
			assert.Equal(t, http.StatusBadRequest, e.Status)
		})
	}
	for _, days := range []string{"", "x", "1.5", "99999999999"} {
		doc := "<LifecycleConfiguration><Rule><Status>Enabled</Status><Expiration><Days>" + days + "</Days></Expiration></Rule></LifecycleConfiguration>"
		err := s.Operation("PutBucketLifecycleConfiguration").Decode(RESTXML, s3Request("PUT", "/b?lifecycle", doc), new(s3.PutBucketLifecycleConfigurationInput))
		assert.ErrorContains(t, err, "MalformedXML", days)
	}
	// A document that need not be there.
	require.NoError(t, s.Operation("PutBucketAcl").Decode(RESTXML, s3Request("PUT", "/b?acl", ""), new(s3.PutBucketAclInput)))
}

func TestS3Responses(t *testing.T) {
	t.Parallel()
	s, _ := Load("s3")
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	const ns = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`
	for _, tt := range []struct {
		op     string
		out    any
		status int
		body   string
		header map[string]string
	}{
		{"GetBucketLocation", &s3.GetBucketLocationOutput{LocationConstraint: "eu-west-1"}, 200, head + "<LocationConstraint" + ns + ">eu-west-1</LocationConstraint>", nil},
		{"GetBucketLocation", &s3.GetBucketLocationOutput{}, 200, head + "<LocationConstraint" + ns + "></LocationConstraint>", nil},
		{"PutBucketPolicy", &s3.PutBucketPolicyOutput{}, 204, "", map[string]string{"Content-Type": "", "x-amz-request-id": "R"}},
		{"DeleteObject", &s3.DeleteObjectOutput{DeleteMarker: aws.Bool(true), VersionId: ptr("v")}, 204, "", map[string]string{"x-amz-delete-marker": "true", "x-amz-version-id": "v"}},
		{"GetBucketPolicy", &s3.GetBucketPolicyOutput{Policy: ptr(`{"a":"<"}`)}, 200, `{"a":"<"}`, nil},
		{"CreateBucket", &s3.CreateBucketOutput{Location: ptr("/b")}, 200, "", map[string]string{"Location": "/b"}},
		{
			"ListBuckets", &s3.ListBucketsOutput{Buckets: []s3types.Bucket{{Name: ptr("b"), CreationDate: &instant}}, Owner: &s3types.Owner{ID: ptr("o")}}, 200,
			head + "<ListAllMyBucketsResult" + ns + "><Owner><ID>o</ID></Owner><Buckets><Bucket><Name>b</Name><CreationDate>2000-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>",
			map[string]string{"Content-Type": "application/xml"},
		},
		{
			"ListObjectsV2", &s3.ListObjectsV2Output{Contents: []s3types.Object{{Key: ptr("a\x01&b"), Size: aws.Int64(1)}, {Key: ptr("c")}}, KeyCount: aws.Int32(2)}, 200,
			head + "<ListBucketResult" + ns + "><Contents><Key>a&#x1;&amp;b</Key><Size>1</Size></Contents><Contents><Key>c</Key></Contents><KeyCount>2</KeyCount></ListBucketResult>", nil,
		},
		{
			"GetObject", &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader("x")), ContentLength: aws.Int64(1), ContentRange: ptr("bytes 0-0/9"), LastModified: &instant, Metadata: map[string]string{"color": "blue"}}, 206, "",
			map[string]string{"Content-Range": "bytes 0-0/9", "Last-Modified": "Sat, 01 Jan 2000 00:00:00 GMT", "X-Amz-Meta-Color": "blue", "Content-Length": "1"},
		},
		{
			"GetBucketAcl", &s3.GetBucketAclOutput{Grants: []s3types.Grant{{Grantee: &s3types.Grantee{Type: "CanonicalUser", ID: ptr("i")}, Permission: "READ"}}}, 200,
			head + "<AccessControlPolicy" + ns + `><AccessControlList><Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>i</ID></Grantee><Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>`, nil,
		},
	} {
		t.Run(tt.op, func(t *testing.T) {
			t.Parallel()
			res, err := s.Operation(tt.op).Encode(RESTXML, tt.out, "R")
			require.NoError(t, err)
			assert.Equal(t, tt.status, res.Status)
			assert.Equal(t, tt.body, string(res.Body))
			for name, value := range tt.header {
				assert.Equal(t, value, res.Header.Get(name), name)
			}
			if res.Stream != nil {
				assert.EqualValues(t, 1, res.Length)
			}
		})
	}
}
