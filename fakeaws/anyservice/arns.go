package anyservice

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// oneOf returns the resource of some values. One that is an ARN of a type which the action
// takes is the resource, or what the resource is in: many members take a name or an ARN.
func (r *request) oneOf(action *catalog.Action, t *catalog.Resource, form string, names []string, row []found, class catalog.Class) resource {
	row = slices.Clone(row)
	for i := range row {
		text := row[i].text
		if key, isAlias := r.aliased(action, t, text); isAlias {
			r, text, row[i].text = r.at(text), key, ""
		}
		if !strings.HasPrefix(text, "arn:") {
			continue
		}
		if t.Match(text) {
			return resource{arn: text, class: class, kind: t, partial: row[i].partial}
		}
		if head, rest, ok := within(action, form, names[i], text); ok {
			one := r.fill(rest, names, row, class)
			one.arn, one.kind = head+one.arn, t
			one.partial = one.partial || row[i].partial
			return one
		}
		if kind := kindOf(action, text); kind != nil {
			return resource{arn: text, class: class, kind: kind, partial: row[i].partial}
		}
		r, row[i].text = r.at(text), variableOf(action, names[i], text)
	}
	one := r.fill(form, names, row, class)
	one.kind = t
	return one
}

// within reports whether an ARN is that of what a form goes on after, as the ARN of an index
// after that of its table, and returns it with the rest of the form.
func within(action *catalog.Action, form, variable, text string) (head, rest string, ok bool) {
	before, rest, found := strings.Cut(form, "${"+variable+"}")
	if !found || rest == "" || action == nil {
		return "", "", false
	}
	for _, t := range action.Service.Resources() {
		if slices.Contains(t.ARNs, before+"${"+variable+"}") && t.Match(text) {
			return text, rest, true
		}
	}
	return "", "", false
}

// variableOf returns a variable out of the ARN of another type that has it, as the name of the
// cluster in the ARN of a cluster; "" where no type of the service has.
func variableOf(action *catalog.Action, variable, text string) string {
	if action == nil {
		return ""
	}
	for _, t := range action.Service.Resources() {
		for _, form := range t.ARNs {
			if before, found := strings.CutSuffix(form, "${"+variable+"}"); found && t.Match(text) {
				last := before[strings.LastIndexByte(before, ':')+1:]
				if i := strings.LastIndexByte(last, '}'); i >= 0 {
					last = last[i+1:]
				}
				if last == "" {
					return text[strings.LastIndexByte(text, ':')+1:]
				}
				return text[strings.LastIndex(text, last)+len(last):]
			}
		}
	}
	return ""
}

// byARN returns the resources of a member that is an ARN, or of the form that the binding
// has ("="). A text that is none names the resource as the last variable does.
func (r *request) byARN(action *catalog.Action, b *catalog.Binding) ([]resource, error) {
	if form, literal := strings.CutPrefix(b.ARN, "="); literal {
		form = r.withLabels(form)
		names, rows, err := r.variables(b)
		if err != nil || len(rows) == 0 {
			return []resource{r.fill(form, nil, nil, b.Class)}, err
		}
		all := make([]resource, 0, len(rows))
		for _, row := range rows {
			all = append(all, r.fill(form, names, row, b.Class))
		}
		return all, nil
	}
	texts, err := r.texts(b.ARN)
	if err != nil {
		return nil, err
	}
	all := make([]resource, 0, len(texts))
	for i := range texts {
		one := r.named(action, b, texts[i])
		if len(texts[i].at) > 0 {
			one.at = [][]place{texts[i].at}
		}
		r.complete(action, &one)
		all = append(all, one)
	}
	if len(all) == 0 && !b.Optional && len(b.Variables) == 0 {
		all = append(all, r.unnamed(action, b))
	}
	return all, nil
}

func (r *request) named(action *catalog.Action, b *catalog.Binding, f found) resource {
	text := f.text
	if t := typeOf(action, b.Type); t != nil {
		if key, isAlias := r.aliased(action, t, text); isAlias {
			if key == "" {
				return r.at(text).unnamed(action, b)
			}
			text = key
		}
	}
	switch {
	case strings.HasPrefix(text, "arn:") && (action == nil || kindOf(action, text) != nil):
		return resource{arn: text, class: b.Class, kind: kindOf(action, text), partial: f.partial}
	case strings.HasPrefix(text, "arn:"):
		return r.at(text).unnamed(action, b)
	}
	t := typeOf(action, b.Type)
	if t == nil {
		return r.unnamed(action, b)
	}
	form := t.ARNs[0]
	if last := strings.LastIndex(form, "${"); last >= 0 {
		name, _, _ := strings.Cut(form[last+2:], "}")
		one := r.fill(form, []string{name}, []found{f}, b.Class)
		one.kind = t
		return one
	}
	return resource{arn: text, class: catalog.None, kind: t}
}

// unnamed is the resource of a type that the request does not name.
func (r *request) unnamed(action *catalog.Action, b *catalog.Binding) resource {
	if t := typeOf(action, b.Type); t != nil {
		one := r.fill(t.ARNs[0], nil, nil, catalog.None)
		one.kind = t
		return one
	}
	prefix := "*"
	if action != nil {
		prefix = action.Service.Prefix
	}
	return resource{arn: r.anyARN(prefix), partial: true}
}

func typeOf(action *catalog.Action, name string) *catalog.Resource {
	if action == nil {
		return nil
	}
	for _, t := range action.Service.Resources() {
		if t.Name == name {
			return t
		}
	}
	return nil
}
