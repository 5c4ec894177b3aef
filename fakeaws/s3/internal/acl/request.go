package acl

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// A Reason is why an ACL is refused; S3 has an error for each.
type Reason int

// The reasons.
const (
	InvalidArgument    Reason = iota // with Text, Argument and Value
	TwoWays                          // canned, and in headers
	UnexpectedDocument               // beside headers
	EmailGrantee
	Malformed
	OtherOwner // the document names another owner
	TooManyGrants
)

// An Error is a reason, with the argument that an InvalidArgument is about.
type Error struct {
	Reason                Reason
	Text, Argument, Value string
}

func (e *Error) Error() string { return "the access control list is refused: " + e.Text }

func noCanned(name string) *Error {
	return &Error{Reason: InvalidArgument, Argument: "x-amz-acl", Value: name}
}

// A Request is how a request gives an ACL: by name, in headers, or as a document.
type Request struct {
	Canned   string
	Headers  []Header
	Document *types.AccessControlPolicy
	granted  []types.Grant // of headers, once they were checked
}

// A Header is one of x-amz-grant-*.
type Header struct {
	Name       string // after x-amz-grant-
	Permission types.Permission
	Value      string
}

// Headers are those of the x-amz-grant headers that were sent.
func Headers(full, read, readACP, write, writeACP *string) []Header {
	var sent []Header
	for _, h := range []struct {
		name       string
		permission types.Permission
		value      *string
	}{
		{"full-control", types.PermissionFullControl, full}, {"read", types.PermissionRead, read}, {"read-acp", types.PermissionReadAcp, readACP},
		{"write", types.PermissionWrite, write}, {"write-acp", types.PermissionWriteAcp, writeACP},
	} {
		if h.value != nil {
			sent = append(sent, Header{h.name, h.permission, *h.value})
		}
	}
	return sent
}

// Given reports whether the request gives an ACL.
func (r *Request) Given() bool { return r.Canned != "" || len(r.Headers) > 0 || r.Document != nil }

// Check refuses requests that give an ACL in two ways, or one that cannot be read.
func (r *Request) Check() error {
	switch {
	case r.Canned != "" && len(r.Headers) > 0:
		return &Error{Reason: TwoWays}
	case r.Document != nil && (r.Canned != "" || len(r.Headers) > 0):
		return &Error{Reason: UnexpectedDocument}
	}
	if r.Canned != "" {
		_, ofBuckets := Canned(r.Canned, "owner", "")
		_, ofObjects := Canned(r.Canned, "owner", "bucket owner")
		if !ofBuckets && !ofObjects {
			return noCanned(r.Canned)
		}
	}
	r.granted = nil
	for _, h := range r.Headers {
		grants, err := h.grants()
		if err != nil {
			return err
		}
		r.granted = append(r.granted, grants...)
	}
	if r.Document != nil {
		return checkDocument(r.Document)
	}
	return checkGrantees(r.granted, inHeaders)
}

// grants reads a grant header: id="…", uri="…".
func (h *Header) grants() ([]types.Grant, error) {
	malformed := &Error{InvalidArgument, "Argument format not recognized", "x-amz-grant-" + h.Name, h.Value}
	var grants []types.Grant
	for part := range strings.SplitSeq(h.Value, ",") {
		by, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, malformed
		}
		value = strings.Trim(strings.TrimSpace(value), `"`)
		switch strings.TrimSpace(by) {
		case "id":
			grants = append(grants, grantTo(value, h.Permission))
		case "uri":
			grants = append(grants, grantToGroup(value, h.Permission))
		case "emailAddress":
			return nil, &Error{Reason: EmailGrantee}
		default:
			return nil, malformed
		}
	}
	return grants, nil
}

// OnlyFullControlOf reports whether grant headers that were checked say what the canned
// ACL bucket-owner-full-control says.
func (r *Request) OnlyFullControlOf(owner string) bool {
	if r.Canned != "" || len(r.Headers) != 1 || r.Headers[0].Permission != types.PermissionFullControl {
		return false
	}
	return len(r.granted) == 1 && aws.ToString(r.granted[0].Grantee.ID) == owner
}

// ACL makes the ACL that a request, once it was checked, gives to what owner owns.
// bucketOwner is empty for a bucket's own.
func (r *Request) ACL(owner, bucketOwner string) (*ACL, error) {
	switch {
	case r.Canned != "":
		a, ok := Canned(r.Canned, owner, bucketOwner)
		if !ok {
			return nil, noCanned(r.Canned)
		}
		return a, nil
	case r.Document != nil:
		return ofDocument(r.Document, owner)
	case len(r.Headers) == 0:
		return Private(owner), nil
	}
	return &ACL{grants: r.granted}, nil
}

// ofDocument is the ACL of a document that was checked.
func ofDocument(p *types.AccessControlPolicy, owner string) (*ACL, error) {
	if *p.Owner.ID != owner {
		return nil, &Error{Reason: OtherOwner}
	}
	return &ACL{grants: clone(p.Grants)}, nil
}

// checkDocument refuses a document that its schema does not allow, and then one that
// names who is not there.
func checkDocument(p *types.AccessControlPolicy) error {
	if p.Owner == nil || aws.ToString(p.Owner.ID) == "" {
		return &Error{Reason: Malformed}
	}
	for _, g := range p.Grants {
		if !complete(g.Grantee) || !slices.Contains(g.Permission.Values(), g.Permission) {
			return &Error{Reason: Malformed}
		}
	}
	if !canonicalUser(*p.Owner.ID) {
		return inDocuments.noUser(*p.Owner.ID)
	}
	return checkGrantees(p.Grants, inDocuments)
}

// complete reports whether a grantee of a document has what its type demands.
func complete(g *types.Grantee) bool {
	switch {
	case g == nil:
		return false
	case g.Type == types.TypeCanonicalUser:
		return aws.ToString(g.ID) != ""
	case g.Type == types.TypeGroup:
		return aws.ToString(g.URI) != ""
	}
	return g.Type == types.TypeAmazonCustomerByEmail
}

// naming is how errors name a grantee.
type naming struct{ user, group string }

var (
	inDocuments = naming{"CanonicalUser/ID", "Group/URI"}
	inHeaders   = naming{"id", "uri"}
)

func (n naming) noUser(id string) error {
	return &Error{InvalidArgument, "Invalid id", n.user, id}
}

// checkGrantees refuses grants to those who are not there.
func checkGrantees(grants []types.Grant, n naming) error {
	if len(grants) > maxGrants {
		return &Error{Reason: TooManyGrants}
	}
	for i := range grants {
		g := grants[i].Grantee
		switch g.Type {
		case types.TypeCanonicalUser:
			if id := aws.ToString(g.ID); !canonicalUser(id) {
				return n.noUser(id)
			}
		case types.TypeGroup:
			switch uri := aws.ToString(g.URI); uri {
			case allUsers, authenticatedUsers, logDelivery:
			default:
				return &Error{InvalidArgument, "Invalid group uri", n.group, uri}
			}
		default: // by an e-mail address
			return &Error{Reason: EmailGrantee}
		}
	}
	return nil
}

// canonicalUser reports whether an id is of an account. Those of accounts outside
// of this World cannot be told from others: any with 64 digits is taken.
func canonicalUser(id string) bool {
	return len(id) == 64 && strings.Trim(id, "0123456789abcdef") == ""
}
