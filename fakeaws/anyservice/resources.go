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
	kind  *catalog.Resource // nil where it is not known
	// at says which elements of the request name it; none where all of it does.
	at [][]place
}

// together reports whether a text is of an element that names the resource.
func (one *resource) together(f *found) bool {
	if len(one.at) == 0 {
		return true
	}
	return slices.ContainsFunc(one.at, func(at []place) bool { return f.together(&found{at: at}) })
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
	if all, err = r.asking(p, all); err != nil {
		return nil, err
	}
	return distinct(all), nil
}

// asking leaves those resources that the elements name which a permission is asked for, where
// that is by a word: the table of a statement that begins with SELECT.
func (r *request) asking(p *catalog.Permission, all []resource) ([]resource, error) {
	for _, condition := range p.If {
		source, word, hasWord := strings.Cut(condition, "~")
		if !hasWord {
			return all, nil
		}
		texts, err := r.texts(source)
		if err != nil {
			return nil, err
		}
		texts = slices.DeleteFunc(texts, func(f found) bool { return !beginsWith(f.text, word) })
		all = slices.DeleteFunc(all, func(one resource) bool {
			return !slices.ContainsFunc(texts, func(f found) bool { return one.together(&f) })
		})
	}
	return all, nil
}

// meant returns the bindings that a request means. Types with the same sources are
// alternatives: the first stands for all, and an ARN says which it is. Where the sources of a
// type are among those of another, as those of a table among those of an index, the other is
// meant when all its sources are set, and else the first; but of types that are all required,
// as Glue's tables with their database, all are meant.
func (r *request) meant(all []catalog.Binding) (meant []*catalog.Binding, err error) {
	if len(all) == 1 {
		return []*catalog.Binding{&all[0]}, nil
	}
	sources := make([][]string, len(all))
	for i := range all {
		sources[i] = sourcesOf(&all[i])
	}
	for i := range all {
		other, err := r.otherMeant(all, sources, i)
		if err != nil {
			return nil, err
		}
		if !other {
			meant = append(meant, &all[i])
		}
	}
	return meant, nil
}

// otherMeant reports whether a request means another type in the place of one.
func (r *request) otherMeant(all []catalog.Binding, sources [][]string, i int) (bool, error) {
	for j := range all {
		required := !all[i].Optional && !all[j].Optional
		within, beyond := among(sources[i], sources[j]), among(sources[j], sources[i])
		switch {
		case i == j || len(sources[i]) == 0 || len(sources[j]) == 0:
		case within && beyond: // alternatives, unless both are written
			if j < i && (!required || all[i].Class != catalog.ByHand) {
				return true, nil
			}
		case required:
		case within:
			if set, err := r.allSet(sources[j]); set || err != nil {
				return true, err
			}
		case beyond: // more than the other, and not all there
			if set, err := r.allSet(sources[i]); !set || err != nil {
				return true, err
			}
		}
	}
	return false, nil
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

// distinct leaves one of the resources that several elements name.
func distinct(all []resource) []resource {
	seen := make(map[string]int, len(all))
	kept := all[:0]
	for _, one := range all {
		i, known := seen[one.arn]
		if !known {
			seen[one.arn] = len(kept)
			kept = append(kept, one)
			continue
		}
		if same := &kept[i]; len(same.at) == 0 || len(one.at) == 0 {
			same.at = nil
		} else {
			same.at = append(same.at[:len(same.at):len(same.at)], one.at...)
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
		return r.ofTypes(p, action, b, source)
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
		one := r.fill(form, nil, nil, b.Class)
		one.kind = t
		r.complete(action, &one)
		return []resource{one}, nil
	}
	all := make([]resource, 0, len(values))
	for _, row := range values {
		one := r.oneOf(action, t, form, names, row, b.Class)
		for i := range row {
			if len(row[i].at) > 0 {
				one.at = append(one.at, row[i].at)
			}
		}
		if len(one.at) > 1 {
			one.at = [][]place{slices.Concat(one.at...)}
		}
		r.complete(action, &one)
		all = append(all, one)
	}
	return all, nil
}

// ofTypes returns a resource of each type that the request names at a source: what is to be
// made has no id yet; of what is there, the variable of the binding is the id.
func (r *request) ofTypes(p *catalog.Permission, action *catalog.Action, b *catalog.Binding, source string) ([]resource, error) {
	texts, err := r.texts(source)
	if err != nil {
		return nil, err
	}
	_, ids, err := r.variables(b)
	if err != nil {
		return nil, err
	}
	var all []resource
	for i := range texts {
		t := typeNamed(action, texts[i].text)
		if t == nil {
			all = append(all, resource{arn: r.anyARN(prefixOf(p.Action)), partial: true})
			continue
		}
		one := r.fill(t.ARNs[0], nil, nil, catalog.Partial)
		if len(ids) == 1 {
			one = r.fill(beforeNames(t.ARNs[0]), nil, nil, catalog.ByHand)
			one.arn += ids[0][0].text
		}
		one.kind = t
		if len(texts[i].at) > 0 {
			one.at = [][]place{texts[i].at}
		}
		all = append(all, one)
	}
	return all, nil
}

// typeNamed returns a type by its name as requests write it: "ManagedInstance" is managed-instance.
func typeNamed(action *catalog.Action, name string) *catalog.Resource {
	if action == nil {
		return nil
	}
	for _, t := range action.Service.Resources() {
		if strings.EqualFold(strings.ReplaceAll(t.Name, "-", ""), strings.ReplaceAll(name, "-", "")) {
			return t
		}
	}
	return nil
}

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
	lower := strings.ToLower(name)
	switch {
	case lower == "partition":
		return "aws"
	case lower == "region":
		return r.region
	case lower == "*":
		return "*"
	case lower == "path" && (r.msg.Protocol == 0 || len(names) == 0):
		return apiPath(r.call.Path())
	}
	ofAccount := lower == "account" || lower == "accountid"
	for i, n := range names {
		if n != name || row[i].text == "" {
			continue
		}
		id, isAccount := accountOf(row[i].text)
		switch {
		case ofAccount && isAccount:
			return id
		case ofAccount: // the service refuses it
		default:
			*partial = *partial || row[i].partial
			if kind := before[strings.LastIndexByte(before, ':')+1:]; len(kind) > 1 {
				return strings.TrimPrefix(row[i].text, kind)
			}
			return row[i].text
		}
	}
	if ofAccount {
		return r.owner
	}
	*partial = true
	return "*"
}

// kindOf returns the type of an ARN among those that an action takes; nil where it is of none.
func kindOf(action *catalog.Action, text string) *catalog.Resource {
	if action == nil {
		return nil
	}
	for _, t := range action.Resources {
		if t.Match(text) {
			return t.Resource
		}
	}
	return nil
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
