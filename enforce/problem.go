package enforce

import (
	"fmt"
	"strings"
)

// A problem is why AWS refuses a policy document.
type problem struct {
	at     int    // offset in the document
	iam    string // AWS's text in IAM, STS and services that speak like them
	s3     string // AWS's text in S3
	detail string // what is wrong, in our words
}

// IAM's general texts.
const (
	syntaxErrors  = "Syntax errors in policy."
	legacyParsing = "The policy failed legacy parsing"
)

// s3Syntax is what S3 says of a syntax error that has no text of its own here;
// unverified.
const s3Syntax = "Policies must be valid JSON and the first byte must be '{'"

func syntax(at int, format string, args ...any) *problem {
	return &problem{at: at, iam: syntaxErrors, s3: s3Syntax, detail: fmt.Sprintf(format, args...)}
}

func notJSON(at int, kind Kind, reason string) *problem {
	p := syntax(at, "%s", reason)
	if kind == TrustPolicy {
		p.iam = "This policy contains invalid Json"
	}
	return p
}

func tooLarge(size, most int) *problem {
	return &problem{iam: syntaxErrors, s3: "Policy exceeds the maximum allowed document size.",
		detail: fmt.Sprintf("the document has %d bytes; %d are the most", size, most)}
}

func badVersion(v Text) *problem {
	p := syntax(v.Offset, "unknown Version %q; want %s or %s", v.Value, version2012, version2008)
	p.s3 = "The policy must contain a valid version string"
	return p
}

func missing(element string, at int) *problem {
	p := syntax(at, "%s is missing", element)
	p.s3 = "Missing required field " + element
	return p
}

func unknownElement(t tree) *problem {
	p := syntax(t.keyAt(), "unknown element %q", t.key())
	p.s3 = "Unknown field " + t.key()
	return p
}

func legacy(at int, detail string) *problem {
	return &problem{at: at, iam: legacyParsing, s3: s3Syntax, detail: detail}
}

func checkEffect(effect Text, wrong report) {
	if strings.EqualFold(effect.Value, "Allow") || strings.EqualFold(effect.Value, "Deny") {
		return // its case is the legacy parser's business
	}
	p := syntax(effect.Offset, "unknown Effect %q; want Allow or Deny", effect.Value)
	p.s3 = "Invalid effect: " + effect.Value
	wrong(p)
}

func invalidPrincipal(p PrincipalElement) *problem {
	return &problem{at: p.Offset,
		iam:    fmt.Sprintf("Invalid principal in policy: %q:%q", p.Type, p.Value),
		s3:     "Invalid principal in policy",
		detail: fmt.Sprintf("%s %q names no account, user, role, session, service or identity provider", p.Type, p.Value),
	}
}

// A DocumentError is AWS's refusal of a policy document, with the place and the
// reason that AWS does not tell.
type DocumentError struct {
	Code, Message string // AWS's
	Detail        string // what is wrong
	// File is the source's; Line and Column count from 1, in the file when there
	// is one and else in the document.
	File         string
	Line, Column int
	// Offset is the place in the document.
	Offset int
}

// Error implements error: the place, AWS's text, and the reason.
func (e *DocumentError) Error() string {
	file := e.File
	if file == "" {
		file = "policy"
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s (%s)", file, e.Line, e.Column, e.Code, e.Message, e.Detail)
}

// newDocumentError words a problem as the service does that stores such policies.
func newDocumentError(doc string, kind Kind, src Source, p *problem) *DocumentError {
	e := &DocumentError{Code: "MalformedPolicyDocument", Message: p.iam, Detail: p.detail, File: src.File, Offset: p.at}
	e.Line, e.Column = position(doc, p.at, src.Line)
	if src.Statements != nil {
		if d := readDocument(doc, kind, src, func(*problem) {}); d != nil {
			e.Line, e.Column = d.Position(p.at)
		}
	}
	switch kind {
	case BucketPolicy:
		e.Code, e.Message = "MalformedPolicy", p.s3
	case QueuePolicy:
		e.Code, e.Message = "InvalidAttributeValue", "Invalid value for the parameter Policy."
	case KeyPolicy:
		e.Code = "MalformedPolicyDocumentException"
	case ServiceControlPolicy, ResourceControlPolicy:
		e.Code = "MalformedPolicyDocumentException"
		e.Message = "The provided policy document does not meet the requirements of the specified policy type."
	case EndpointPolicy:
		e.Code = "InvalidPolicyDocument" // of EC2; unverified
	}
	return e
}
