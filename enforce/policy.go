package enforce

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"
	"unsafe"
)

// Kind says what a policy is attached to, and so which elements it may have,
// which of AWS's texts its errors carry and how it takes part in a decision.
type Kind int

// The kinds of policies. The zero value is none of them.
const (
	_ Kind = iota
	// IdentityPolicy is an inline policy of a user, group or role, or any other
	// identity-based policy; a permissions boundary is one too.
	IdentityPolicy
	// ManagedPolicy is an identity-based policy as iam:CreatePolicy takes it:
	// its Version must be 2012-10-17.
	ManagedPolicy
	// ResourcePolicy is a resource-based policy of a service that has no kind of
	// its own here.
	ResourcePolicy
	// BucketPolicy is the policy of an S3 bucket.
	BucketPolicy
	// QueuePolicy is the policy of an SQS queue.
	QueuePolicy
	// KeyPolicy is the policy of a KMS key.
	KeyPolicy
	// TrustPolicy is the trust policy of an IAM role.
	TrustPolicy
	// SessionPolicy is one that sts:AssumeRole and its like take.
	SessionPolicy
	// ServiceControlPolicy and ResourceControlPolicy are those of AWS Organizations.
	ServiceControlPolicy
	ResourceControlPolicy
	// EndpointPolicy is the policy of a VPC endpoint.
	EndpointPolicy
)

var kindNames = [...]string{
	"unknown policy", "identity-based policy", "managed policy", "resource-based policy",
	"bucket policy", "queue policy", "key policy", "role trust policy", "session policy",
	"service control policy", "resource control policy", "VPC endpoint policy",
}

// String returns what the AWS documentation calls the kind.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// namesPrincipals reports whether the statements of a kind say whom they are for.
func (k Kind) namesPrincipals() bool {
	switch k {
	case ResourcePolicy, BucketPolicy, QueuePolicy, KeyPolicy, TrustPolicy, ResourceControlPolicy, EndpointPolicy:
		return true
	}
	return false
}

// alone reports whether nothing is allowed that a resource-based policy of this
// kind does not allow: identity-based policies count for a role or a KMS key
// only as far as its own policy admits the account.
func (k Kind) alone() bool { return k == TrustPolicy || k == KeyPolicy }

// Source is where a policy came from, for decisions and errors to say.
type Source struct {
	Name string // of an inline policy
	ARN  string // of a managed policy
	File string // in which the document stands
	Line int    // of File at which the document starts; 0 is 1
	// Statements are where the statements stand in File, where the document was made of
	// another: of a YAML template.
	Statements []Position
	// Implied says that nobody wrote the policy: it stands for something else, such as an
	// access control list, or is what a default makes. See [Coverage].
	Implied bool
}

// A Position is a place in a file. Both count from 1.
type Position struct{ Line, Column int }

// A Policy is a compiled policy. It is immutable.
type Policy struct {
	kind       Kind // first, beside what every decision reads
	denies     index
	allows     index
	statements []*Statement
	source     Source
	doc        string
	size       int
	version    string
	written    *Policy // with other names of principals: see RenamePrincipals
	coverage   atomic.Pointer[policyCoverage]
}

// Parse checks and compiles a policy document. Its error is a *DocumentError.
func Parse(doc string, kind Kind, src Source) (*Policy, error) {
	var first *problem
	wrong := func(p *problem) {
		if first == nil {
			first = p
		}
	}
	d := readDocument(doc, kind, src, wrong)
	if first != nil {
		return nil, newDocumentError(doc, kind, src, first)
	}
	statements := validate(d, kind, src, wrong)
	if first != nil {
		return nil, newDocumentError(doc, kind, src, first)
	}
	p := &Policy{kind: kind, source: src, doc: doc, size: d.Size, version: d.Version.Value}
	p.adopt(statements)
	return p, nil
}

// MustParse is Parse for tests and package variables: it panics on an error.
func MustParse(doc string, kind Kind) *Policy { return mustParse(doc, kind, Source{}) }

func mustParse(doc string, kind Kind, src Source) *Policy {
	p, err := Parse(doc, kind, src)
	if err != nil {
		panic("enforce.MustParse: " + err.Error())
	}
	return p
}

// Empty returns a policy without statements: it grants nothing.
func Empty(kind Kind) *Policy {
	return &Policy{kind: kind, doc: `{"Version":"2012-10-17","Statement":[]}`, version: version2012}
}

// FullAWSAccess returns the policy that AWS Organizations attaches to every node
// to begin with: FullAWSAccess for service control policies, RCPFullAWSAccess for
// resource control policies. It panics for other kinds, which have none.
func FullAWSAccess(kind Kind) *Policy {
	switch kind {
	case ServiceControlPolicy:
		return fullSCP
	case ResourceControlPolicy:
		return fullRCP
	}
	panic("enforce.FullAWSAccess: there is none for a " + kind.String())
}

var (
	fullSCP = mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		ServiceControlPolicy, Source{ARN: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"})
	fullRCP = mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`,
		ResourceControlPolicy, Source{ARN: rcpFullAWSAccess})
)

// Document returns the text that was parsed.
func (p *Policy) Document() string { return p.doc }

// compiledBytes is about how many bytes of memory a byte of a document takes once it is
// compiled: those of many short elements take most.
const compiledBytes = 12

// Bytes is about how many bytes of memory the policy takes.
func (p *Policy) Bytes() int { return int(unsafe.Sizeof(*p)) + compiledBytes*len(p.doc) }

// Source returns where the policy came from.
func (p *Policy) Source() Source { return p.source }

// Kind returns what the policy was parsed as.
func (p *Policy) Kind() Kind { return p.kind }

// Version returns the Version element, 2008-10-17 when there is none.
func (p *Policy) Version() string {
	if p.version == "" {
		return version2008
	}
	return p.version
}

// Size returns the number of characters without the white space between tokens,
// which is what IAM's quotas count.
func (p *Policy) Size() int { return p.size }

// Statements returns the statements in the order of the document. The slice is
// not to be changed.
func (p *Policy) Statements() []*Statement { return p.statements }

// Label names the policy to a reader: by name, ARN, file, or else kind.
func (p *Policy) Label() string {
	switch {
	case p.source.Name != "":
		return p.source.Name
	case p.source.ARN != "":
		return p.source.ARN
	case p.source.File != "":
		return p.source.File
	}
	return p.kind.String()
}

// A Statement is one compiled statement of a policy.
type Statement struct {
	policy     *Policy
	sid        string
	number     int32 // in the document, from 0
	start, end int32 // in the document

	deny         bool
	not          struct{ principal, action, resource bool }
	anyPrincipal bool
	most         grade // the most direct that the statement may apply
	actions      []ActionPattern
	resources    []arnPattern // none: the resource that the policy is attached to
	principals   []principalPattern
	conditions   []condition
}

// Policy returns the policy that the statement is a part of.
func (s *Statement) Policy() *Policy { return s.policy }

// Sid returns the statement's id, "" when it has none.
func (s *Statement) Sid() string { return s.sid }

// Effect returns "Allow" or "Deny".
func (s *Statement) Effect() string {
	if s.deny {
		return "Deny"
	}
	return "Allow"
}

// Number returns the statement's place in its policy, from 1.
func (s *Statement) Number() int { return int(s.number) + 1 }

// Document returns the statement's text.
func (s *Statement) Document() string { return s.policy.doc[s.start:s.end] }

// Position returns where the statement stands: in the file that the policy came
// from, or else in the policy's document.
func (s *Statement) Position() (line, column int) {
	if known := s.policy.source.Statements; int(s.number) < len(known) {
		return known[s.number].Line, known[s.number].Column
	}
	return position(s.policy.doc, int(s.start), s.policy.source.Line)
}

// Label names the statement to a reader: by its Sid, or else its number.
func (s *Statement) Label() string {
	if s.sid != "" {
		return s.sid
	}
	return fmt.Sprintf("statement %d", s.Number())
}

// position turns an offset into line and column, both from 1; the document
// starts at line first of its file. Columns count characters.
func position(doc string, offset, first int) (line, column int) {
	before := doc[:min(offset, len(doc))]
	start := strings.LastIndexByte(before, '\n') + 1
	return max(first, 1) + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[start:])
}
