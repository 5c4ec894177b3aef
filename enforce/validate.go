package enforce

import (
	"fmt"
	"strings"
)

// validate finds the first reason for which AWS refuses a document that follows
// the grammar. The checks are in AWS's order: the first that fails names the
// error, wherever in the document it is.
func validate(d *document, kind Kind, src Source) ([]*Statement, *problem) {
	if err := checkVersion(d, kind); err != nil {
		return nil, err
	}
	if kind == BucketPolicy {
		if err := checkBucketPolicySize(d.size); err != nil {
			return nil, err
		}
	}
	compiled := make([]*Statement, len(d.statements))
	for i := range d.statements {
		s := &d.statements[i]
		if err := s.checkLegacy(); err != nil {
			return nil, err
		}
		var err *problem
		if compiled[i], err = s.compile(d, kind); err != nil {
			return nil, err
		}
	}
	if err := checkSids(d, kind); err != nil {
		return nil, err
	}
	for _, check := range []func(*rawStatement) *problem{
		(*rawStatement).checkHasActions,
		(*rawStatement).checkResources,
		(*rawStatement).checkActions,
		func(s *rawStatement) *problem { return s.checkKind(kind, src) },
	} {
		for i := range d.statements {
			if err := check(&d.statements[i]); err != nil {
				return nil, err
			}
		}
	}
	return compiled, nil
}

// checkVersion: iam:CreatePolicy and AWS Organizations want the present version;
// inline, trust and resource-based policies may have the old one or none.
func checkVersion(d *document, kind Kind) *problem {
	switch kind {
	case ManagedPolicy, ServiceControlPolicy, ResourceControlPolicy:
		if d.version.value != version2012 {
			return &problem{at: d.version.at, iam: "Policy document must be version 2012-10-17 or greater.",
				detail: fmt.Sprintf("a %s needs Version %s", kind, version2012)}
		}
	}
	return nil
}

// checkLegacy finds what only AWS's old parser refuses.
func (s *rawStatement) checkLegacy() *problem {
	if e := s.effect; e.value != "Allow" && e.value != "Deny" {
		p := legacy(e.at, fmt.Sprintf("unknown Effect %q; want Allow or Deny", e.value))
		p.s3 = "Invalid effect: " + e.value
		return p
	}
	for _, r := range append(s.resource, s.notResource...) {
		if strings.HasPrefix(r.value, "arn:aws:s3:") && strings.Count(r.value, ":") == 4 {
			return legacy(r.at, fmt.Sprintf("Resource %q: an S3 ARN has six parts, arn:aws:s3:::bucket/key", r.value))
		}
	}
	return nil
}

// checkSids: a Sid is unique in its policy. IAM allows letters and digits only
// (that it does in trust policies too is unverified); resource-based policies of
// other services have wider rules.
func checkSids(d *document, kind Kind) *problem {
	const alphanumeric = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	seen := make(map[string]bool)
	for i := range d.statements {
		sid := d.statements[i].sid
		if sid == nil || sid.value == "" {
			continue
		}
		if kind.storedByIAM() && !isAlphanumeric(sid.value) {
			return &problem{at: sid.at, iam: alphanumeric, detail: fmt.Sprintf("Sid %q has other characters than letters and digits", sid.value)}
		}
		if seen[sid.value] {
			const unique = "Statement IDs (SID) in a single policy must be unique."
			return &problem{at: sid.at, iam: unique, s3: unique, detail: fmt.Sprintf("Sid %q is there twice", sid.value)}
		}
		seen[sid.value] = true
	}
	return nil
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

func (s *rawStatement) checkHasActions() *problem {
	if len(s.action) == 0 && len(s.notAction) == 0 {
		p := missing("Action", s.start)
		p.iam = "Policy statement must contain actions."
		return p
	}
	return nil
}

func (s *rawStatement) checkResources() *problem {
	for _, r := range append(s.resource, s.notResource...) {
		if message := checkResource(r.value); message != "" {
			return &problem{at: r.at, iam: message, s3: "Policy has invalid resource", detail: message}
		}
	}
	return nil
}

// checkResource returns IAM's text about a resource that it refuses, or "".
func checkResource(r string) string {
	if r == "*" {
		return ""
	}
	if !strings.Contains(r, ":") {
		return fmt.Sprintf(`Resource %s must be in ARN format or "*".`, r)
	}
	a := arn(splitPattern(r))
	padded := strings.Join(a[:], ":")
	switch {
	case !isPartition(a[1]):
		// AWS looks at the second part before the first, and prints "arn" there.
		return fmt.Sprintf("Partition %q is not valid for resource %q.", a[1], "arn:"+strings.Join(a[1:], ":"))
	case a[0] != "arn":
		return fmt.Sprintf(`Resource %s must be in ARN format or "*".`, r)
	case strings.Count(r, ":") < 2 || a.service() == "" || strings.ContainsAny(a.service(), "*?"):
		return "Resource vendor must be fully qualified and cannot contain regexes."
	case a.service() == "iam" && a[3] != "" && strings.Count(r, ":") >= 5:
		return fmt.Sprintf("IAM resource %s cannot contain region information.", padded)
	case a.service() == "s3" && a[3] != "" && a.account() == "":
		// Access points, jobs and the like have a region, and an account with it.
		return fmt.Sprintf("Resource %s can not contain region information.", padded)
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

func (s *rawStatement) checkActions() *problem {
	for _, a := range append(s.action, s.notAction...) {
		if message := checkAction(a.value); message != "" {
			return &problem{at: a.at, iam: message, s3: "Policy has invalid action",
				detail: fmt.Sprintf("action %q: want a form like s3:GetObject, s3:Get* or *", a.value)}
		}
	}
	return nil
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
