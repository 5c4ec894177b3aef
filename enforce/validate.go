package enforce

import (
	"fmt"
	"strings"
)

// validate compiles a document that follows the grammar, and finds the reasons
// for which AWS refuses it. The checks are in AWS's order: the first that fails
// names the error, wherever in the document it is.
func validate(d *Document, kind Kind, src Source, wrong report) []*Statement {
	checkVersion(d, kind, wrong)
	if kind == BucketPolicy {
		checkBucketPolicySize(d.Size, wrong)
	}
	compiled := make([]*Statement, len(d.Statements))
	c := newCompiler(d, kind, wrong)
	for i := range d.Statements {
		d.Statements[i].checkLegacy(wrong)
		compiled[i] = c.compile(&d.Statements[i])
	}
	checkSids(d, kind, wrong)
	for _, check := range [...]func(*StatementElements, report){
		(*StatementElements).checkHasActions,
		(*StatementElements).checkResources,
		(*StatementElements).checkActions,
		func(s *StatementElements, wrong report) { s.checkKind(kind, src, wrong) },
	} {
		for i := range d.Statements {
			check(&d.Statements[i], wrong)
		}
	}
	return compiled
}

// checkVersion: iam:CreatePolicy and AWS Organizations want the present version;
// inline, trust and resource-based policies may have the old one or none.
func checkVersion(d *Document, kind Kind, wrong report) {
	switch kind {
	case ManagedPolicy, ServiceControlPolicy, ResourceControlPolicy:
		if d.Version.Value != version2012 {
			wrong(&problem{at: d.Version.Offset, iam: "Policy document must be version 2012-10-17 or greater.",
				detail: fmt.Sprintf("a %s needs Version %s", kind, version2012)})
		}
	}
}

// checkLegacy finds what only AWS's old parser refuses.
func (s *StatementElements) checkLegacy(wrong report) {
	e := s.Effect
	if upper := strings.ToUpper(e.Value); (upper == "ALLOW" || upper == "DENY") && e.Value != "Allow" && e.Value != "Deny" {
		p := legacy(e.Offset, fmt.Sprintf("unknown Effect %q; want Allow or Deny", e.Value))
		p.s3 = "Invalid effect: " + e.Value
		wrong(p)
	}
	for _, r := range append(s.Resource, s.NotResource...) {
		if strings.HasPrefix(r.Value, "arn:aws:s3:") && strings.Count(r.Value, ":") == 4 {
			wrong(legacy(r.Offset, fmt.Sprintf("Resource %q: an S3 ARN has six parts, arn:aws:s3:::bucket/key", r.Value)))
		}
	}
}

// checkSids: a Sid is unique in its policy. IAM allows letters and digits only
// (that it does in trust policies too is unverified); resource-based policies of
// other services have wider rules.
func checkSids(d *Document, kind Kind, wrong report) {
	const alphanumeric = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	const unique = "Statement IDs (SID) in a single policy must be unique."
	var seen map[string]bool
	for i := range d.Statements {
		sid := d.Statements[i].Sid
		if sid.Value == "" {
			continue
		}
		if kind.storedByIAM() && !isAlphanumeric(sid.Value) {
			wrong(&problem{at: sid.Offset, iam: alphanumeric, detail: fmt.Sprintf("Sid %q has other characters than letters and digits", sid.Value)})
		}
		if seen[sid.Value] {
			wrong(&problem{at: sid.Offset, iam: unique, s3: unique, detail: fmt.Sprintf("Sid %q is there twice", sid.Value)})
		}
		if seen == nil {
			seen = make(map[string]bool, len(d.Statements))
		}
		seen[sid.Value] = true
	}
}

// storedByIAM reports whether IAM or STS checks policies of a kind.
func (k Kind) storedByIAM() bool {
	return k == IdentityPolicy || k == ManagedPolicy || k == SessionPolicy || k == TrustPolicy
}

func isAlphanumeric(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

func (s *StatementElements) checkHasActions(wrong report) {
	if len(s.Action) == 0 && len(s.NotAction) == 0 {
		p := missing("Action", s.Start)
		p.iam = "Policy statement must contain actions."
		wrong(p)
	}
}

func (s *StatementElements) checkResources(wrong report) {
	for _, r := range append(s.Resource, s.NotResource...) {
		if message := checkResource(r.Value); message != "" {
			wrong(&problem{at: r.Offset, iam: message, s3: "Policy has invalid resource", detail: message})
		}
	}
}

// checkResource returns IAM's text about a resource that it refuses, or "".
func checkResource(r string) string {
	if r == "*" {
		return ""
	}
	if !strings.Contains(r, ":") {
		return fmt.Sprintf(`Resource %s must be in ARN format or "*".`, r)
	}
	a := arn(SplitPattern(r))
	padded := func() string { return strings.Join(a[:], ":") }
	switch {
	case !isPartition(a[1]):
		// AWS looks at the second part before the first, and prints "arn" there.
		return fmt.Sprintf("Partition %q is not valid for resource %q.", a[1], "arn:"+strings.Join(a[1:], ":"))
	case a[0] != "arn":
		return fmt.Sprintf(`Resource %s must be in ARN format or "*".`, r)
	case a.service() == "" || strings.ContainsAny(a.service(), "*?"):
		return "Resource vendor must be fully qualified and cannot contain regexes."
	case a.service() == "iam" && a[3] != "" && strings.Count(r, ":") >= 5:
		return fmt.Sprintf("IAM resource %s cannot contain region information.", padded())
	case a.service() == "s3" && a[3] != "" && a.account() == "":
		// Access points, jobs and the like have a region, and an account with it.
		return fmt.Sprintf("Resource %s can not contain region information.", padded())
	case a.service() == "iam" && !isIAMPath(a.resource()):
		return `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, ` +
			`instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
	}
	return ""
}

func isPartition(s string) bool {
	switch s {
	case "*", "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc":
		return true
	}
	return false
}

func isIAMPath(resource string) bool {
	kind, _, found := strings.Cut(resource, "/")
	switch kind {
	case "user", "federated-user", "role", "group", "instance-profile", "mfa", "server-certificate",
		"policy", "sms-mfa", "saml-provider", "oidc-provider", "report", "access-report":
		return found
	}
	// The root user is what sts:AssumeRoot acts on, though AWS's text leaves it out.
	return resource == "*" || resource == "root"
}

func (s *StatementElements) checkActions(wrong report) {
	for _, a := range append(s.Action, s.NotAction...) {
		if message := checkAction(a.Value); message != "" {
			wrong(&problem{at: a.Offset, iam: message, s3: "Policy has invalid action",
				detail: fmt.Sprintf("action %q: want a form like s3:GetObject, s3:Get* or *", a.Value)})
		}
	}
}

// checkAction returns IAM's text about an action that it refuses, or "". Whether
// the service and the action exist IAM does not ask.
func checkAction(a string) string {
	if a == "*" {
		return ""
	}
	vendor, name, found := strings.Cut(a, ":")
	switch {
	case !found:
		return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	case strings.Contains(name, ":"):
		return "Actions/Condition can contain only one colon."
	case vendor == "" || !isAlphanumeric(strings.ReplaceAll(vendor, "-", "")):
		return fmt.Sprintf("Vendor %s is not valid", vendor)
	}
	return ""
}
