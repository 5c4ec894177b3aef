package template

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// A form is how the resources of a type are identified. In texts, {name}, {arn}, {ref},
// {partition}, {region}, {account}, {suffix} (the domain), {stack} and {path} (of IAM)
// stand for those; {bus} and {function} for what rules and versions belong to; {hex8},
// {id10}, {lower10} and {digits10} for what AWS makes up: so many digits; {uuid} for an
// id; and {.Property} for the value of a property.
type form struct {
	property string            // that says the name
	made     string            // the name where none is said; empty: STACK-LOGICAL-XXXXXXXXXXXX
	max      int               // the longest name that is made; 0 is 255
	lower    bool              // made names are in lower case
	ref      string            // what Ref gives; empty is the name
	arn      string            // without "arn:PARTITION:"; empty where there is none
	attrs    map[string]string // what Fn::GetAtt gives
}

// identifiers are the values of a resource: text, or Unknown.
type identifiers struct{ name, arn, ref any }

func (i *identifiers) nameText() string {
	text, _ := i.name.(string)
	return text
}

// madeSuffix is the length of what AWS adds to the names that it makes up: 12 or 13, which
// is unverified for each type.
const madeSuffix = 12

// ref is Ref: of a pseudo parameter, a parameter or a resource.
func (s *stack) ref(n *node, name string) any {
	if strings.HasPrefix(name, "AWS::") {
		return s.pseudo(n, name)
	}
	if p := s.parameters[name]; p != nil {
		return s.parameterValue(p)
	}
	if alias, ok := s.aliases[name]; ok {
		name = alias
	}
	r, failed := s.referred(n, name)
	if r == nil {
		return failed
	}
	if value, ok := s.bound(r, ""); ok {
		return value
	}
	if s.load.live != nil {
		return s.unknown(n, "%s", knownAfterApply)
	}
	return at(r.identify().ref, n, s)
}

// at says of what cannot be known where it is needed.
func at(value any, n *node, s *stack) any {
	if u, ok := value.(deploy.Unknown); ok {
		u.Position, u.Address = n.position(), s.address()
		return u
	}
	return value
}

// referred finds a resource that something refers to.
func (s *stack) referred(n *node, name string) (*resource, deploy.Unknown) {
	r := s.resources[name]
	switch {
	case r == nil:
		return nil, s.fail(n, "there is no parameter or resource %s", name)
	case !r.exists():
		return nil, s.fail(n, "the resource %s is not made: its condition does not hold", name)
	}
	if len(s.current) > 0 {
		if from := s.current[len(s.current)-1]; from.stack == s && from != r {
			from.edges[name] = true
		}
	}
	return r, deploy.Unknown{}
}

// bound is what Bind says of a resource.
func (s *stack) bound(r *resource, attribute string) (string, bool) {
	for _, name := range []string{r.address, s.path + r.logical} {
		if attribute != "" {
			name += "." + attribute
		}
		if value, ok := s.load.config.bind[name]; ok {
			return value, true
		}
	}
	return "", false
}

// attribute is Fn::GetAtt.
func (s *stack) attribute(n *node, name, attribute string) any {
	r, failed := s.referred(n, name)
	if r == nil {
		return failed
	}
	if value, ok := s.bound(r, attribute); ok {
		return value
	}
	if s.load.live != nil {
		return s.unknown(n, "%s", knownAfterApply)
	}
	if output, ok := strings.CutPrefix(attribute, "Outputs."); ok && r.kind == nestedStack {
		return r.nestedOutput(n, output)
	}
	f, known := forms[r.kind]
	text, ok := f.attrs[attribute]
	if !ok && attribute == "Arn" && f.arn != "" {
		text, ok = "{arn}", true
	}
	if !ok {
		what := "AWS makes it up"
		switch {
		case isCustom(r.kind):
			what = "the custom resource gives it"
		case known && len(f.attrs) > 0:
			what = "known of " + r.kind + " are " + strings.Join(slices.Sorted(maps.Keys(f.attrs)), ", ")
		}
		return s.unknown(n, "Fn::GetAtt: %s.%s cannot be known (%s): give it with cloudformation.Bind(%q, …)", name, attribute, what, r.address+"."+attribute)
	}
	ids := r.identify()
	return at(r.fill(text, ids), n, s)
}

func isCustom(kind string) bool {
	return strings.HasPrefix(kind, "Custom::") || kind == "AWS::CloudFormation::CustomResource"
}

// identify finds the name, the ARN and what Ref gives, once.
func (r *resource) identify() *identifiers {
	s := r.stack
	if r.ids != nil {
		return r.ids
	}
	if r.naming {
		s.problem(r.node, "circular dependency: the name of %s needs itself", r.logical)
		return &identifiers{name: "", arn: "", ref: ""}
	}
	r.naming = true
	ids := &identifiers{}
	f, ok := forms[r.kind]
	if !ok {
		u := s.unknown(r.node, "Ref: what it gives of %s (%s) cannot be known: give it with cloudformation.Bind(%q, …)", r.logical, r.kind, r.address)
		ids.name, ids.arn, ids.ref = nil, nil, u
		r.ids = ids
		return ids
	}
	r.inside(func() {
		ids.name = r.physicalName(f)
		if value, ok := s.bound(r, ""); ok && f.ref == "" {
			ids.name = value
		}
		if f.arn != "" {
			ids.arn = r.fill("arn:{partition}:"+f.arn, ids)
			if value, ok := s.bound(r, "Arn"); ok {
				ids.arn = value
			}
		}
		ids.ref = ids.name
		if f.ref != "" {
			ids.ref = r.fill(f.ref, ids)
			if value, ok := s.bound(r, ""); ok {
				ids.ref = value
			}
		}
	})
	r.ids = ids
	return ids
}

// physicalName is the name that the properties say, or that AWS makes up.
func (r *resource) physicalName(f form) any {
	if n := r.properties.get(f.property); f.property != "" && n != nil {
		switch v := r.stack.evaluateNode(n).(type) {
		case noValue:
		case deploy.Unknown:
			return v
		default:
			if text := textOf(v); text != "" {
				return text
			}
		}
	}
	if f.made != "" {
		name := r.fill(f.made, &identifiers{})
		if text, ok := name.(string); ok && r.kind == "AWS::IAM::OIDCProvider" {
			return strings.TrimPrefix(text, "https://")
		}
		return name
	}
	limit := f.max
	if limit == 0 {
		limit = 255
	}
	suffix := ""
	if r.kind == "AWS::SQS::Queue" || r.kind == "AWS::SNS::Topic" {
		if v := r.stack.evaluateNode(r.properties.get("FifoQueue")); textOf(v) == "true" {
			suffix = ".fifo"
		}
		if v := r.stack.evaluateNode(r.properties.get("FifoTopic")); textOf(v) == "true" {
			suffix = ".fifo"
		}
	}
	made := shortened(r.stack.name, r.logical, limit-madeSuffix-2-len(suffix)) + "-" + r.id("name", madeSuffix) + suffix
	if f.lower {
		made = strings.ToLower(made)
	}
	return made
}

// shortened joins the names of a stack and of a resource, both cut where they are too
// long together.
func shortened(stack, logical string, limit int) string {
	if len(stack)+len(logical) > limit {
		half := limit / 2
		switch {
		case len(stack) <= half:
			logical = logical[:limit-len(stack)]
		case len(logical) <= half:
			stack = stack[:limit-len(logical)]
		default:
			stack, logical = stack[:half], logical[:half]
		}
	}
	return strings.TrimSuffix(stack, "-") + "-" + logical
}

// id returns n capital letters and digits, the same ones for the same resource.
func (r *resource) id(what string, n int) string {
	return r.stack.load.target.ID(r.seed(what), n)
}

// seed is what an id of the resource is made of.
func (r *resource) seed(what string) string { return r.stack.name + "/" + r.address + "/" + what }

// fill fills a text of a form.
func (r *resource) fill(text string, ids *identifiers) any {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		text = after
		v := r.placeholder(name, ids)
		if u, ok := v.(deploy.Unknown); ok {
			return u
		}
		b.WriteString(textOf(v))
	}
}

func (r *resource) placeholder(name string, ids *identifiers) any {
	s, t := r.stack, r.stack.load.target
	switch name {
	case "name":
		return ids.name
	case "arn":
		return ids.arn
	case "ref":
		return ids.ref
	case "partition":
		return t.Partition
	case "region":
		return t.Region
	case "account":
		return t.Account
	case "suffix":
		return t.URLSuffix()
	case "stack":
		return s.name
	case "path":
		if path := s.evaluateNode(r.properties.get("Path")); path != nil && path != (noValue{}) {
			return path
		}
		return "/"
	case "uuid":
		return r.uuid()
	case "bus":
		return r.lastOf("EventBusName", "/", "default", "/")
	case "function":
		return r.lastOf("FunctionName", ":", "", "")
	}
	if property, ok := strings.CutPrefix(name, "."); ok {
		var v any
		r.inside(func() { v = s.evaluateNode(r.properties.get(property)) })
		return v
	}
	digits := strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic(fmt.Sprintf("cloudformation: a form has {%s}", name))
	}
	return r.madeUp(strings.TrimSuffix(name, digits), n)
}

// lastOf is a property that is a name or an ARN: its name, with what follows one that is
// not the default.
func (r *resource) lastOf(property, separator, byDefault, then string) any {
	v := r.stack.evaluateNode(r.properties.get(property))
	if u, ok := isUnknown(v); ok {
		return u
	}
	name := textOf(v)
	name = name[strings.LastIndex(name, separator)+1:]
	if name == "" || name == byDefault {
		return ""
	}
	return name + then
}

func (r *resource) madeUp(alphabet string, n int) string {
	switch alphabet {
	case "hex":
		return r.stack.load.target.Hex(r.seed("hex"), n)
	case "lower":
		return strings.ToLower(r.id("id", n))
	case "digits":
		return r.stack.load.target.Digits(r.seed("digits"), n)
	}
	return r.id("id", n)
}

// uuid is an id of the form of KMS keys.
func (r *resource) uuid() string { return r.stack.load.target.UUID(r.seed("uuid")) }

// stackARN is AWS::StackId.
func (s *stack) stackARN() string {
	if live := s.load.live; live != nil {
		return live.StackID
	}
	r := &resource{stack: s, address: "stack"}
	t := s.load.target
	return fmt.Sprintf("arn:%s:cloudformation:%s:%s:stack/%s/%s", t.Partition, t.Region, t.Account, s.name, r.uuid())
}
