package sigv4

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// A postPolicy is the policy of a form upload: the page "POST Policy" in the
// Amazon S3 API Reference.
type postPolicy struct {
	expiration time.Time
	conditions []postCondition
	sizes      []sizeRange
	version2   bool // the form is signed with Signature Version 2
}

// A sizeRange is what content-length-range demands of the size of the file.
type sizeRange struct{ min, max int64 }

// A postCondition is a condition on one field. One that S3 does not understand
// has no operator, and fails.
type postCondition struct {
	operator string // "eq" or "starts-with"
	field    string // as written, without the $
	value    string
	text     string // as S3 prints it
}

// parsePostPolicy reads a policy from its base64.
func parsePostPolicy(encoded string) (*postPolicy, error) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, invalidPolicy(invalidJSON)
	}
	var doc struct {
		Expiration *json.RawMessage   `json:"expiration"`
		Conditions *[]json.RawMessage `json:"conditions"`
	}
	d := json.NewDecoder(bytes.NewReader(plainEscapes(text)))
	// Unverified: that S3 refuses other elements.
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil || d.More() {
		return nil, invalidPolicy(invalidJSON)
	}
	switch {
	case doc.Expiration == nil:
		return nil, invalidPolicy("Policy missing expiration.") // unverified
	case doc.Conditions == nil:
		return nil, invalidPolicy("Policy missing conditions.") // unverified
	}
	p := new(postPolicy)
	if p.expiration, err = parseExpiration(*doc.Expiration); err != nil {
		return nil, err
	}
	for _, raw := range *doc.Conditions {
		if err := p.add(raw); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// plainEscapes rewrites the two escapes that POST policies have and JSON has
// not, \$ and \v: the section "Character Escaping".
func plainEscapes(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\$`)) && !bytes.Contains(text, []byte(`\v`)) {
		return text
	}
	b := make([]byte, 0, len(text)+8)
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b = append(b, text[i])
			continue
		}
		i++
		switch text[i] {
		case '$':
			b = append(b, '$')
		case 'v':
			b = append(b, `\u000b`...)
		default:
			b = append(b, '\\', text[i])
		}
	}
	return b
}

// parseExpiration reads a date of ISO 8601 in GMT, with or without fractions.
func parseExpiration(raw json.RawMessage) (time.Time, error) {
	var text string
	err := json.Unmarshal(raw, &text)
	t, notTime := time.Parse("2006-01-02T15:04:05Z", text)
	if err != nil || notTime != nil {
		return time.Time{}, invalidPolicy("Invalid 'expiration' value: '" + text + "'")
	}
	return t, nil
}

// add reads a condition: {"acl": "private"}, ["eq", "$acl", "private"],
// ["starts-with", "$key", "user/"] or ["content-length-range", 1, 10].
func (p *postPolicy) add(raw json.RawMessage) error {
	var simple map[string]any
	if json.Unmarshal(raw, &simple) == nil && simple != nil {
		if len(simple) != 1 {
			return invalidPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.")
		}
		for field, value := range simple {
			text, ok := value.(string)
			if !ok {
				// Seen for null, unverified for numbers.
				return invalidPolicy(invalidJSON)
			}
			p.conditions = append(p.conditions, newPostCondition("eq", "$"+field, text))
		}
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return invalidPolicy(invalidJSON)
	}
	p.conditions = append(p.conditions, p.listed(list))
	return nil
}

// listed reads a condition that is a list. What S3 does not understand there
// fails as a condition, it does not make the policy invalid.
func (p *postPolicy) listed(list []json.RawMessage) postCondition {
	words := make([]string, len(list))
	for i, raw := range list {
		words[i] = string(raw)
	}
	failing := postCondition{text: "[" + strings.Join(words, ", ") + "]"}
	if len(list) != 3 {
		return failing
	}
	var operator string
	if json.Unmarshal(list[0], &operator) != nil {
		return failing
	}
	switch operator {
	case "content-length-range":
		var r sizeRange
		if json.Unmarshal(list[1], &r.min) != nil || json.Unmarshal(list[2], &r.max) != nil {
			return failing
		}
		p.sizes = append(p.sizes, r)
		return postCondition{operator: operator}
	case "eq", "starts-with":
		var field, value *string
		if json.Unmarshal(list[1], &field) == nil && json.Unmarshal(list[2], &value) == nil &&
			field != nil && value != nil && strings.HasPrefix(*field, "$") {
			return newPostCondition(operator, *field, *value)
		}
	}
	return failing
}

func newPostCondition(operator, field, value string) postCondition {
	return postCondition{
		operator: operator, field: field[1:], value: value,
		text: "[" + quoteJSON(operator) + ", " + quoteJSON(field) + ", " + quoteJSON(value) + "]",
	}
}

func quoteJSON(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // of a string it does not fail
	return strings.TrimSuffix(b.String(), "\n")
}

// check judges a form at a time: expiration, conditions in order, and fields
// that no condition allows.
func (p *postPolicy) check(form *PostForm, now time.Time) error {
	if !now.Before(p.expiration) {
		return violatedPolicy("Policy expired.")
	}
	// The bucket counts as a field; of a field that is there twice, all values do.
	fields := append([]PostField{{"bucket", form.Bucket}}, form.Fields...)
	for i := range p.conditions {
		if c := &p.conditions[i]; !c.holds(fields) {
			return violatedPolicy("Policy Condition failed: " + c.text)
		}
	}
	var extra []string
	for _, f := range fields {
		if name := strings.ToLower(f.Name); !p.allows(name) {
			extra = append(extra, name)
		}
	}
	if extra != nil {
		return violatedPolicy("Extra input fields: " + strings.Join(extra, ", "))
	}
	return nil
}

// holds reports whether the field is there and as the condition wants it.
func (c *postCondition) holds(fields []PostField) bool {
	if c.operator == "content-length-range" {
		return true // once the file is there
	}
	found := false
	for _, f := range fields {
		if !strings.EqualFold(f.Name, c.field) {
			continue
		}
		found = true
		if !c.matches(f.Value) {
			return false
		}
	}
	return found && c.operator != ""
}

// matches compares one value. Each entry of a list of content types must begin
// as the condition wants; other values are never lists.
func (c *postCondition) matches(value string) bool {
	if c.operator == "eq" {
		return value == c.value
	}
	if !strings.EqualFold(c.field, "content-type") {
		return strings.HasPrefix(value, c.value)
	}
	for one := range strings.SplitSeq(value, ",") {
		if !strings.HasPrefix(strings.TrimSpace(one), c.value) {
			return false
		}
	}
	return true
}

// allows reports whether a field, in lower case, may be in the form: "Each form
// field that you specify in a form (except x-amz-signature, file, policy, and
// field names that have an x-ignore- prefix) must appear in the list of
// conditions." The fields of Signature Version 2 have other names.
func (p *postPolicy) allows(name string) bool {
	switch name {
	case "file", "policy":
		return true
	case "x-amz-signature":
		return !p.version2
	case "awsaccesskeyid", "signature":
		return p.version2
	}
	if strings.HasPrefix(name, "x-ignore-") {
		return true
	}
	for i := range p.conditions {
		if strings.EqualFold(p.conditions[i].field, name) {
			return true
		}
	}
	return false
}

const invalidJSON = "Invalid JSON."

func invalidPolicy(what string) *Error { return both(InvalidPolicy, "Invalid Policy: "+what) }

func violatedPolicy(what string) *Error {
	return both(PolicyViolated, "Invalid according to Policy: "+what)
}

func missingPostField(name string) *Error {
	return both(MissingField, "Bucket POST must contain a field named '"+name+"'.  If it is specified, please check the order of the fields.",
		wire.Field{Name: "ArgumentName", Value: name}, wire.Field{Name: "ArgumentValue"})
}

func entityTooLarge(n, limit int64) *Error {
	return both(TooLarge, "Your proposed upload exceeds the maximum allowed size",
		numberField("ProposedSize", n), numberField("MaxSizeAllowed", limit))
}

func entityTooSmall(n, limit int64) *Error {
	return both(TooSmall, "Your proposed upload is smaller than the minimum allowed size",
		numberField("ProposedSize", n), numberField("MinSizeAllowed", limit))
}
