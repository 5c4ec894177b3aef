package anyservice

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A request reads what the catalog's sources name: members of a request, by their places on
// the wire.
type request struct {
	call *fakeaws.Call
	msg  *fakeaws.Message
	sent *fakeaws.Message // msg as it came, where that is compressed
	body *wire.Value      // read at first use
	// owner and region are those of the resources that the request names without them.
	owner, region string
}

// A found is one text of a source. at says of which elements of which lists it is: texts of
// the same element belong together.
type found struct {
	text string
	at   []place
	// partial says that each "?" in the text is a character which is not known.
	partial bool
}

// A place is an element of a list, which its path names.
type place struct {
	list  string
	index int
}

// together reports whether two texts are of the same elements of the lists that they share.
func (f *found) together(other *found) bool {
	for i := 0; i < len(f.at) && i < len(other.at); i++ {
		if f.at[i].list == other.at[i].list && f.at[i].index != other.at[i].index {
			return false
		}
	}
	return true
}

// document reads the body once.
func (r *request) document() (*wire.Value, error) {
	if r.body == nil {
		v, err := r.msg.Document(r.msg.Protocol)
		if err != nil {
			return nil, err
		}
		r.body = &v
	}
	return r.body, nil
}

// texts returns the texts of a source: none where the request does not have it. Of several
// sources with commas between them it is the first that the request has. Functions may follow
// a source, each after "|".
func (r *request) texts(source string) ([]found, error) {
	if all, more, several := strings.Cut(source, ","); several {
		if found, err := r.texts(all); err != nil || len(found) > 0 {
			return found, err
		}
		return r.texts(more)
	}
	bare, functions, _ := strings.Cut(source, "|")
	all, err := r.read(bare)
	if err != nil {
		return nil, err
	}
	for functions != "" {
		var function string
		function, functions, _ = strings.Cut(functions, "|")
		if text, ok := strings.CutPrefix(function, "or:"); ok {
			if all, err = r.orElse(bare, text, all); err != nil {
				return nil, err
			}
			continue
		}
		kept := all[:0]
		for _, f := range all {
			if r.apply(function, &f); f.text != "" {
				kept = append(kept, f)
			}
		}
		all = kept
	}
	return all, nil
}

// orElse adds a text where the request has none: in a list, for each element that has none.
func (r *request) orElse(source, text string, all []found) ([]found, error) {
	i := strings.LastIndex(source, "].")
	if i < 0 || !strings.HasPrefix(source, "b:") {
		if len(all) == 0 {
			all = []found{{text: text}}
		}
		return all, nil
	}
	body, err := r.document()
	if err != nil || len(all) > maxResources {
		return all, err
	}
	walk(body, source[len("b:"):i+1], "", nil, func(_ *wire.Value, at []place) {
		if len(all) > maxResources {
			return // which is too many
		}
		without := found{text: text, at: at}
		if !slices.ContainsFunc(all, func(f found) bool { return f.together(&without) }) {
			all = append(all, without)
		}
	})
	return all, nil
}

// read returns the texts of a source without functions.
func (r *request) read(source string) (all []found, err error) {
	kind, name, _ := strings.Cut(source, ":")
	function := r.call.Service == "lambda" && name == "FunctionName"
	add := func(text string, at []place) {
		if function && text != "" {
			text = r.functionARN(text)
		}
		if text != "" {
			all = append(all, found{text: text, at: at})
		}
	}
	switch kind {
	case "b":
		body, err := r.document()
		if err != nil {
			return nil, err
		}
		walk(body, name, "", nil, func(v *wire.Value, at []place) {
			if text, ok := v.Text(); ok {
				add(text, at)
			}
		})
	case "q":
		for _, value := range r.msg.Param(name) {
			add(value, nil)
		}
	case "h":
		for _, value := range r.msg.Header.Values(name) {
			add(value, nil)
		}
	case "l":
		value, _ := r.msg.Operation.Label(r.msg.Request, name)
		add(value, nil)
	case "c":
		add(r.computed(name), nil)
	default:
		if form, ok := strings.CutPrefix(source, "="); ok {
			add(r.fill(form, nil, nil, catalog.ByHand).arn, nil)
		}
	}
	return all, nil
}

// exists reports whether the request has a source, also as a structure or an empty list.
func (r *request) exists(source string) (bool, error) {
	if kind, path, _ := strings.Cut(source, ":"); kind == "b" && !strings.ContainsAny(source, "|,") {
		body, err := r.document()
		exists := false
		if err == nil {
			walk(body, path, "", nil, func(v *wire.Value, _ []place) { exists = exists || v.Exists() })
		}
		return exists, err
	}
	all, err := r.texts(source)
	return len(all) > 0, err
}

// value returns the value of a member of the body.
func (r *request) value(source string) (*wire.Value, error) {
	body, err := r.document()
	if err != nil {
		return nil, err
	}
	v := new(wire.Value)
	walk(body, strings.TrimPrefix(source, "b:"), "", nil, func(x *wire.Value, _ []place) { v = x })
	return v, nil
}

// walk goes along a path: names with dots between them, "[]" after a list and "[member]"
// after one whose elements have a name, "{}" after a map whose keys are meant, "{*}" after
// one whose values are, and "{Name}" after one of which one value is.
func walk(v *wire.Value, rest, done string, at []place, f func(*wire.Value, []place)) {
	if rest == "" {
		f(v, at)
		return
	}
	step, rest := cutStep(rest)
	done += "." + step
	name, suffix := step, ""
	if i := strings.IndexAny(step, "[{"); i >= 0 {
		name, suffix = step[:i], step[i:]
	}
	if name != "" {
		v = v.Member(name)
	}
	within := func(e *wire.Value, index int) {
		walk(e, rest, done, append(at[:len(at):len(at)], place{done, index}), f)
	}
	switch {
	case suffix == "":
		walk(v, rest, done, at, f)
	case suffix[0] == '[':
		for i, e := range v.Elements() {
			within(e, i)
		}
	default:
		wanted, i := strings.Trim(suffix, "{}"), 0
		v.Entries(func(key string, e *wire.Value) {
			switch {
			case wanted == "":
				within(wire.Text(key), i)
			case wanted == "*":
				within(e, i)
			case wanted == key:
				walk(e, rest, done, at, f)
			}
			i++
		})
	}
}

// cutStep cuts the first step of a path off. A dot within braces is part of a key.
func cutStep(path string) (step, rest string) {
	depth := 0
	for i := range len(path) {
		switch path[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '.':
			if depth == 0 {
				return path[:i], path[i+1:]
			}
		}
	}
	return path, ""
}

// apply applies a function of the catalog to a text, which becomes "" where it is not meant.
func (r *request) apply(function string, f *found) {
	text := f.text
	switch function {
	case "last": // of a queue's URL
		f.text = text[strings.LastIndexByte(text, '/')+1:]
	case "slashless":
		f.text = strings.TrimPrefix(text, "/")
	case "family", "revision": // of a task definition: family:revision, also in its ARN
		family, revision, _ := strings.Cut(text[strings.LastIndexByte(text, '/')+1:], ":")
		f.text = map[string]string{"family": family, "revision": revision}[function]
	case "secret":
		if !strings.HasPrefix(text, "arn:") || !hasSuffix(text) {
			f.text, f.partial = text+unknownSuffix, true
		}
	case "alias":
		if f.text = ""; strings.HasPrefix(text, "alias/") {
			f.text = text
		} else if _, alias, ok := strings.Cut(text, ":alias/"); ok {
			f.text = "alias/" + alias
		}
	case "parent": // of the ARN of a subscription
		f.text, _ = cutARN(text, topicParts)
	case "qualified": // the ARN of a state machine, with a version or an alias after it or not
		f.text, _ = cutARN(text, stateMachineParts)
	case "qualifier":
		_, f.text = cutARN(text, stateMachineParts)
	case "scope": // of a web ACL and the like
		f.text = map[string]string{"REGIONAL": "regional", "CLOUDFRONT": "global"}[text]
	case "project": // of a build, whose id is project:uuid, also in its ARN
		f.text, _, _ = strings.Cut(text[strings.LastIndexByte(text, '/')+1:], ":")
	case "record": // the name of a record set as Route 53 compares it
		f.text = strings.TrimSuffix(strings.ToLower(text), ".")
	case "partiql":
		f.text = tableOf(text)
	case "copied": // bucket/key?versionId=x, escaped
		source, _, _ := strings.Cut(text, "?")
		if plain, err := url.PathUnescape(source); err == nil {
			source = plain
		}
		f.text = strings.TrimPrefix(source, "/")
	case "version":
		_, f.text, _ = strings.Cut(text, "?versionId=")
	case "ec2":
		f.text = r.ec2ARN(text)
	}
}

// How many parts with colons between them the ARNs of topics and of state machines have.
const (
	topicParts        = 6
	stateMachineParts = 7
)

// cutARN cuts off what follows the first parts of an ARN.
func cutARN(text string, parts int) (arn, rest string) {
	at := 0
	for range parts {
		i := strings.IndexByte(text[at:], ':')
		if i < 0 {
			return text, ""
		}
		at += i + 1
	}
	return text[:at-1], text[at:]
}

// hasSuffix reports whether the ARN of a secret ends with the six characters that Secrets
// Manager gives it.
func hasSuffix(arn string) bool {
	const length = 6
	i := len(arn) - length - 1
	return i > 0 && arn[i] == '-' && !strings.ContainsAny(arn[i+1:], "-/_+=.@")
}

// statementTable finds the table in a statement of PartiQL for DynamoDB, and the index behind it.
// A FROM in quotes is a name.
var statementTable = regexp.MustCompile(`(?is)^[\s(]*(?:(?:EXISTS\s*\(\s*)?SELECT\b(?:"[^"]*"|'[^']*'|[^"'])*?\bFROM|INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:"([^"]+)"|([\w-]+))(?:\s*\.\s*(?:"([^"]+)"|([\w-]+)))?`)

// tableOf is the table of a statement, or its index: name/index/name.
func tableOf(statement string) string {
	m := statementTable.FindStringSubmatch(statement[:min(len(statement), maxStatement)])
	if m == nil {
		return ""
	}
	if index := m[3] + m[4]; index != "" {
		return m[1] + m[2] + "/index/" + index
	}
	return m[1] + m[2]
}

// maxStatement is DynamoDB's limit for a statement, in characters.
const maxStatement = 8192

// ec2Types are the types of EC2's resources by what their ids begin with.
var ec2Types = map[string]string{
	"acl": "network-acl", "ami": "image", "cgw": "customer-gateway", "cr": "capacity-reservation", "dopt": "dhcp-options",
	"eigw": "egress-only-internet-gateway", "eipalloc": "elastic-ip", "eni": "network-interface", "fl": "vpc-flow-log",
	"fleet": "fleet", "h": "dedicated-host", "i": "instance", "igw": "internet-gateway", "key": "key-pair", "lt": "launch-template",
	"nat": "natgateway", "pcx": "vpc-peering-connection", "pg": "placement-group", "pl": "prefix-list", "rtb": "route-table",
	"sg": "security-group", "sir": "spot-instances-request", "snap": "snapshot", "subnet": "subnet", "tgw": "transit-gateway",
	"tgw-attach": "transit-gateway-attachment", "tgw-rtb": "transit-gateway-route-table", "vgw": "vpn-gateway", "vol": "volume",
	"vpc": "vpc", "vpce": "vpc-endpoint", "vpn": "vpn-connection",
}

// ec2ARN returns the ARN of a resource of EC2 by its id; "" for an id of no known type.
func (r *request) ec2ARN(id string) string {
	dash := strings.LastIndexByte(id, '-')
	if dash < 0 {
		return ""
	}
	s, ok := catalog.Lookup("ec2")
	if !ok {
		return ""
	}
	for _, t := range s.Resources() {
		if t.Name == ec2Types[id[:dash]] {
			form := t.ARNs[0]
			return r.fill(form[:strings.LastIndex(form, "${")]+id, nil, nil, catalog.ByHand).arn
		}
	}
	return ""
}
