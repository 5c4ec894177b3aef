package sigv4

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// examplePolicy is the policy of "Example: Browser-Based Upload using HTTP POST"
// in the Amazon S3 API Reference, with its line ends.
const examplePolicy = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9"

func exampleForm() *PostForm {
	return &PostForm{Bucket: "sigv4examplebucket", Fields: []PostField{
		{"key", "user/user1/photo.jpg"},
		{"acl", "public-read"},
		{"success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
		{"Content-Type", "image/jpeg"},
		{"x-amz-meta-uuid", "14365123651274"},
		{"x-amz-server-side-encryption", "AES256"},
		{"X-Amz-Credential", exampleKey + "/20151229/us-east-1/s3/aws4_request"},
		{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
		{"X-Amz-Date", "20151229T000000Z"},
		{"x-amz-meta-tag", ""},
		{"Policy", examplePolicy},
		{"X-Amz-Signature", "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"},
	}}
}

// set changes the first field of a name, or adds it.
func (f *PostForm) set(name, value string) {
	for i := range f.Fields {
		if strings.EqualFold(f.Fields[i].Name, name) {
			f.Fields[i].Value = value
			return
		}
	}
	f.Fields = append(f.Fields, PostField{name, value})
}

func (f *PostForm) drop(name string) {
	f.Fields = slices.DeleteFunc(f.Fields, func(p PostField) bool { return strings.EqualFold(p.Name, name) })
}

func verifyForm(f *PostForm, secret string, now time.Time) (*Signature, error) {
	s, err := ParsePost(f)
	if err != nil || s == nil {
		return nil, err
	}
	return s, new(Verifier).Verify(nil, s, secret, "", now)
}

func TestPublishedPostExample(t *testing.T) {
	t.Parallel()
	at := time.Date(2015, 12, 30, 11, 59, 59, 0, time.UTC)
	s, err := verifyForm(exampleForm(), exampleSecret, at)
	require.NoError(t, err)
	assert.True(t, s.Posted())
	assert.Equal(t, exampleKey, s.AccessKeyID)
	assert.Equal(t, "us-east-1", s.Region)
	assert.EqualValues(t, -1, s.MaxLength())
	require.NoError(t, s.CheckLength(1<<40))

	_, err = verifyForm(exampleForm(), exampleSecret+"x", at)
	require.Equal(t, BadSignature, reasonOf(t, err))
	w := err.(*Error).For(S3)
	assert.Equal(t, examplePolicy, field(w, "StringToSign"))
	_, err = verifyForm(exampleForm(), exampleSecret, at.Add(time.Second))
	assert.Equal(t, words{403, "AccessDenied", "Invalid according to Policy: Policy expired."}, wordsOf(err.(*Error).For(S3)))
}

// signForm signs a policy, which may have conditions that no SDK makes.
func signForm(f *PostForm, policy string) *PostForm {
	out := &PostForm{Bucket: f.Bucket, Fields: slices.Clone(f.Fields)}
	encoded := base64.StdEncoding.EncodeToString([]byte(policy))
	out.set("policy", encoded)
	out.set("x-amz-signature", hex.EncodeToString(plainHMAC(plainKey(exampleSecret, "20130524", "us-east-1", "s3"), encoded)))
	return out
}

// smallForm is a form with its conditions but for those on the signature, which
// are in signatureConditions.
func smallForm(fields ...PostField) *PostForm {
	return &PostForm{Bucket: "b", Fields: append(fields,
		PostField{"x-amz-algorithm", "AWS4-HMAC-SHA256"},
		PostField{"x-amz-credential", exampleKey + "/20130524/us-east-1/s3/aws4_request"},
		PostField{"x-amz-date", "20130524T000000Z"},
	)}
}

const signatureConditions = `{"bucket":"b"},["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]`

func TestPostPolicyConditions(t *testing.T) {
	t.Parallel()
	const failed = "Invalid according to Policy: Policy Condition failed: "
	key := PostField{"key", "user/a"}
	denied := func(message string) words { return words{403, "AccessDenied", message} }
	for name, c := range map[string]struct {
		form       *PostForm
		conditions string
		want       words
	}{
		"exact":                 {smallForm(key), `{"key":"user/a"}`, words{}},
		"eq":                    {smallForm(key), `["eq","$key","user/a"]`, words{}},
		"not exact":             {smallForm(key), `{"key":"user/b"}`, denied(failed + `["eq", "$key", "user/b"]`)},
		"starts with":           {smallForm(key), `["starts-with","$key","user/"]`, words{}},
		"not so":                {smallForm(key), `["starts-with", "$key",  "other/"]`, denied(failed + `["starts-with", "$key", "other/"]`)},
		"anything":              {smallForm(key), `["starts-with","$key",""]`, words{}},
		"names in any case":     {smallForm(key), `["starts-with","$KEY",""]`, words{}},
		"as it was written":     {smallForm(key), `["starts-with","$key",""],["starts-with","$Content-Type",""]`, denied(failed + `["starts-with", "$Content-Type", ""]`)},
		"not there":             {smallForm(), `["starts-with","$key",""]`, denied(failed + `["starts-with", "$key", ""]`)},
		"quotes":                {smallForm(key), `["eq","$key","a\"b<c"]`, denied(failed + `["eq", "$key", "a\"b<c"]`)},
		"dollar":                {smallForm(PostField{"key", "a$b\vc"}), `["eq","\$key","a\$b\vc"]`, words{}},
		"backslash before it":   {smallForm(PostField{"key", `a\$b`}), `["eq","$key","a\\$b"]`, words{}},
		"first failure":         {smallForm(key), `["eq","$key","1"],["eq","$key","2"]`, denied(failed + `["eq", "$key", "1"]`)},
		"other bucket":          {&PostForm{"c", smallForm(key).Fields}, `{"key":"user/a"}`, denied(failed + `["eq", "$bucket", "b"]`)},
		"the second value too":  {smallForm(key, PostField{"Key", "other"}), `["starts-with","$key","user/"]`, denied(failed + `["starts-with", "$key", "user/"]`)},
		"a bucket of the form":  {smallForm(key, PostField{"bucket", "c"}), `{"key":"user/a"}`, denied(failed + `["eq", "$bucket", "b"]`)},
		"extra":                 {smallForm(key, PostField{"Content-Type", "x"}, PostField{"x-amz-meta-A", "b"}), `{"key":"user/a"}`, denied("Invalid according to Policy: Extra input fields: content-type, x-amz-meta-a")},
		"ignored":               {smallForm(key, PostField{"X-Ignore-me", "x"}), `{"key":"user/a"}`, words{}},
		"types":                 {smallForm(key, PostField{"Content-Type", "image/jpg, image/gif"}), `{"key":"user/a"},["starts-with","$Content-Type","image/"]`, words{}},
		"one type is another":   {smallForm(key, PostField{"Content-Type", "image/jpg,text/html"}), `{"key":"user/a"},["starts-with","$Content-Type","image/"]`, denied(failed + `["starts-with", "$Content-Type", "image/"]`)},
		"other lists are none":  {smallForm(PostField{"key", "a,b"}), `["starts-with","$key","a"]`, words{}},
		"range":                 {smallForm(key), `{"key":"user/a"},["content-length-range",1,10]`, words{}},
		"two properties":        {smallForm(key), `{"key":"user/a","acl":"private"}`, words{400, "InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."}},
		"null":                  {smallForm(key), `{"key":null}`, words{400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON."}},
		"number":                {smallForm(key), `{"key":1}`, words{400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON."}},
		"string as a condition": {smallForm(key), `"key"`, words{400, "InvalidPolicyDocument", "Invalid Policy: Invalid JSON."}},
		"operator":              {smallForm(key), `["ends-with","$key","a"]`, denied(failed + `["ends-with", "$key", "a"]`)},
		"no dollar":             {smallForm(key), `["eq","key","user/a"]`, denied(failed + `["eq", "key", "user/a"]`)},
		"two words":             {smallForm(key), `["eq","$key"]`, denied(failed + `["eq", "$key"]`)},
		"null in a list":        {smallForm(key), `["eq","$key",null]`, denied(failed + `["eq", "$key", null]`)},
		"range of words":        {smallForm(key), `["content-length-range","1","10"]`, denied(failed + `["content-length-range", "1", "10"]`)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := signForm(c.form, `{"expiration":"2013-05-25T00:00:00Z","conditions":[`+signatureConditions+`,`+c.conditions+`]}`)
			_, err := verifyForm(form, exampleSecret, exampleTime)
			if c.want == (words{}) {
				require.NoError(t, err)
				return
			}
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.want, wordsOf(e.For(S3)))
		})
	}
}

func TestPostPolicyDocuments(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		``:                                      "Invalid JSON.",
		`[]`:                                    "Invalid JSON.",
		`{`:                                     "Invalid JSON.",
		`{} {}`:                                 "Invalid JSON.",
		`{"conditions":[]}`:                     "Policy missing expiration.",
		`{"expiration":"2013"}`:                 "Policy missing conditions.",
		`{"expiration":"2013","conditions":[]}`: "Invalid 'expiration' value: '2013'",
		`{"expiration":7,"conditions":[]}`:      "Invalid 'expiration' value: ''",
		`{"expiration":"2013-05-25T00:00:00+01:00","conditions":[]}`:                           "Invalid 'expiration' value: '2013-05-25T00:00:00+01:00'",
		`{"expiration":"2013-05-25T00:00:00Z","conditions":{}}`:                                "Invalid JSON.",
		`{"expiration":"2013-05-25T00:00:00Z","conditions":[[],]}`:                             "Invalid JSON.",
		`{"expiration":"2013-05-25T00:00:00Z","conditions":[],"version":1}`:                    "Invalid JSON.",
		`{"expiration":"2013-05-25T00:00:00Z","conditions":[{}]}`:                              "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
		`{"expiration":"2013-05-25T00:00:00.123Z","conditions":[` + signatureConditions + `]}`: "",
	} {
		_, err := verifyForm(signForm(smallForm(), policy), exampleSecret, exampleTime)
		if want == "" {
			require.NoError(t, err, policy)
			continue
		}
		var e *Error
		if policy == "" {
			require.ErrorAs(t, err, &e)
			assert.Equal(t, MissingField, e.Reason)
			continue
		}
		require.ErrorAs(t, err, &e, policy)
		assert.Equal(t, words{400, "InvalidPolicyDocument", "Invalid Policy: " + want}, wordsOf(e.For(S3)), policy)
	}
	form := signForm(smallForm(), "{}")
	form.set("policy", "not base64")
	form.set("x-amz-signature", hex.EncodeToString(plainHMAC(plainKey(exampleSecret, "20130524", "us-east-1", "s3"), "not base64")))
	_, err := verifyForm(form, exampleSecret, exampleTime)
	assert.Equal(t, InvalidPolicy, reasonOf(t, err))
}

func TestPostLength(t *testing.T) {
	t.Parallel()
	s, err := verifyForm(signForm(smallForm(), `{"expiration":"2013-05-25T00:00:00Z","conditions":[`+signatureConditions+`,["content-length-range",2,10],["content-length-range",0,8]]}`), exampleSecret, exampleTime)
	require.NoError(t, err)
	assert.EqualValues(t, 8, s.MaxLength())
	require.NoError(t, s.CheckLength(2))
	require.NoError(t, s.CheckLength(8))
	w := s.CheckLength(9).(*Error).For(S3)
	assert.Equal(t, words{400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"}, wordsOf(w))
	assert.Equal(t, "9", field(w, "ProposedSize"))
	assert.Equal(t, "8", field(w, "MaxSizeAllowed"))
	w = s.CheckLength(1).(*Error).For(S3)
	assert.Equal(t, words{400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size"}, wordsOf(w))
	assert.Equal(t, "2", field(w, "MinSizeAllowed"))
}

func TestPostFields(t *testing.T) {
	t.Parallel()
	lacks := func(name string) words {
		return words{400, "InvalidArgument", "Bucket POST must contain a field named '" + name + "'.  If it is specified, please check the order of the fields."}
	}
	for name, c := range map[string]struct {
		change func(*PostForm)
		want   words
	}{
		"no algorithm":            {func(f *PostForm) { f.drop("x-amz-algorithm") }, lacks("AWSAccessKeyId")},
		"no policy":               {func(f *PostForm) { f.drop("policy") }, lacks("policy")},
		"no credential":           {func(f *PostForm) { f.drop("x-amz-credential") }, lacks("X-Amz-Credential")},
		"no date":                 {func(f *PostForm) { f.drop("x-amz-date") }, lacks("X-Amz-Date")},
		"no signature":            {func(f *PostForm) { f.drop("x-amz-signature") }, lacks("X-Amz-Signature")},
		"empty signature":         {func(f *PostForm) { f.set("x-amz-signature", "") }, lacks("X-Amz-Signature")},
		"version 2, no signature": {func(f *PostForm) { f.drop("x-amz-algorithm"); f.set("AWSAccessKeyId", "x") }, lacks("Signature")},
		"version 2, no policy": {func(f *PostForm) {
			f.drop("x-amz-algorithm")
			f.drop("policy")
			f.set("AWSAccessKeyId", "x")
			f.set("signature", "x")
		}, lacks("policy")},
		"algorithm": {func(f *PostForm) { f.set("x-amz-algorithm", "x") }, words{400, "AuthorizationQueryParametersError", `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`}},
		"date":      {func(f *PostForm) { f.set("x-amz-date", "20151229") }, words{400, "AuthorizationQueryParametersError", `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`}},
		"scope":     {func(f *PostForm) { f.set("x-amz-credential", "x") }, words{400, "AuthorizationQueryParametersError", `Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`}},
		"service":   {func(f *PostForm) { f.set("x-amz-credential", "x/20151229/us-east-1/sqs/aws4_request") }, words{400, "AuthorizationQueryParametersError", `Error parsing the X-Amz-Credential parameter; incorrect service "sqs". This endpoint belongs to "s3".`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := exampleForm()
			c.change(f)
			_, err := ParsePost(f)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.want, wordsOf(e.For(S3)))
		})
	}
	s, err := ParsePost(&PostForm{Bucket: "b", Fields: []PostField{{"key", "x"}}})
	require.NoError(t, err)
	assert.Nil(t, s, "anonymous")
}

// Whatever the SDK presigns as a form verifies, with a session's token too; with
// any one field changed, dropped or added it does not.
func TestPostFormsOfTheSDK(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "FwoGZXIvYXdzE+/=="} {
		client := s3.NewPresignClient(s3.New(s3.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(exampleKey, exampleSecret, token)}))
		signed, err := client.PresignPostObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String(`user/$"<€`)}, func(o *s3.PresignPostOptions) {
			o.Conditions = []any{[]any{"content-length-range", 1, 10}, []any{"starts-with", "$Content-Type", "text/"}, map[string]string{"acl": "private"}}
		})
		require.NoError(t, err)
		form := &PostForm{Bucket: "bucket", Fields: []PostField{{"Content-Type", "text/plain"}, {"acl", "private"}}}
		for _, name := range slices.Sorted(maps.Keys(signed.Values)) {
			form.Fields = append(form.Fields, PostField{name, signed.Values[name]})
		}
		s, err := verifyForm(form, exampleSecret, time.Now())
		require.NoError(t, err)
		require.NoError(t, s.CheckToken(token))
		assert.EqualValues(t, 10, s.MaxLength())

		check := func(f *PostForm) error {
			s, err := verifyForm(f, exampleSecret, time.Now())
			if err == nil && s == nil {
				return NoSignature()
			}
			return err
		}
		require.Error(t, check(&PostForm{Bucket: "other", Fields: form.Fields}))
		for i, f := range form.Fields {
			changed := &PostForm{Bucket: "bucket", Fields: slices.Clone(form.Fields)}
			changed.Fields[i].Value = "x" + f.Value
			require.Error(t, check(changed), f.Name)
			require.Error(t, check(&PostForm{Bucket: "bucket", Fields: slices.Delete(slices.Clone(form.Fields), i, i+1)}), f.Name)
			again := append(slices.Clone(form.Fields), PostField{f.Name, "x" + f.Value})
			if name := strings.ToLower(f.Name); name != "policy" && name != "x-amz-signature" {
				require.Error(t, check(&PostForm{Bucket: "bucket", Fields: again}), f.Name)
			}
		}
		require.Error(t, check(&PostForm{Bucket: "bucket", Fields: append(slices.Clone(form.Fields), PostField{"tagging", "a"})}))
	}
}

// FuzzPostPolicy: a policy is read, or it is an error with AWS's words; one that
// is read never lets a field pass that it does not name.
func FuzzPostPolicy(f *testing.F) {
	f.Add(`{"expiration":"2013-05-25T00:00:00Z","conditions":[` + signatureConditions + `]}`)
	f.Add(`{"expiration":"2013-05-25T00:00:00Z","conditions":[["content-length-range",1,2],["eq","\$key","\v"]]}`)
	f.Add(`{"expiration":"x","conditions":[[],{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePostPolicy(base64.StdEncoding.EncodeToString([]byte(text)))
		if err != nil {
			checkWords(t, err)
			return
		}
		err = p.check(&PostForm{Bucket: "b", Fields: []PostField{{"\x00 is in no policy", ""}}}, p.expiration.Add(-1))
		if err == nil {
			t.Fatalf("let pass: %s", text)
		}
		checkWords(t, err)
	})
}
