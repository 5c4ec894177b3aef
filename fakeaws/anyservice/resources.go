package anyservice

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A resource is one that a permission is asked on.
type resource struct {
	arn string
	// partial says that each "*" in the ARN is a part which the request does not tell, and
	// each "?" a character.
	partial bool
	// class is how the catalog found where the request names it; 0 where it does not.
	class catalog.Class
}

// maxResources is how many resources one permission of a call may be asked on. No AWS
// operation takes as many.
const maxResources = 2_000

// resources returns the resources of a permission: each of those that the request names.
func (r *request) resources(p *catalog.Permission) ([]resource, error) {
	action, known := catalog.Find(p.Action)
	switch {
	case !known && len(p.Resources) == 0:
		return []resource{{arn: r.anyARN(prefixOf(p.Action)), partial: true}}, nil
	case known && len(action.Resources) == 0 && len(p.Resources) == 0:
		return []resource{{arn: "*", class: catalog.Fixed}}, nil
	}
	meant, err := r.meant(p.Resources)
	if err != nil {
		return nil, err
	}
	var all []resource
	for _, b := range meant {
		more, err := r.ofType(p, action, b)
		if err != nil {
			return nil, err
		}
		if all = append(all, more...); len(all) > maxResources {
			return nil, invalid("The request names more than 2,000 resources.")
		}
	}
	if len(all) == 0 {
		return []resource{{arn: r.anyARN(prefixOf(p.Action)), partial: true}}, nil
	}
	return distinct(all), nil
}

// meant returns the bindings that a request means. Types with the same sources are
// alternatives: the first stands for all, and an ARN says which it is. Where the sources of a
// type are among those of another, as those of a table among those of an index, the other is
// meant when all its sources are set, and else the first.
func (r *request) meant(all []catalog.Binding) (meant []*catalog.Binding, err error) {
	if len(all) == 1 {
		return []*catalog.Binding{&all[0]}, nil
	}
	sources := make([][]string, len(all))
	for i := range all {
		sources[i] = sourcesOf(&all[i])
	}
next:
	for i := range all {
		for j := range all {
			if i == j || len(sources[i]) == 0 || !among(sources[i], sources[j]) {
				continue
			}
			if len(sources[i]) == len(sources[j]) {
				if j < i {
					continue next
				}
				continue
			}
			set, err := r.allSet(sources[j])
			if err != nil {
				return nil, err
			}
			if set {
				continue next
			}
		}
		for j := range all { // what is more than another, and not all there
			if i == j || len(sources[j]) == 0 || len(sources[i]) <= len(sources[j]) || !among(sources[j], sources[i]) {
				continue
			}
			set, err := r.allSet(sources[i])
			if err != nil {
				return nil, err
			}
			if !set {
				continue next
			}
		}
		meant = append(meant, &all[i])
	}
	return meant, nil
}

func sourcesOf(b *catalog.Binding) (all []string) {
	if b.ARN != "" {
		all = append(all, b.ARN)
	}
	for _, name := range slices.Sorted(maps.Keys(b.Variables)) {
		all = append(all, b.Variables[name])
	}
	return all
}

func among(some, all []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}

func (r *request) allSet(sources []string) (bool, error) {
	for _, s := range sources {
		if texts, err := r.texts(s); err != nil || len(texts) == 0 {
			return false, err
		}
	}
	return true, nil
}

// anyARN is the ARN of a resource of which only the service is known. Some resources have no
// region, and some no account.
func (r *request) anyARN(prefix string) string { return "arn:aws:" + prefix + ":*:*:*" }

func prefixOf(action string) string {
	prefix, _, _ := strings.Cut(action, ":")
	return prefix
}

func distinct(all []resource) []resource {
	seen := make(map[string]bool, len(all))
	kept := all[:0]
	for _, one := range all {
		if !seen[one.arn] {
			seen[one.arn] = true
			kept = append(kept, one)
		}
	}
	return kept
}

// ofType returns the resources of one type. One that is optional and that the request does
// not name at all is not asked for.
func (r *request) ofType(p *catalog.Permission, action *catalog.Action, b *catalog.Binding) ([]resource, error) {
	if b.ARN != "" {
		all, err := r.byARN(action, b)
		if len(all) > 0 || err != nil || len(b.Variables) == 0 {
			return all, err
		}
	}
	if source, ok := strings.CutPrefix(b.Type, "="); ok {
		return r.ofTypes(p, action, source)
	}
	t := typeOf(action, b.Type)
	if t == nil {
		return []resource{{arn: r.anyARN(prefixOf(p.Action)), partial: true}}, nil
	}
	form := t.ARNs[min(b.Form, len(t.ARNs)-1)]
	names, values, err := r.variables(b)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 && b.Optional && len(p.Resources) > 1 {
		return nil, nil
	}
	if len(values) == 0 {
		return []resource{r.fill(form, nil, nil, b.Class)}, nil
	}
	all := make([]resource, 0, len(values))
	for _, row := range values {
		all = append(all, r.oneOf(action, form, names, row, b.Class))
	}
	return all, nil
}

// ofTypes returns a resource of each type that the request names at a source: what is to be
// made has no id yet.
func (r *request) ofTypes(p *catalog.Permission, action *catalog.Action, source string) ([]resource, error) {
	texts, err := r.texts(source)
	if err != nil {
		return nil, err
	}
	var all []resource
	for i := range texts {
		if t := typeOf(action, texts[i].text); t != nil {
			all = append(all, r.fill(t.ARNs[0], nil, nil, catalog.Partial))
		} else {
			all = append(all, resource{arn: r.anyARN(prefixOf(p.Action)), partial: true})
		}
	}
	return all, nil
}

// oneOf returns the resource of some values. One that is an ARN of a type which the action
// takes is the resource: many members take a name or an ARN.
func (r *request) oneOf(action *catalog.Action, form string, names []string, row []found, class catalog.Class) resource {
	for i := range row {
		text := row[i].text
		if key, ok := r.aliased(form, text); ok {
			return key
		}
		if !strings.HasPrefix(text, "arn:") {
			continue
		}
		if fits(action, text) {
			return resource{arn: text, class: class}
		}
		if a, err := arn.Parse(text); err == nil { // of the type above: the cluster of a service
			r, row[i].text = r.at(text), lastPart(a.Resource)
		}
	}
	return r.fill(form, names, row, class)
}

func lastPart(s string) string { return s[strings.LastIndexAny(s, "/:")+1:] }

// variables returns the values of the variables of a binding: a row for each resource.
func (r *request) variables(b *catalog.Binding) (names []string, rows [][]found, err error) {
	for _, name := range slices.Sorted(maps.Keys(b.Variables)) {
		texts, err := r.texts(b.Variables[name])
		if err != nil {
			return nil, nil, err
		}
		if len(texts) == 0 {
			continue
		}
		names = append(names, name)
		if rows, err = join(rows, texts, len(names)-1); err != nil {
			return nil, nil, err
		}
	}
	return names, rows, nil
}

// join adds the values of one more variable to rows, each to those of the same elements.
func join(rows [][]found, texts []found, column int) ([][]found, error) {
	if column == 0 {
		for _, t := range texts {
			rows = append(rows, []found{t})
		}
		return rows, nil
	}
	var joined [][]found
	for _, row := range rows {
		matched := false
		for i := range texts {
			if !fitsRow(row, &texts[i]) {
				continue
			}
			matched = true
			if joined = append(joined, append(row[:len(row):len(row)], texts[i])); len(joined) > maxResources {
				return nil, invalid("The request names more than 2,000 resources.")
			}
		}
		if !matched {
			joined = append(joined, append(row[:len(row):len(row)], found{}))
		}
	}
	return joined, nil
}

func fitsRow(row []found, t *found) bool {
	for i := range row {
		if !row[i].together(t) {
			return false
		}
	}
	return true
}

// fill puts values into the form of an ARN: arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}.
// What the request does not have is "*".
func (r *request) fill(form string, names []string, row []found, class catalog.Class) resource {
	out := resource{class: class}
	var b strings.Builder
	for {
		before, rest, variable := strings.Cut(form, "${")
		b.WriteString(before)
		if !variable {
			break
		}
		var name string
		name, form, _ = strings.Cut(rest, "}")
		b.WriteString(r.variable(before, name, names, row, &out.partial))
	}
	out.arn = b.String()
	return out
}

// variable returns the value of a variable. One that begins with the text before it in the
// form has that already.
func (r *request) variable(before, name string, names []string, row []found, partial *bool) string {
	switch strings.ToLower(name) {
	case "partition":
		return "aws"
	case "region":
		return r.region
	case "account", "accountid":
		return r.owner
	case "*":
		return "*"
	case "path":
		if r.msg.Protocol == 0 || len(names) == 0 {
			return r.call.Path()
		}
	}
	for i, n := range names {
		if n == name && row[i].text != "" {
			*partial = *partial || row[i].partial
			if kind := before[strings.LastIndexByte(before, ':')+1:]; len(kind) > 1 {
				return strings.TrimPrefix(row[i].text, kind)
			}
			return row[i].text
		}
	}
	*partial = true
	return "*"
}

// byARN returns the resources of a member that is an ARN, or of the form that the binding
// has ("="). A text that is none names the resource as the last variable does.
func (r *request) byARN(action *catalog.Action, b *catalog.Binding) ([]resource, error) {
	if form, literal := strings.CutPrefix(b.ARN, "="); literal {
		return []resource{r.fill(r.withLabels(form), nil, nil, b.Class)}, nil
	}
	texts, err := r.texts(b.ARN)
	if err != nil {
		return nil, err
	}
	all := make([]resource, 0, len(texts))
	for i := range texts {
		all = append(all, r.named(action, b, texts[i]))
	}
	if len(all) == 0 && !b.Optional && len(b.Variables) == 0 {
		all = append(all, r.unnamed(action, b))
	}
	return all, nil
}

func (r *request) named(action *catalog.Action, b *catalog.Binding, f found) resource {
	text := f.text
	if t := typeOf(action, b.Type); t != nil {
		if key, ok := r.aliased(t.ARNs[0], text); ok {
			return key
		}
	}
	switch {
	case strings.HasPrefix(text, "arn:") && (action == nil || fits(action, text)):
		return resource{arn: text, class: b.Class}
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
		return r.fill(form, []string{name}, []found{f}, b.Class)
	}
	return resource{arn: text, class: catalog.None}
}

// unnamed is the resource of a type that the request does not name.
func (r *request) unnamed(action *catalog.Action, b *catalog.Binding) resource {
	if t := typeOf(action, b.Type); t != nil {
		return r.fill(t.ARNs[0], nil, nil, catalog.None)
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

// fits reports whether an ARN is one of a type that an action takes.
func fits(action *catalog.Action, text string) bool {
	if action == nil {
		return false
	}
	for _, t := range action.Resources {
		if t.Match(text) {
			return true
		}
	}
	return false
}

// owner returns the account in an ARN; "" where it has none.
func owner(text string) string {
	if a, err := arn.Parse(text); err == nil && a.AccountID != "*" {
		return a.AccountID
	}
	return ""
}

func invalid(message string) error {
	return &fakeaws.Error{Code: "ValidationException", Message: message, Status: 400}
}
