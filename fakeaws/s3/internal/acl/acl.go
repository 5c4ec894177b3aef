// Package acl has the access control lists of S3: the predefined ones, those that requests
// give in headers or as documents, and what they allow, as policies. It knows no buckets.
package acl

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// An ACL is an access control list: who, beside the owner's policies, may do
// what with a bucket or an object. Its grants never change. The policies that were made of
// it are kept. It is safe for concurrent use.
type ACL struct {
	grants []types.Grant
	mu     sync.Mutex // guards policies
	// policies are the grants as statements, by what they are about and whether
	// grants to everybody count.
	policies map[use]*enforce.Policy
}

type use struct {
	arn    string
	public bool
}

// The predefined groups of the User Guide's "Access control list (ACL) overview".
const (
	allUsers           = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery        = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// zaTeam is the canonical user that aws-exec-read grants to, of EC2, as ACLs of S3 show it.
const zaTeam = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"

// maxGrants is the most grants of an ACL.
const maxGrants = 100

func grantTo(id string, p types.Permission) types.Grant {
	return types.Grant{Grantee: &types.Grantee{Type: types.TypeCanonicalUser, ID: &id}, Permission: p}
}

func grantToGroup(uri string, p types.Permission) types.Grant {
	return types.Grant{Grantee: &types.Grantee{Type: types.TypeGroup, URI: &uri}, Permission: p}
}

// Private is the ACL of what was given none: all is the owner's, by the canonical user id.
func Private(owner string) *ACL {
	return &ACL{grants: []types.Grant{grantTo(owner, types.PermissionFullControl)}}
}

// Canned is a predefined ACL (User Guide, "Canned ACL"); false when there is
// none of the name. bucketOwner is empty in the ACL of a bucket, where the ACLs that
// name it are ignored.
func Canned(name, owner, bucketOwner string) (*ACL, bool) {
	a := Private(owner)
	also := func(g types.Grant) { a.grants = append(a.grants, g) }
	toBucketOwner := func(p types.Permission) {
		if bucketOwner != "" && bucketOwner != owner {
			also(grantTo(bucketOwner, p))
		}
	}
	switch name {
	case "private":
	case "public-read":
		also(grantToGroup(allUsers, types.PermissionRead))
	case "public-read-write":
		also(grantToGroup(allUsers, types.PermissionRead))
		also(grantToGroup(allUsers, types.PermissionWrite))
	case "authenticated-read":
		also(grantToGroup(authenticatedUsers, types.PermissionRead))
	case "aws-exec-read":
		also(grantTo(zaTeam, types.PermissionRead))
	case "bucket-owner-read":
		toBucketOwner(types.PermissionRead)
	case "bucket-owner-full-control":
		toBucketOwner(types.PermissionFullControl)
	case "log-delivery-write":
		if bucketOwner != "" {
			return nil, false
		}
		also(grantToGroup(logDelivery, types.PermissionWrite))
		also(grantToGroup(logDelivery, types.PermissionReadAcp))
	default:
		return nil, false
	}
	return a, true
}

// Grants are the grants of an ACL, to do with as the caller likes.
func (a *ACL) Grants() []types.Grant { return clone(a.grants) }

// clone copies grants, with what S3 keeps of a grantee: display names are not kept.
func clone(grants []types.Grant) []types.Grant {
	out := make([]types.Grant, len(grants))
	for i, g := range grants {
		out[i] = types.Grant{Permission: g.Permission, Grantee: &types.Grantee{
			Type: g.Grantee.Type, ID: textOf(g.Grantee.ID), URI: textOf(g.Grantee.URI),
		}}
	}
	return out
}

func textOf(s *string) *string {
	if s == nil {
		return nil
	}
	return aws.String(*s)
}

// Public reports whether an ACL grants anything to everybody (User Guide, "The
// meaning of public").
func (a *ACL) Public() bool {
	for _, g := range a.grants {
		if toEverybody(g.Grantee) {
			return true
		}
	}
	return false
}

func toEverybody(g *types.Grantee) bool {
	uri := aws.ToString(g.URI)
	return uri == allUsers || uri == authenticatedUsers
}

// Open reports whether an ACL grants anything to others than the owner.
func (a *ACL) Open(owner string) bool {
	for _, g := range a.grants {
		if aws.ToString(g.Grantee.ID) != owner {
			return true
		}
	}
	return false
}
