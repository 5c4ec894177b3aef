package s3

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// tlsVersion is the value of s3:TlsVersion: the fakes stand for AWS's TLS
// endpoints, which negotiate TLS 1.3 with every current client.
const tlsVersion = "1.3"

// commonKeys is how many condition keys every permission has, with the
// aws:ResourceAccount that the pipeline adds.
const commonKeys = 7

// signatureVersion2 is the value of s3:signatureversion for Signature Version 2.
const signatureVersion2 = "AWS"

// A bucketRef is how the input of an operation names its bucket.
type bucketRef struct{ name, expectedOwner *string }

// need is a permission on a bucket or on an object in it, with the condition
// keys that all actions of S3 have and room for more of them. What a request reached
// through an access point has the name that the access point gives it, and is guarded as
// the bucket is: complete makes two permissions of that.
func (s *Fake) need(call *fakeaws.Call, b *bucket, action, resource string, more int) fakeaws.Need {
	n := fakeaws.Need{
		Action:          action,
		Resource:        resource,
		ResourceAccount: b.owner.ID,
		Policy:          s.policyFor(call, b),
	}
	n.Context.Grow(commonKeys + more)
	requestKeys(&n.Context, call, b.owner.ID)
	if p := b.through; p != nil {
		n.Resource = p.resourceARN(b, resource)
		p.setKeys(&n.Context)
	}
	if b.abacEnabled() {
		setBucketTags(&n.Context, b)
	}
	return n
}

// requestKeys sets the keys that all actions of S3 have. The account is the one that
// owns what is asked for; empty for an anonymous caller's own.
func requestKeys(keys *enforce.Context, call *fakeaws.Call, account string) {
	if account != "" {
		keys.Set("s3:ResourceAccount", account)
	}
	keys.Set("s3:TlsVersion", tlsVersion)
	if call.Signed.AuthType != "" {
		keys.Set("s3:authType", call.Signed.AuthType)
		keys.Set("s3:signatureversion", call.Signed.Version)
	}
	// The age of a signature is known to presigned requests only, and not with Signature
	// Version 2, which signs when a URL expires and not when it was made.
	if call.Signed.AuthType == "REST-QUERY-STRING" && call.Signed.Version != signatureVersion2 {
		keys.Set("s3:signatureAge", strconv.FormatInt(call.Signed.Age.Milliseconds(), 10))
	}
	if call.Signed.ContentSHA256 != "" {
		keys.Set("s3:x-amz-content-sha256", call.Signed.ContentSHA256)
	}
}

// setIfSent sets a key whose value is a parameter of the request. A parameter
// that was not sent leaves its key absent.
func setIfSent(keys *enforce.Context, key string, value *string) {
	if value != nil {
		keys.Set(key, *value)
	}
}

// setEnum is setIfSent of an enumeration, whose zero value was not sent.
func setEnum[E ~string](keys *enforce.Context, key string, value E) {
	if value != "" {
		keys.Set(key, string(value))
	}
}

// guardObject completes a permission on an object that exists: with its tags,
// and with who owns it.
func (s *Fake) guardObject(call *fakeaws.Call, b *bucket, need *fakeaws.Need, o *object) {
	if o == nil {
		return
	}
	s.guardByACL(call, b, need, o)
	setTags(&need.Context, "s3:ExistingObjectTag/", o.tags)
}

// setBucketTags sets the tags of a bucket: they are condition keys where attribute-
// based access control is enabled.
func setBucketTags(keys *enforce.Context, b *bucket) {
	setTags(keys, "aws:ResourceTag/", b.tags)
	setTags(keys, "s3:BucketTag/", b.tags)
}

// setRequestTags sets the tags that a request gives to a bucket or an access point.
func setRequestTags(keys *enforce.Context, tags []types.Tag) {
	fakeaws.SetRequestTags(keys, tags, func(t types.Tag) (key, value string) { return aws.ToString(t.Key), aws.ToString(t.Value) })
}

// setObjectTags sets the tags that a request gives to an object.
func setObjectTags(keys *enforce.Context, tags []types.Tag) {
	if len(tags) == 0 {
		return
	}
	setTags(keys, "s3:RequestObjectTag/", tags)
	keys.SetMulti("s3:RequestObjectTagKeys", tagKeys(tags))
}

// byVersion is the action of a request: AWS has one of its own for requests
// that name a version of the object.
func byVersion(versionID *string, action, versioned string) string {
	if versionID != nil {
		return versioned
	}
	return action
}

// narrowed is the permission of an action on the resource of another one. It sees
// only those of the condition keys that its action has.
func narrowed(n fakeaws.Need, action string) fakeaws.Need {
	also := n
	also.Action, also.Context = action, enforce.Context{}
	act, _ := catalog.Find(action)
	for name, values := range n.Context.All() {
		key, ok := act.Service.Key(name)
		switch {
		case !ok || !act.HasKey(key):
		case strings.HasPrefix(key.Type, "ArrayOf"):
			also.Context.SetMulti(name, values)
		default:
			also.Context.Set(name, values[0])
		}
	}
	return also
}
