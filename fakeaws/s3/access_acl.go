package s3

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// An acl is an access control list: who, beside the owner's policies, may do
// what with a bucket or an object. It never changes.
type acl struct {
	grants []types.Grant
	// policies are the grants as statements, by what they are about and whether
	// grants to everybody count.
	policies map[aclUse]*enforce.Policy
}

type aclUse struct {
	arn    string
	public bool
}

// The predefined groups of the User Guide's "Access control list (ACL) overview".
const (
	allUsers           = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticatedUsers = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery        = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// zaTeam is the canonical user that aws-exec-read grants to, of EC2. The id is
// the one that ACLs show; unverified.
const zaTeam = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"

// maxGrants is the most grants of an ACL.
const maxGrants = 100

func grantTo(id string, p types.Permission) types.Grant {
	return types.Grant{Grantee: &types.Grantee{Type: types.TypeCanonicalUser, ID: &id}, Permission: p}
}

func grantToGroup(uri string, p types.Permission) types.Grant {
	return types.Grant{Grantee: &types.Grantee{Type: types.TypeGroup, URI: &uri}, Permission: p}
}

// private is the ACL of what was given none: all is the owner's.
func private(owner *fakeaws.Account) *acl {
	return &acl{grants: []types.Grant{grantTo(owner.CanonicalUser, types.PermissionFullControl)}}
}

// canned is a predefined ACL (User Guide, "Canned ACL"); false when there is
// none of the name. bucketOwner is nil in the ACL of a bucket, where the ACLs that
// name it are ignored.
func canned(name string, owner, bucketOwner *fakeaws.Account) (*acl, bool) {
	a := private(owner)
	also := func(g types.Grant) { a.grants = append(a.grants, g) }
	toBucketOwner := func(p types.Permission) {
		if bucketOwner != nil && bucketOwner != owner {
			also(grantTo(bucketOwner.CanonicalUser, p))
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
		if bucketOwner != nil {
			return nil, false
		}
		also(grantToGroup(logDelivery, types.PermissionWrite))
		also(grantToGroup(logDelivery, types.PermissionReadAcp))
	default:
		return nil, false
	}
	return a, true
}

// An aclRequest is how a request gives an ACL: by name, in headers, or as a
// document.
type aclRequest struct {
	canned  string
	headers []grantHeader
	policy  *types.AccessControlPolicy
	granted []types.Grant // of headers, once they were checked
}

// A grantHeader is one of x-amz-grant-*.
type grantHeader struct {
	name       string // after x-amz-grant-
	permission types.Permission
	value      *string
}

func grantHeaders(full, read, readACP, write, writeACP *string) []grantHeader {
	var sent []grantHeader
	for _, h := range []grantHeader{
		{"full-control", types.PermissionFullControl, full}, {"read", types.PermissionRead, read}, {"read-acp", types.PermissionReadAcp, readACP},
		{"write", types.PermissionWrite, write}, {"write-acp", types.PermissionWriteAcp, writeACP},
	} {
		if h.value != nil {
			sent = append(sent, h)
		}
	}
	return sent
}

// given reports whether the request gives an ACL.
func (r *aclRequest) given() bool { return r.canned != "" || len(r.headers) > 0 || r.policy != nil }

// check refuses requests that give an ACL in two ways, or one that cannot be read.
func (r *aclRequest) check() error {
	switch {
	case r.canned != "" && len(r.headers) > 0:
		return errInvalidRequest.withText("Specifying both Canned ACLs and Header Grants is not allowed")
	case r.policy != nil && (r.canned != "" || len(r.headers) > 0):
		return errUnexpectedContent.of()
	}
	if r.canned != "" {
		if _, ok := canned(r.canned, &fakeaws.Account{}, nil); !ok {
			if _, ok = canned(r.canned, &fakeaws.Account{}, &fakeaws.Account{ID: "other"}); !ok {
				return invalidArgument("", "x-amz-acl", r.canned)
			}
		}
	}
	r.granted = nil
	for _, h := range r.headers {
		grants, err := parseGrantees(h)
		if err != nil {
			return err
		}
		r.granted = append(r.granted, grants...)
	}
	return nil
}

// parseGrantees reads a grant header: id="…", uri="…".
func parseGrantees(h grantHeader) ([]types.Grant, error) {
	var grants []types.Grant
	for part := range strings.SplitSeq(*h.value, ",") {
		by, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, invalidArgument("Argument format not recognized", "x-amz-grant-"+h.name, *h.value)
		}
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.TrimSpace(by) {
		case "id":
			grants = append(grants, grantTo(value, h.permission))
		case "uri":
			grants = append(grants, grantToGroup(value, h.permission))
		case "emailAddress":
			return nil, errEmailGrantee.of()
		default:
			return nil, invalidArgument("Argument format not recognized", "x-amz-grant-"+h.name, *h.value)
		}
	}
	return grants, nil
}

// buildACL makes the ACL that a request, once it was checked, gives to what owner owns.
// bucketOwner is nil for a bucket's own.
func (s *Fake) buildACL(r *aclRequest, owner, bucketOwner *fakeaws.Account) (*acl, error) {
	switch {
	case r.canned != "":
		a, ok := canned(r.canned, owner, bucketOwner)
		if !ok {
			return nil, invalidArgument("", "x-amz-acl", r.canned)
		}
		return a, nil
	case r.policy != nil:
		return s.aclOfDocument(r.policy, owner)
	case len(r.headers) == 0:
		return private(owner), nil
	}
	a := &acl{grants: r.granted}
	return a, s.checkGrants(a.grants)
}

func (s *Fake) aclOfDocument(p *types.AccessControlPolicy, owner *fakeaws.Account) (*acl, error) {
	if p.Owner == nil || aws.ToString(p.Owner.ID) == "" {
		return nil, errMalformedACL.of()
	}
	if *p.Owner.ID != owner.CanonicalUser {
		return nil, errAccessDenied.of()
	}
	for _, g := range p.Grants {
		if g.Grantee == nil || g.Permission == "" {
			return nil, errMalformedACL.of()
		}
	}
	a := &acl{grants: copied(p).Grants}
	return a, s.checkGrants(a.grants)
}

// checkGrants finds the grantees. Display names are not kept.
func (s *Fake) checkGrants(grants []types.Grant) error {
	if len(grants) > maxGrants {
		return errInvalidRequest.withText("The ACL has more than 100 grants")
	}
	for i := range grants {
		g := grants[i].Grantee
		g.DisplayName = nil
		switch g.Type {
		case types.TypeCanonicalUser:
			if id := aws.ToString(g.ID); !s.canonicalUser(id) {
				return invalidArgument("Invalid id", "CanonicalUser/ID", id)
			}
		case types.TypeGroup:
			switch uri := aws.ToString(g.URI); uri {
			case allUsers, authenticatedUsers, logDelivery:
			default:
				return invalidArgument("Invalid group uri", "Group/URI", uri)
			}
		case types.TypeAmazonCustomerByEmail:
			return errEmailGrantee.of()
		default:
			return errMalformedACL.of()
		}
	}
	return nil
}

// canonicalUser reports whether an id is of an account. Those of accounts outside
// of this World cannot be told from others: any with 64 digits is taken.
func (s *Fake) canonicalUser(id string) bool {
	return len(id) == 64 && strings.Trim(id, "0123456789abcdef") == ""
}

// public reports whether an ACL grants anything to everybody (User Guide, "The
// meaning of public").
func (a *acl) public() bool {
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

// open reports whether an ACL grants anything to others than the owner.
func (a *acl) open(owner *fakeaws.Account) bool {
	for _, g := range a.grants {
		if aws.ToString(g.Grantee.ID) != owner.CanonicalUser {
			return true
		}
	}
	return false
}
