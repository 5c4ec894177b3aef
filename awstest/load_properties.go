package awstest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/leastpriv/leastpriv/enforce"
)

// properties are those of a resource that is made. What is wrong with them is collected.
type properties struct {
	*deploy.Resource
	deployment *Deployment
	problems   deploy.Errors
}

func (p *properties) account() *Account { return p.deployment.account }

func (p *properties) problem(format string, args ...any) {
	p.problems = append(p.problems, deploy.Problem{Position: p.Position, Address: p.Address, Text: fmt.Sprintf(format, args...)})
}

// knows reports properties that are none of those which are made or decide nothing:
// one that nobody looks at could grant or refuse something.
func (p *properties) knows(names ...string) {
	for name, value := range p.Properties {
		if value != nil && !slices.Contains(names, name) {
			p.problem("property %s of %s is not understood", name, p.Type)
		}
	}
}

// do makes a call, and collects what AWS says against it.
func (p *properties) do(in any) any {
	return p.doWith(in, nil)
}

// doWith is do with a policy.
func (p *properties) doWith(in any, policy *document) any {
	out, err := fixture{account: p.account(), policy: policy}.do(in)
	if err != nil {
		what := strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
		p.problem("%s: %s", what, policy.explain(err))
		return nil
	}
	return out
}

// text returns a property that is text; numbers and booleans are as JSON writes them.
func (p *properties) text(name string) string { return textOf(p.Properties[name]) }

func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case deploy.Document:
		return v.Text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// optional returns a property that is text, nil where it is not there.
func (p *properties) optional(name string) *string {
	if p.Properties[name] == nil {
		return nil
	}
	return aws.String(p.text(name))
}

func (p *properties) number(name string) *int32 {
	if p.Properties[name] == nil {
		return nil
	}
	n, err := strconv.ParseInt(p.text(name), 10, 32)
	if err != nil {
		p.problem("property %s is no number: %q", name, p.text(name))
		return nil
	}
	return aws.Int32(int32(n))
}

func (p *properties) isTrue(name string) bool { return strings.EqualFold(p.text(name), "true") }

// list returns a property that is a list of texts; one text alone is a list too.
func (p *properties) list(name string) []string {
	var list []string
	for _, v := range p.items(name) {
		list = append(list, textOf(v))
	}
	return list
}

func (p *properties) items(name string) []any {
	switch v := p.Properties[name].(type) {
	case nil:
		return nil
	case []any:
		return slices.DeleteFunc(slices.Clone(v), func(e any) bool { return e == nil })
	default:
		return []any{v}
	}
}

// objects returns a property that is a list of objects.
func (p *properties) objects(name string) []map[string]any {
	var list []map[string]any
	for _, v := range p.items(name) {
		if o, ok := v.(map[string]any); ok {
			list = append(list, o)
			continue
		}
		p.problem("property %s is no list of objects", name)
	}
	return list
}

// object returns a property that is an object, nil where it is not there.
func (p *properties) object(name string) map[string]any {
	v := p.Properties[name]
	o, ok := v.(map[string]any)
	if !ok && v != nil {
		p.problem("property %s is no object", name)
	}
	return o
}

// tags returns the tags: a list of Key and Value, or an object.
func (p *properties) tags(name string) map[string]string {
	tags := map[string]string{}
	if o, ok := p.Properties[name].(map[string]any); ok {
		for k, v := range o {
			tags[k] = textOf(v)
		}
		return tags
	}
	for _, tag := range p.objects(name) {
		tags[textOf(tag["Key"])] = textOf(tag["Value"])
	}
	return tags
}

func (p *properties) iamTags() []iamtypes.Tag { return (&spec{tags: p.tags("Tags")}).tagList() }

// policyOf reads a policy document.
func (p *properties) policyOf(value any, kind enforce.Kind) *document {
	switch v := value.(type) {
	case deploy.Document:
		d := &document{v.Text, v.Source, kind}
		mutates(p.account().t, d, p.Address)
		return d
	case string:
		d := &document{text: v, kind: kind}
		d.source.File, d.source.Line = p.Position.File, p.Position.Line
		return d
	case nil:
		return nil
	}
	p.problem("a policy document is neither an object nor text")
	return nil
}
