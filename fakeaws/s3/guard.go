package s3

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian]. What stands behind an access point is asked for
// twice, and other resources of an account have policies of their own: only calls ask for
// those.
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	if resource == "*" {
		n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Name: "-"}
		if action == "s3:ListAllMyBuckets" {
			n.Resource = bucketARN("*")
		}
		requestKeys(&n.Context, call, call.Account)
		return n, nil
	}
	parsed, err := arn.Parse(resource)
	if err != nil || parsed.AccountID != "" {
		return fakeaws.Need{}, errors.New(action + " on " + resource + ": only a call can ask")
	}
	name, key, isObject := strings.Cut(parsed.Resource, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	b, there := s.buckets.Get(name)
	if !there || action == "s3:CreateBucket" {
		n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account}
		if action != "s3:CreateBucket" {
			n.Note = "there is no bucket " + name
		}
		requestKeys(&n.Context, call, call.Account)
		return n, nil
	}
	if err := s.age(call, b); err != nil {
		return fakeaws.Need{}, err
	}
	if !isObject {
		return s.need(call, b, action, b.arn, 0), nil
	}
	return s.guardKey(call, b, action, key), nil
}

// guardKey is the permission for an action on the object that a key has now, if any. What
// does not act on a version of it takes neither its tags nor its owner.
func (s *Fake) guardKey(call *fakeaws.Call, b *bucket, action, key string) fakeaws.Need {
	n := s.need(call, b, action, b.objectARN(&key), 1)
	switch action {
	case "s3:PutObject":
		n.Context.SetBool("s3:ObjectCreationOperation", true)
	case "s3:DeleteObject":
		s.guardRemoval(call, b, &n, &key)
	case "s3:DeleteObjectVersion", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:BypassGovernanceRetention":
	default:
		o := b.live(key)
		s.guardObject(call, b, &n, o)
		if n = narrowed(n, action); o == nil {
			n.Note = "there is no object " + key + " in " + b.name + ": a call that reads it asks for s3:ListBucket on the bucket instead"
		}
	}
	return n
}
