package validation

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

func itoa(n int) string { return strconv.Itoa(n) }

func (v *validator) resources(s *statement) {
	f, not := s.either("Resource")
	s.notRes = not
	switch {
	case f == nil:
		// Some resources are implied in their policies.
		if v.policyType != Resource || v.resource == "AWS::S3::Bucket" {
			v.add("MISSING_RESOURCE", s.span())
		}
		return
	case v.resource == RoleTrust:
		v.add("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", f.span())
		return
	case f.value.kind == array && len(f.value.items) == 0:
		v.add("EMPTY_ARRAY_RESOURCE", f.value.span())
		return
	}
	s.resources = v.texts(f.value)
	for _, r := range s.resources {
		v.variables(r)
		v.arn(r)
	}
	if covered := coveredOf(s.resources, resourceCovered); len(covered) > 0 {
		v.addAll("REDUNDANT_RESOURCE", spans(covered), itoa(len(covered)))
	}
}

// resourceCovered is coveredBy for resources, whose case counts.
func resourceCovered(text, by string, earlier bool) bool {
	if text == by {
		return earlier
	}
	return !strings.Contains(by, "${") && strings.ContainsAny(by, "*?") && globMatches(by, text)
}

var partitions = []string{"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"}

// arn checks the ARN of a resource, part by part.
func (v *validator) arn(r *node) {
	text := r.text
	if text == "*" {
		return
	}
	parts := strings.SplitN(text, ":", 6)
	if parts[0] != "arn" {
		v.add("INVALID_ARN_PREFIX", r.span())
		return
	}
	if len(parts) < 6 {
		v.add("MISSING_ARN_FIELD", r.span(), "6")
		return
	}
	partition, service := parts[1], parts[2]
	if !wild(partition) && !slices.Contains(partitions, partition) {
		v.add("INVALID_PARTITION", r.span(), service, partition, strings.Join(partitions, ", "))
	}
	if wild(service) {
		v.add("WILDCARD_IN_SERVICE_NAME", r.span())
		return
	}
	if service != strings.ToLower(service) {
		v.add("INVALID_ARN_SERVICE_CASE", r.span(), service)
		return
	}
	if _, ok := v.lintedAt("INVALID_ARN_REGION", r.start); ok {
		v.add("INVALID_ARN_REGION", r.span(), parts[3])
	}
	if _, ok := v.lintedAt("INVALID_ARN_ACCOUNT", r.start); ok {
		v.add("INVALID_ARN_ACCOUNT", r.span(), parts[4])
	}
	v.form(r, [6]string(parts))
}

func wild(s string) bool { return strings.ContainsAny(s, "*?") || strings.Contains(s, "${") }

// servicesOf are the services whose resources have a service in their ARNs.
func (v *validator) servicesOf(name string) (all []*catalog.Service) {
	if all, ok := v.catalogs[name]; ok {
		return all
	}
	defer func() { v.catalogs[name] = all }()
	if s, ok := catalog.Lookup(name); ok {
		all = append(all, s)
	}
	for _, prefix := range catalog.Prefixes() {
		s, _ := catalog.Lookup(prefix)
		if prefix != name && slices.ContainsFunc(s.Resources(), func(t *catalog.Resource) bool { return hasService(t, name) }) {
			all = append(all, s)
		}
	}
	return all
}

func hasService(t *catalog.Resource, name string) bool {
	return slices.ContainsFunc(t.ARNs, func(form string) bool {
		parts := strings.SplitN(form, ":", 6)
		return len(parts) == 6 && parts[2] == name
	})
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

// form compares an ARN with the forms of the resources of its service.
func (v *validator) form(r *node, parts [6]string) {
	services := v.servicesOf(parts[2])
	if len(services) == 0 {
		v.add("INVALID_SERVICE", r.span(), parts[2])
		return
	}
	pattern := parts
	for i, part := range pattern {
		pattern[i] = variable.ReplaceAllString(part, "*")
	}
	var some, fits bool
	forms := make([][6]string, 0)
	for _, s := range services {
		for _, t := range s.Resources() {
			if !hasService(t, parts[2]) {
				continue
			}
			some = true
			fits = fits || t.Overlaps(pattern) && complete(t, parts)
			// The rest of the ARN tells which type is meant.
			if open := [6]string{pattern[0], pattern[1], pattern[2], "*", "*", pattern[5]}; t.Overlaps(open) || t.Overlaps([6]string{pattern[0], pattern[1], pattern[2], "", "", pattern[5]}) {
				for _, form := range t.ARNs {
					if p := strings.SplitN(form, ":", 6); len(p) == 6 {
						forms = append(forms, [6]string(p))
					}
				}
			}
		}
	}
	if !some || fits {
		return
	}
	if len(forms) == 0 {
		v.add("INVALID_ARN_RESOURCE", r.span())
		return
	}
	v.misformed(r, parts, forms)
}

// misformed says what of an ARN fits none of the forms it may have.
func (v *validator) misformed(r *node, parts [6]string, forms [][6]string) {
	all := func(empty bool, i int) bool {
		return !slices.ContainsFunc(forms, func(form [6]string) bool { return (form[i] == "") != empty })
	}
	switch {
	case parts[3] != "" && !wild(parts[3]) && all(true, 3):
		v.add("ARN_REGION_NOT_ALLOWED", r.span(), parts[2])
	case parts[4] != "" && all(true, 4):
		v.add("ARN_ACCOUNT_NOT_ALLOWED", r.span(), parts[2])
	case parts[3] == "" && all(false, 3):
		v.add("MISSING_ARN_REGION", r.span(), parts[2])
	case parts[4] == "" && all(false, 4) && ofAWS(parts[5]):
	case parts[4] == "" && all(false, 4):
		v.add("MISSING_ARN_ACCOUNT", r.span(), parts[5])
	default:
		v.add("INVALID_ARN_RESOURCE", r.span())
	}
}

// complete reports whether an ARN has a Region and an account where a form of a type has them.
func complete(t *catalog.Resource, parts [6]string) bool {
	return slices.ContainsFunc(t.ARNs, func(form string) bool {
		f := strings.SplitN(form, ":", 6)
		return len(f) == 6 && (f[3] == "" || parts[3] != "") && (f[4] == "" || parts[4] != "")
	})
}

// ofAWS reports whether a resource is one that AWS has for all accounts, whose ARN has none:
// the document AWS-RunShellScript of Systems Manager.
func ofAWS(resource string) bool {
	if i := strings.IndexAny(resource, "/:"); i >= 0 {
		resource = resource[i+1:]
	}
	return strings.HasPrefix(strings.ToLower(resource), "aws")
}

// noVariables finds policy variables where there can be none.
func (v *validator) noVariables(n *node) {
	if found := variable.FindString(n.text); found != "" {
		v.add("VARIABLE_UNSUPPORTED_IN_ELEMENT", n.span(), found)
	}
}

// variables checks the policy variables of a text.
func (v *validator) variables(n *node) {
	text := n.text
	if !strings.Contains(text, "${") {
		return
	}
	if v.version != "" && v.version < "2012-10-17" || v.root.field("Version") == nil {
		v.add("VARIABLE_UNSUPPORTED_IN_VERSION", n.span())
		return
	}
	for {
		_, rest, found := strings.Cut(text, "${")
		if !found {
			return
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed {
			v.add("MISSING_BRACE_IN_VARIABLE", n.span())
			return
		}
		text = after
		if inner == "*" || inner == "?" || inner == "$" {
			continue // the characters themselves
		}
		name, otherwise, hasDefault := strings.Cut(inner, ",")
		otherwise = strings.TrimSpace(otherwise)
		switch {
		case strings.TrimSpace(inner) == "":
			v.add("EMPTY_VARIABLE", n.span())
		case strings.ContainsAny(name, " \t"):
			v.add("UNSUPPORTED_SPACE_IN_VARIABLE", n.span())
		case hasDefault && (len(otherwise) < 2 || otherwise[0] != '\'' || otherwise[len(otherwise)-1] != '\''):
			v.add("MISSING_QUOTE_IN_VARIABLE", n.span())
		}
	}
}

// control checks what service and resource control policies do not have, and what a policy of
// a bucket or an access point is not about.
func (v *validator) control(s *statement) {
	switch {
	case v.policyType == ServiceControl:
		for _, a := range s.actions {
			if at := strings.IndexAny(a.text, "*?"); at >= 0 && at < len(a.text)-1 {
				v.add("SCP_SYNTAX_ERROR_ACTION_WILDCARD", a.span(), a.text)
			}
		}
	case v.policyType == ResourceControl:
		v.resourceControl(s)
	case strings.HasPrefix(v.resource, "AWS::S3"), v.resource == "AWS::DynamoDB::Table":
		service := "s3"
		switch v.resource {
		case "AWS::DynamoDB::Table":
			service = "dynamodb"
		case "AWS::S3ObjectLambda::AccessPoint":
			service = "s3-object-lambda"
		}
		for _, a := range s.actions {
			if a.service != nil && a.prefix != service && (service != "s3-object-lambda" || a.prefix != "s3") {
				v.add("UNSUPPORTED_ACTION_IN_POLICY", a.span(), a.text, v.resource)
			}
		}
		for _, r := range s.resources {
			if parts := strings.SplitN(r.text, ":", 6); len(parts) == 6 && !wild(parts[2]) && parts[2] != service {
				v.add("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", r.span(), v.resource)
			}
		}
	}
}

func (v *validator) resourceControl(s *statement) {
	if f := s.field("NotAction"); f != nil {
		v.add("RCP_SYNTAX_ERROR_NOTACTION", f.span())
	}
	for _, a := range s.actions {
		if a.text != "*" && !slices.Contains(enforce.RCPServices(), strings.ToLower(a.prefix)) {
			v.add("RCP_SYNTAX_ERROR_ACTION", a.span())
		}
	}
	if s.effect == "Allow" {
		narrow := s.field("Condition") != nil || s.field("NotResource") != nil
		for _, r := range s.resources {
			narrow = narrow || r.text != "*"
		}
		if narrow {
			v.add("RCP_SYNTAX_ERROR_ALLOW", s.span())
		}
		return
	}
	service := s.hasKey("aws:PrincipalIsAWSService")
	for _, c := range s.conditions {
		lower := strings.ToLower(c.key)
		switch {
		case (lower == "aws:principalorgid" || lower == "aws:principalorgpaths" || lower == "aws:principalaccount") && c.negated() && !service:
			v.add("RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY", c.span(), c.key)
		case sources[lower] && c.negated() && !service:
			v.add("RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY", c.span(), c.key)
		case (lower == "aws:sourceorgid" || lower == "aws:sourceorgpaths") && c.negated() && !s.nullCheck():
			v.add("RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK", c.span(), c.key, c.key)
		}
	}
}

// sources are the keys that say on whose behalf a service calls.
var sources = map[string]bool{"aws:sourcearn": true, "aws:sourceaccount": true, "aws:sourceorgid": true, "aws:sourceorgpaths": true}

func (s *statement) nullCheck() bool {
	return slices.ContainsFunc(s.conditions, func(c *condition) bool {
		return c.operator == "Null" && (c.is("aws:SourceAccount") || c.is("aws:SourceArn"))
	})
}
