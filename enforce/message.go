package enforce

import "strings"

// MessageStyle is how a service words denials.
type MessageStyle struct {
	// QuoteResource puts the resource in quotation marks, as S3 does.
	QuoteResource bool
	// LowerAction prints the action in lower case, as SQS does.
	LowerAction bool
	// UpperPrefix prints the prefix of the action in upper case, as SNS does.
	UpperPrefix bool
	// PolicyARN names the managed policy of an explicit deny, as AWS began to in 2026.
	PolicyARN bool
	// Bare leaves the reason of an implicit denial out, as STS does for AssumeRole.
	Bare bool
	// AnyResource prints the resource of an action that has none, "*", as IAM does.
	AnyResource bool
	// Name prints the resource where that is not its ARN; "-" prints none.
	Name string
	// AuthorizationID ends the message with where the details of the denial are, if it has
	// any, and Region says in which region AWS keeps them: "Troubleshoot access denied
	// error messages with authorization ID (Preview)" of the IAM User Guide.
	AuthorizationID, Region string
}

// A Denial is how a service answers what is denied.
type Denial struct {
	// Code is that of the error.
	Code string
	// Style words its message.
	Style MessageStyle
	// Encoded says that the message can end with an encoded one, for
	// sts:DecodeAuthorizationMessage.
	Encoded bool
}

// DenialOf returns how a service, by the prefix of its IAM actions, answers that an
// action is denied. Services with a JSON protocol say AccessDeniedException.
func DenialOf(service, action string) Denial {
	switch service {
	case "s3":
		return Denial{Code: "AccessDenied", Style: MessageStyle{QuoteResource: true, PolicyARN: true}}
	case "iam":
		return Denial{Code: "AccessDenied", Style: MessageStyle{PolicyARN: true, AnyResource: true}}
	case "organizations":
		return Denial{Code: "AccessDeniedException", Style: MessageStyle{PolicyARN: true, AnyResource: true}}
	case "sqs":
		return Denial{Code: "AccessDenied", Style: MessageStyle{LowerAction: true}}
	case "sts":
		return Denial{Code: "AccessDenied", Style: MessageStyle{Bare: isBare(action)}}
	case "sns":
		return Denial{Code: "AuthorizationError", Style: MessageStyle{UpperPrefix: true}}
	case "ec2":
		return Denial{Code: "UnauthorizedOperation", Style: MessageStyle{PolicyARN: true}, Encoded: true}
	case "dynamodb":
		return Denial{Code: "AccessDeniedException", Style: MessageStyle{PolicyARN: true}}
	case "autoscaling", "cloudformation", "cloudfront", "cloudsearch", "cloudwatch", "elasticache",
		"elasticbeanstalk", "elasticloadbalancing", "rds", "redshift", "route53", "ses":
		return Denial{Code: "AccessDenied"}
	}
	return Denial{Code: "AccessDeniedException"}
}

// isBare reports whether STS gives no reason for an implicit denial, so that callers
// do not learn which roles other accounts have. That sts:SetContext is one of these actions is
// unverified.
func isBare(action string) bool {
	switch action {
	case "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext":
		return true
	}
	return false
}

// anonymousMessage is all that a caller without a name is told.
const anonymousMessage = "Access Denied"

// Message returns the text of AWS's error, as "Troubleshoot access denied error
// messages" describes it. It is empty for a request that is allowed.
func (d Decision) Message(style MessageStyle) string {
	if d.Allowed() {
		return ""
	}
	who := d.Request.Principal.ARN
	if who == "" {
		who = d.Request.Principal.Service
	}
	if who == "" {
		return anonymousMessage
	}
	action := d.Request.Action
	if style.LowerAction {
		action = strings.ToLower(action)
	}
	if prefix, name, ok := strings.Cut(action, ":"); ok && style.UpperPrefix {
		action = strings.ToUpper(prefix) + ":" + name
	}
	var b strings.Builder
	b.Grow(256)
	b.WriteString("User: " + who + " is not authorized to perform: " + action)
	b.WriteString(style.resource(d.Request.Resource))
	b.WriteString(d.because(action, style))
	if style.AuthorizationID != "" {
		b.WriteString(style.details())
	}
	return b.String()
}

// resource returns " on resource: …", or nothing where the request has no
// resource of its own.
func (s *MessageStyle) resource(resource string) string {
	if s.Name != "" {
		resource = s.Name
	}
	switch {
	case resource == "-" || resource == "*" && s.Name == "" && !s.AnyResource:
		return ""
	case s.QuoteResource:
		return ` on resource: "` + resource + `"`
	}
	return " on resource: " + resource
}

// details says where the details of a denial are.
func (s *MessageStyle) details() string {
	return ". Go to https://" + s.Region + ".console.aws.amazon.com/iam/home?region=" + s.Region +
		"#/authorization-details/" + s.AuthorizationID + " for complete details, or call the GetRequestAuthorizationDetails API " +
		"with the following authorization id: " + s.AuthorizationID
}

func (d Decision) because(action string, style MessageStyle) string {
	switch {
	case d.Verdict == ImplicitDeny && (style.Bare || d.Layer == NoLayer):
		return ""
	case d.Verdict == ImplicitDeny:
		return " because no " + d.Layer.String() + " allows the " + action + " action"
	}
	article := "a "
	switch d.Layer {
	case IdentityLayer:
		article = "an "
	case TrustLayer:
		article = "the "
	}
	text := " with an explicit deny in " + article + d.Layer.String()
	if arn := d.Policy.source.ARN; style.PolicyARN && arn != "" {
		text += ": " + arn
	}
	return text
}
