package validation

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/lint"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

func (v *validator) conditions(s *statement) {
	f := s.field("Condition")
	switch {
	case f == nil:
		return
	case f.value.kind != object:
		v.add("DATA_TYPE_MISMATCH", f.value.span(), object.String())
		return
	case len(f.value.fields) == 0:
		v.add("EMPTY_OBJECT_CONDITION", f.value.span())
		return
	}
	for _, block := range f.value.fields {
		v.block(s, block)
	}
	for _, c := range s.conditions {
		v.condition(s, c)
	}
}

// block reads the conditions of one operator.
func (v *validator) block(s *statement, block *field) {
	written := enforce.ConditionElement{Operator: enforce.Text{Value: block.key}}
	operator, set, ifExists := written.Qualifiers()
	_, qualified, _ := strings.Cut(block.key, ":")
	switch {
	case operator != "":
	case strings.EqualFold(block.key, "NullIfExists"):
		v.add("NULL_WITH_IF_EXISTS", block.span())
	case strings.EqualFold(qualified, "Null"):
		v.add("NULL_WITH_QUALIFIER", block.span())
	default:
		v.add("INVALID_CONDITION_OPERATOR", block.span(), block.key)
	}
	switch {
	case block.value.kind != object:
		v.add("DATA_TYPE_MISMATCH", block.value.span(), object.String())
		return
	case len(block.value.fields) == 0:
		v.add("EMPTY_OBJECT_CONDITION", block.value.span())
		return
	}
	seen := make(map[string]string)
	for _, f := range block.value.fields {
		lower := strings.ToLower(f.key)
		if first, ok := seen[lower]; ok && first != f.key {
			v.add("DUPLICATE_KEYS_WITH_DIFFERENT_CASE", f.span(), f.key)
		}
		seen[lower] = f.key
		c := &condition{field: f, block: block, operator: operator, set: set, ifExists: ifExists}
		if v.values(c) {
			s.conditions = append(s.conditions, c)
		}
	}
}

// values reads the values of a condition; false where they are none.
func (v *validator) values(c *condition) bool {
	n := c.value
	if n.kind == array && len(n.items) == 0 {
		code := "EMPTY_ARRAY_CONDITION"
		switch {
		case c.set != "":
			code += "_" + strings.ToUpper(c.set)
		case c.ifExists:
			code += "_IFEXISTS"
		}
		v.add(code, c.span(), c.key)
		return true
	}
	kinds := make(map[nodeKind]bool)
	for _, item := range n.list() {
		if item.kind != str && item.kind != number && item.kind != boolean {
			v.add("DATA_TYPE_MISMATCH", item.span(), str.String())
			return false
		}
		kinds[item.kind] = true
		c.values = append(c.values, item)
	}
	if len(kinds) > 1 {
		v.add("INVALID_CONDITION_DATA_TYPE", n.span())
	}
	return true
}

// condition checks one condition.
func (v *validator) condition(s *statement, c *condition) {
	v.key(c)
	known := v.typeOf(s, c)
	v.qualifier(c, known)
	v.operands(c, known)
	v.wildcards(c)
	v.addresses(c)
	v.forms(c)
	v.secure(s, c)
	v.actionsOfKey(s, c)
}

// tagKeys are keys that end in the key of a tag.
var tagKeys = []string{"aws:ResourceTag", "aws:RequestTag", "aws:PrincipalTag"}

// key checks the name of a condition key.
func (v *validator) key(c *condition) {
	if slices.ContainsFunc(tagKeys, func(tag string) bool { return c.is(tag) || c.is(tag+"/") }) {
		name := strings.TrimSuffix(c.key, "/") + "/"
		v.add("MISSING_TAG_KEY_IN_CONDITION", c.span(), name, name)
		return
	}
	if c.is("aws:ARN") {
		v.add("UNSUPPORTED_GLOBAL_CONDITION_KEY", c.span())
		return
	}
	for _, code := range []string{"INVALID_CONDITION_KEY_FORMAT", "INVALID_GLOBAL_CONDITION_KEY", "INVALID_SERVICE_CONDITION_KEY"} {
		if _, ok := v.lintedAt(code, c.start); !ok {
			continue
		}
		prefix, _, _ := strings.Cut(c.key, ":")
		_, there := catalog.Lookup(prefix)
		switch {
		case code == "INVALID_CONDITION_KEY_FORMAT":
			v.add(code, c.span())
		case code == "INVALID_GLOBAL_CONDITION_KEY":
			v.add(code, c.span(), c.key)
		case !there:
			v.add("INVALID_SERVICE", c.span(), prefix)
		default:
			v.add(code, c.span(), c.key, prefix)
		}
		return
	}
}

// typeOf is the type of a condition key as the Service Authorization Reference spells it;
// empty where it is not known.
func (v *validator) typeOf(s *statement, c *condition) string {
	var meant []*catalog.Action
	for _, a := range s.actions {
		meant = append(meant, a.meant...)
	}
	known, _ := lint.KeyType(c.key, meant...)
	return known
}

// audience reports whether a key is the audience of tokens of an identity provider.
func (c *condition) audience() bool { return strings.HasSuffix(strings.ToLower(c.key), ":aud") }

// qualifier checks whether an operator is for one value or for several.
func (v *validator) qualifier(c *condition, known string) {
	multi := strings.HasPrefix(known, "ArrayOf")
	switch {
	case c.set == "ForAnyValue" && c.audience():
		v.add("FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE", c.span(), c.key)
	case known == "" || c.operator == "" || c.operator == "Null":
	case multi && c.set == "":
		v.add("MISSING_QUALIFIER", c.span(), c.key)
	case !multi && c.set == "ForAllValues":
		v.add("FORALLVALUES_WITH_SINGLE_VALUED_KEY", c.span(), c.key)
	}
}

// families are the operators for the types of keys, and their names in findings.
var families = map[string]struct {
	prefixes []string
	name     string
}{
	"String": {[]string{"String"}, "String"}, "ARN": {[]string{"Arn", "String"}, "ARN"}, "Bool": {[]string{"Bool"}, "Boolean"},
	"Numeric": {[]string{"Numeric"}, "Numeric"}, "Date": {[]string{"Date"}, "Date"}, "IPAddress": {[]string{"IpAddress", "NotIpAddress"}, "IP address"},
	"Binary": {[]string{"Binary"}, "Binary"},
}

// operands checks whether key, operator and values go together.
func (v *validator) operands(c *condition, known string) {
	if c.operator == "" {
		return
	}
	family, ok := families[strings.TrimPrefix(known, "ArrayOf")]
	fits := func(prefix string) bool { return strings.HasPrefix(c.operator, prefix) }
	switch {
	case c.operator == "Null" || !ok:
	case family.name == "ARN" && strings.HasPrefix(c.operator, "StringLike"), family.name == "ARN" && c.operator == "StringNotLike":
		v.add("STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS", c.block.span(), "ArnLike", c.name(), c.key)
	case !slices.ContainsFunc(family.prefixes, fits):
		v.add("TYPE_MISMATCH", c.block.span(), family.name, c.name(), c.key)
	}
	if c.operator == "Bool" && len(c.values) > 1 && c.set == "" {
		v.add("INVALID_CONDITION_MULTIPLE_BOOLEAN", c.value.span())
	}
	for _, value := range c.values {
		v.operand(c, value)
	}
	v.numbers(c)
}

// operand checks a value by itself.
func (v *validator) operand(c *condition, value *node) {
	text := value.text
	ofText := strings.HasPrefix(c.operator, "String") || strings.HasPrefix(c.operator, "Arn")
	if strings.Contains(text, "${") {
		if !ofText {
			v.add("INVALID_VARIABLE_FOR_OPERATOR", value.span())
			return
		}
		v.variables(value)
		return
	}
	switch {
	case c.operator == "Bool" || c.operator == "Null":
		if !strings.EqualFold(text, "true") && !strings.EqualFold(text, "false") {
			v.add("TYPE_MISMATCH_BOOLEAN", value.span(), c.name())
		}
	case strings.HasPrefix(c.operator, "Numeric"):
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			v.add("TYPE_MISMATCH_NUMBER", value.span(), c.name())
		}
	case strings.HasPrefix(c.operator, "Date"):
		_, err := strconv.ParseInt(text, 10, 64)
		switch _, ok := enforce.ParseDate(text); {
		case !ok:
			v.add("TYPE_MISMATCH_DATE", value.span())
		case err == nil && len(text) > 4:
			v.add("INVALID_DATE_VALUE", value.span(), text) // seconds
		}
	case strings.HasPrefix(c.operator, "Binary"):
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			v.add("TYPE_MISMATCH_STRING", value.span(), c.name())
		}
	}
}

// spoofed are keys of what callers say of themselves: unverified which these are.
var spoofed = []string{"aws:Referer", "aws:UserAgent"}

// secure finds conditions that do not keep out whom they seem to.
func (v *validator) secure(s *statement, c *condition) {
	switch {
	case slices.ContainsFunc(spoofed, c.is) && c.operator != "Null":
		v.add("UNTRUSTWORTHY_CONDITION_KEY", c.span(), c.key)
	case c.is("aws:VpcSourceIp") && !s.hasKey("aws:SourceVpc"):
		v.add("MISSING_PAIRED_CONDITION_KEYS", c.span(), c.key, "aws:SourceVpc")
	case c.is("dynamodb:Attributes") && s.effect == "Allow" && !s.hasKey("dynamodb:Select"):
		v.add("DYNAMODB_ATTRIBUTES_WITHOUT_SELECT", c.span())
	case c.is("s3:prefix") && strings.HasPrefix(c.operator, "String") && (s.effect == "Deny") != c.negated():
		v.add("S3_PREFIX_IN_NEGATIVE_CONTEXT", c.span())
	case c.is("s3:ResourceAccount") && (v.resource == "AWS::S3::Bucket" || v.resource == "AWS::S3::AccessPoint"):
		v.add("IRRELEVANT_CONDITION_KEY_IN_POLICY", c.span(), c.key, v.resource)
	}
}

// actionsOfKey finds actions whose requests do not have the key.
func (v *validator) actionsOfKey(s *statement, c *condition) {
	if c.ifExists || c.operator == "Null" || c.operator == "" {
		return
	}
	lower := strings.ToLower(c.key)
	if strings.HasPrefix(lower, "aws:resourcetag/") {
		v.tagged(s, c)
		return
	}
	if strings.HasPrefix(lower, "aws:") || s.notAction {
		return
	}
	var names []string
	places := []span{c.span()}
	some := false
	for _, a := range s.actions {
		if a.pattern || len(a.meant) != 1 {
			some = some || a.pattern
			continue
		}
		key, ok := a.service.Key(c.key)
		if ok && a.meant[0].HasKey(key) {
			some = true
			continue
		}
		names, places = append(names, a.text), append(places, a.span())
	}
	if _, known := lint.KeyType(c.key); names != nil && known && some {
		v.addAll("UNSUPPORTED_ACTION_FOR_CONDITION_KEY", places, strings.Join(names, ", "), c.key)
	}
}

// tagged finds services that have no tags in their requests.
func (v *validator) tagged(s *statement, c *condition) {
	if s.effect == "" || c.negated() {
		return
	}
	begin := strings.ToUpper(s.effect)
	if s.notAction {
		v.add(begin+"_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", c.span(), c.key)
		return
	}
	var services []string
	places := []span{c.span()}
	for _, a := range s.actions {
		if a.service == nil || len(a.meant) == 0 || slices.ContainsFunc(a.meant, hasResourceTag) {
			continue
		}
		if !slices.Contains(services, a.prefix) {
			services = append(services, a.prefix)
		}
		places = append(places, a.span())
	}
	if services != nil {
		v.addAll(begin+"_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", places, c.key, strings.Join(services, ", "))
	}
}

// hasResourceTag reports whether requests for an action have the tags of the resource.
func hasResourceTag(a *catalog.Action) bool {
	key, ok := a.Service.Key("aws:ResourceTag/key")
	return ok && a.HasKey(key)
}
