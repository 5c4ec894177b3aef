package fakeaws

import (
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Service is what a World is made of: a service of AWS, by the fake that stands for
// it. Each package of a fake has one, as sqs.Service.
type Service struct {
	// Name is the one of the service's schema: "sqs".
	Name string
	// SDK is the name of the service's package in the SDK where that is not Name:
	// "s3control".
	SDK string
	// SigningName is the name that requests are signed for where it is not Name: "s3" for
	// S3 Control, as its service model has it.
	SigningName string
	// Model is the service's model where it has no schema.
	Model func() *wire.Service
	// New makes the fake of a World. It is called on first use.
	New func(*World) Fake
	// Anonymous says that unsigned requests are authorized as anonymous
	// callers, as S3 and SQS do, rather than refused.
	Anonymous bool
	// TellsDenials says that the service tells the details of denials: in a World that has
	// it, their texts end with an authorization id.
	TellsDenials bool
	// Faults are the errors of faults that the service words otherwise than most services
	// with its protocol: those of Throttle, ServerError and Unavailable.
	Faults map[FaultKind]error
	// Wire is what the service has of its own on the wire.
	Wire Wire
	// Also are services that a World has with this one: those that requests are signed for
	// which no client of the SDK sends.
	Also []Service
}

// A Fake is one service at work: its operations over its own state. State of all
// accounts and regions of a World lives in one Fake; which of them a call
// means, its [Call] says.
type Fake interface {
	// Ops returns the operation table. It is read once.
	Ops() []Op
	// Denied turns a denial into the error that this AWS service answers.
	Denied(call *Call, need *Need, d *enforce.Decision) error
}

// A Stateful is a fake whose state a clone of its World gets a copy of. A fake that is not
// one cannot be cloned, nor can a World in which it was used.
type Stateful interface {
	Fake
	// State is the lock that guards the fake's state; nil where the fake keeps nothing, and
	// that of a clone is made anew.
	State() *Mutex
}

// A Directory knows the principals of all accounts and their policies. The
// service registered as "iam" is one.
type Directory interface {
	// Policies adds the identity-based policies and the boundary of an IAM user
	// or role session to set, and the principal's own tags to tags. It returns
	// false when the user or role exists no more.
	Policies(caller *Caller, set *enforce.PolicySet, tags func(key, value string)) bool
	// Role finds a role by its ARN, as sts:AssumeRole does: case-sensitive, with path.
	Role(arn string) (Role, bool)
	// ProfileRole returns the ARN of the role in an instance profile, by the profile's ARN; ""
	// where it has none. False when there is no such profile.
	ProfileRole(arn string) (role string, ok bool)
	// ManagedPolicy finds a managed policy of any account by its ARN.
	ManagedPolicy(arn string) (*enforce.Policy, bool)
	// MFACode checks a code of an MFA device of the calling user. To use it uses
	// it up: a code counts once.
	MFACode(caller *Caller, serial, code string, use bool) MFAResult
}

// An MFAResult is what is the matter with the code of an MFA device.
type MFAResult int

// The results of MFACode.
const (
	MFAPassed        MFAResult = iota
	MFAUnknownDevice           // it is not the caller's
	MFAWrongCode
)

// A Role is what STS needs to know of an IAM role.
type Role struct {
	ARN, Name, ID, Account string
	Trust                  *enforce.Policy
	MaxSession             time.Duration
	Tags                   []Tag
	Uses                   *Uses
}

// A Tag is a key and a value.
type Tag struct{ Key, Value string }

// A Caller is who signed a call, as the credentials say. It is immutable and
// shared by all calls that are made with them.
type Caller struct {
	enforce.Principal
	// EntityID is the unique id of the user or role behind the credentials.
	EntityID string
	// Session is nil for long-term credentials.
	Session *Session
	// Uses records the calls of the user or role.
	Uses *Uses
}

// A Session is what temporary credentials carry.
type Session struct {
	Name              string
	Policies          []*enforce.Policy // nil when the session has no session policies
	Tags              []Tag
	TransitiveTagKeys []string
	SourceIdentity    string
	// Attached are policies that come with the session and are not session policies:
	// what they do not allow, the role's own policies may. It is never changed.
	Attached []*enforce.Policy
	// Keys are the condition keys of the session's identity provider that last;
	// nil when it has none.
	Keys            *enforce.Context
	Issued, Expires time.Time
	MFA             bool
	Chained         bool // the session was made with role session credentials
}

// A Credential is an access key with its secret. It is immutable: to change
// one, store another under the same id.
type Credential struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Inactive        bool
	Caller          *Caller
	// Uses records the calls that were signed with the key.
	Uses *Uses
}
