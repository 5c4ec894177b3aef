package template

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// call evaluates an intrinsic function.
func (s *stack) call(n *node, name string, argument *node) any {
	switch name {
	case "Ref":
		if !argument.isString() {
			return s.fail(n, "Ref names a parameter or a resource, not %s", argument.kind)
		}
		return s.ref(n, argument.text)
	case "Fn::GetAtt":
		return s.getAtt(n, argument)
	case "Fn::Sub":
		return s.sub(n, argument)
	case "Fn::If":
		if chosen := s.branch(n, argument); chosen != nil {
			return s.evaluateNode(chosen)
		}
		return s.unknown(n, "Fn::If chooses nothing")
	case "Fn::ImportValue":
		return s.importValue(n, argument)
	case "Fn::FindInMap":
		return s.findInMap(n, argument)
	case "Fn::Transform":
		return s.unknown(n, "Fn::Transform: what the macro %s makes cannot be known", argument.get("Name").value())
	}
	f, ok := functions[name]
	if !ok {
		if isConditionFunction[name] {
			return s.evaluateCondition(n)
		}
		return s.fail(n, "%s is no intrinsic function", name)
	}
	v := s.evaluateNode(argument)
	if u, ok := isUnknown(v); ok {
		return u
	}
	result, problem := f(s, v)
	if text, ok := result.(string); ok && len(text) > maxText {
		problem = errTooLong
	}
	if problem != "" {
		return s.fail(n, "%s: %s", name, problem)
	}
	return result
}

// maxText bounds what functions make: nested ones multiply. No property of AWS is longer.
const maxText = 1 << 20

const errTooLong = "the text is too long"

// functions are those that evaluate their argument. They return what is wrong with it.
var functions map[string]func(s *stack, argument any) (any, string)

func init() {
	functions = map[string]func(*stack, any) (any, string){
		"Fn::Join": join, "Fn::Select": selectOne, "Fn::Split": split, "Fn::Base64": encode, "Fn::Cidr": cidr, "Fn::GetAZs": zones, "Fn::Length": length, "Fn::ToJsonString": toJSONString,
	}
}

// pair returns a list of two.
func pair(argument any) (first, second any, ok bool) {
	list, ok := argument.([]any)
	if !ok || len(list) != 2 {
		return nil, nil, false
	}
	return list[0], list[1], true
}

func join(_ *stack, argument any) (any, string) {
	delimiter, values, ok := pair(argument)
	list, isList := values.([]any)
	if !ok || !isList {
		return nil, "the argument is a delimiter and a list"
	}
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = textOf(v)
	}
	return strings.Join(texts, textOf(delimiter)), ""
}

func split(_ *stack, argument any) (any, string) {
	delimiter, text, ok := pair(argument)
	if !ok || textOf(delimiter) == "" {
		return nil, "the argument is a delimiter and a text"
	}
	var list []any
	for _, part := range strings.Split(textOf(text), textOf(delimiter)) {
		list = append(list, part)
	}
	return list, ""
}

func selectOne(_ *stack, argument any) (any, string) {
	index, values, ok := pair(argument)
	list, isList := values.([]any)
	i, err := strconv.Atoi(textOf(index))
	switch {
	case !ok || !isList || err != nil:
		return nil, "the argument is an index and a list"
	case i < 0 || i >= len(list):
		return nil, "there is no element " + strconv.Itoa(i) + " in a list of " + strconv.Itoa(len(list))
	}
	return list[i], ""
}

func encode(_ *stack, argument any) (any, string) {
	return base64.StdEncoding.EncodeToString([]byte(textOf(argument))), ""
}

func length(_ *stack, argument any) (any, string) {
	list, ok := argument.([]any)
	if !ok {
		return nil, "the argument is a list"
	}
	return json.Number(strconv.Itoa(len(list))), ""
}

func toJSONString(_ *stack, argument any) (any, string) { return toJSON(argument), "" }

// zones are availability zones: every region has at least three whose letters are a, b
// and c, or AWS calls them so for the account.
func zones(s *stack, argument any) (any, string) {
	region := textOf(argument)
	if region == "" {
		region = s.load.target.Region
	}
	return []any{region + "a", region + "b", region + "c"}, ""
}

// cidr is Fn::Cidr: count blocks with so many bits for hosts.
func cidr(_ *stack, argument any) (any, string) {
	list, _ := argument.([]any)
	if len(list) != 2 && len(list) != 3 {
		return nil, "the argument is a block, a count and the bits of a host"
	}
	block, err := netip.ParsePrefix(textOf(list[0]))
	count, countErr := strconv.Atoi(textOf(list[1]))
	bits := 8
	if err != nil || countErr != nil || count < 1 || count > 256 {
		return nil, "the argument is a block, a count from 1 to 256 and the bits of a host"
	}
	if len(list) == 3 {
		if bits, err = strconv.Atoi(textOf(list[2])); err != nil {
			return nil, "the bits of a host are a number"
		}
	}
	length := block.Addr().BitLen() - bits
	if bits < 1 || length < block.Bits() || length-block.Bits() < 31 && 1<<(length-block.Bits()) < count {
		return nil, "there are not " + strconv.Itoa(count) + " blocks in " + block.String()
	}
	var blocks []any
	addr := block.Masked().Addr().AsSlice()
	for range count {
		a, _ := netip.AddrFromSlice(addr)
		blocks = append(blocks, netip.PrefixFrom(a, length).String())
		addr = after(addr, bits)
	}
	return blocks, ""
}

// after adds 1<<bits to an address.
func after(addr []byte, bits int) []byte {
	sum := append([]byte(nil), addr...)
	carry := 1 << (bits % 8)
	for i := len(sum) - 1 - bits/8; i >= 0 && carry > 0; i-- {
		carry += int(sum[i])
		sum[i] = byte(carry)
		carry >>= 8
	}
	return sum
}

// sub is Fn::Sub, with or without variables of its own.
func (s *stack) sub(n, argument *node) any {
	template, variables := argument, (*node)(nil)
	if argument.isList() && len(argument.items) == 2 {
		template, variables = argument.items[0], argument.items[1]
	}
	if !template.isScalar() || variables != nil && !variables.isObject() {
		return s.fail(n, "Fn::Sub: the argument is a text, or a text and variables")
	}
	var b strings.Builder
	values := map[string]any{}
	rest := template.text
	for {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			break
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok {
			b.WriteString("${" + after)
			break
		}
		rest = tail
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		v, ok := values[name]
		if !ok {
			v = s.variable(n, strings.TrimSpace(name), variables)
			values[name] = v
		}
		if u, ok := isUnknown(v); ok {
			return u
		}
		if b.WriteString(textOf(v)); b.Len() > maxText {
			return s.fail(n, "Fn::Sub: %s", errTooLong)
		}
	}
	return s.dynamic(n, b.String())
}

// variable is a variable of Fn::Sub: its own, or as Ref and Fn::GetAtt have it.
func (s *stack) variable(n *node, name string, variables *node) any {
	if v := variables.get(name); v != nil {
		return s.evaluateNode(v)
	}
	if resource, attribute, ok := strings.Cut(name, "."); ok && s.aliases[name] == "" {
		return s.attribute(n, resource, attribute)
	}
	return s.ref(n, name)
}

// findInMap is Fn::FindInMap, whose default AWS::LanguageExtensions adds.
func (s *stack) findInMap(n, argument *node) any {
	if !argument.isList() || len(argument.items) != 3 && len(argument.items) != 4 {
		return s.fail(n, "Fn::FindInMap: the argument is a map and two keys")
	}
	var keys [3]string
	for i := range keys {
		v := s.evaluateNode(argument.items[i])
		if u, ok := isUnknown(v); ok {
			return u
		}
		keys[i] = textOf(v)
	}
	if v := s.mappings.get(keys[0]).get(keys[1]).get(keys[2]); v != nil {
		return literal(v)
	}
	if len(argument.items) == 4 {
		if v := argument.items[3].get("DefaultValue"); v != nil {
			return s.evaluateNode(v)
		}
	}
	return s.fail(n, "Fn::FindInMap: there is no %s", strings.Join(keys[:], "."))
}

// literal is a value of a mapping, in which there are no functions.
func literal(n *node) any {
	switch n.kind {
	case numberNode:
		return json.Number(n.text)
	case boolNode:
		return n.value() == "true"
	case listNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = literal(item)
		}
		return list
	}
	return n.text
}

// branch is what Fn::If chooses.
func (s *stack) branch(n, argument *node) *node {
	if !argument.isList() || len(argument.items) != 3 {
		s.problem(n, "Fn::If: the argument is a condition and two values")
		return nil
	}
	c := argument.items[0]
	if c.isScalar() && s.condition(c, c.text) || !c.isScalar() && s.evaluateCondition(c) {
		return argument.items[1]
	}
	return argument.items[2]
}

// getAtt is Fn::GetAtt: of a name and an attribute, which may be a function, or of both
// with a dot between them.
func (s *stack) getAtt(n, argument *node) any {
	if argument.isString() {
		name, attribute, _ := strings.Cut(argument.text, ".")
		return s.attribute(n, name, attribute)
	}
	if !argument.isList() || len(argument.items) < 2 || !argument.items[0].isString() {
		return s.fail(n, "Fn::GetAtt: the argument is a resource and an attribute")
	}
	var attribute []string
	for _, item := range argument.items[1:] {
		v := s.evaluateNode(item)
		if u, ok := v.(deploy.Unknown); ok {
			return u
		}
		attribute = append(attribute, textOf(v))
	}
	return s.attribute(n, argument.items[0].text, strings.Join(attribute, "."))
}
