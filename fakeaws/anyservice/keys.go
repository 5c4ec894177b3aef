package anyservice

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// told is what a request tells of condition keys, before it is known for which permission.
type told struct {
	keys    []toldKey
	tagged  bool // the operation takes tags
	ofTypes bool // and says of which types of resources they are
	given   []givenTag
	removed []string
}

// A toldKey is a condition key with what the request has at its source.
type toldKey struct {
	name   string
	values []found
}

// told reads the condition keys of a request once.
func (r *request) told(facts *catalog.Facts) (*told, error) {
	t := new(told)
	for i := range facts.Keys {
		if err := r.tell(t, &facts.Keys[i]); err != nil {
			return nil, err
		}
	}
	if facts.Tags == nil {
		return t, nil
	}
	t.tagged, t.ofTypes = true, facts.Tags.Type != ""
	var err error
	t.given, t.removed, err = r.givenTags(facts.Tags)
	return t, err
}

// maxValues is how many values a request may have of a condition key: as many as resources.
const maxValues = maxResources

func (r *request) tell(t *told, k *catalog.KeySource) error {
	if k.Class == catalog.MapKeys && !strings.HasSuffix(k.Source, "{}") {
		v, err := r.value(k.Source)
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(k.Key, "${")
		v.Entries(func(key string, value *wire.Value) {
			if text, ok := value.Text(); ok {
				t.keys = append(t.keys, toldKey{name + key, []found{{text: text}}})
			}
		})
		return nil
	}
	values, err := r.texts(k.Source)
	if len(values) > maxValues {
		return invalid("The request has more than 2,000 values of " + k.Key + ".")
	}
	if err == nil && len(values) > 0 {
		t.keys = append(t.keys, toldKey{k.Key, values})
	}
	return err
}

// set sets the keys of a permission on a resource: those that its action has, of the elements
// that name the resource. It returns those whose value is vague.
func (t *told) set(r *request, p *catalog.Permission, on *resource, keys *enforce.Context) vagueKeys {
	var vague vagueKeys
	action, _ := catalog.Find(p.Action)
	for i := range t.keys {
		k := &t.keys[i]
		key, applies := keyOf(action, on.kind, k.name)
		if !applies {
			continue
		}
		if !k.set(r, key, action, on, keys) {
			vague = append(vague, k.name)
		}
	}
	for i := range p.Keys {
		if text, ok := strings.CutPrefix(p.Keys[i].Source, "="); ok {
			keys.Set(p.Keys[i].Key, r.fill(text, nil, nil, catalog.ByHand).arn)
		}
	}
	setID(on, keys)
	given := make([]fakeaws.Tag, 0, len(t.given))
	for i := range t.given {
		if !t.ofTypes || on.kind != nil && t.given[i].of == on.kind.Name {
			given = append(given, t.given[i].Tag)
		}
	}
	if t.ofTypes && on.kind == nil { // any of the tags may be for it
		vague = append(vague, "aws:TagKeys")
		for i := range t.given {
			vague = append(vague, "aws:RequestTag/"+t.given[i].Key)
		}
	}
	fakeaws.SetRequestTags(keys, given, func(t fakeaws.Tag) (string, string) { return t.Key, t.Value })
	fakeaws.SetTagKeys(keys, t.removed)
	return vague
}

// keyOf returns a condition key, nil where the reference does not have it, and whether a
// permission on a resource has it. A key that some types of the action's resources have, a
// permission on another type has not: ec2:InstanceType is one of the instance that is to run,
// not of its image.
func keyOf(action *catalog.Action, kind *catalog.Resource, name string) (*catalog.Key, bool) {
	if action == nil {
		return nil, true
	}
	service, ok := catalog.Lookup(prefixOf(name))
	if !ok {
		return nil, true
	}
	key, ok := service.Key(name)
	switch {
	case !ok:
		return nil, true
	case !action.HasKey(key):
		return key, false
	case kind == nil || slices.Contains(kind.Keys, key):
		return key, true
	}
	return key, !slices.ContainsFunc(action.Resources, func(t catalog.Target) bool { return slices.Contains(t.Keys, key) })
}

// set sets the key for a resource, and reports whether its value is known. AWS decides for
// each element by itself: a key that has one value has none here when the elements differ.
func (k *toldKey) set(r *request, key *catalog.Key, action *catalog.Action, on *resource, keys *enforce.Context) bool {
	var values distinctTexts
	for i := range k.values {
		v := &k.values[i]
		if !on.together(v) {
			continue
		}
		text, ok := v.text, true
		if key != nil && strings.HasSuffix(key.Type, "ARN") && !strings.HasPrefix(text, "arn:") {
			text, ok = r.keyARN(key, action, on, v)
		}
		if !ok || v.partial {
			return false
		}
		values.add(text)
	}
	list := key != nil && strings.HasPrefix(key.Type, "ArrayOf")
	switch {
	case len(values.texts) == 0:
	case list:
		keys.SetMulti(k.name, values.texts)
	case len(values.texts) > 1:
		return false
	default:
		keys.Set(k.name, values.texts[0])
	}
	return true
}

// keyARN is the ARN of what a request names by its name alone, where the key is called as a
// type of resource: ecs:cluster, lambda:FunctionArn. Other keys have the text as it is.
func (r *request) keyARN(key *catalog.Key, action *catalog.Action, on *resource, v *found) (text string, ok bool) {
	_, name, _ := strings.Cut(strings.ToLower(key.Name), ":")
	for _, t := range action.Service.Resources() {
		if t.Name != name && t.Name+"arn" != name {
			continue
		}
		if on.kind == t {
			return on.arn, !on.partial
		}
		whole := r.fill(beforeNames(t.ARNs[0]), nil, nil, catalog.Exact)
		whole.arn += v.text
		return whole.arn, !whole.partial && t.Match(whole.arn)
	}
	return v.text, true
}

// beforeNames is the form of an ARN before what names the resource.
func beforeNames(form string) string {
	const owner = 5 // colons before the resource
	at := 0
	for range owner {
		at += strings.IndexByte(form[at:], ':') + 1
	}
	if i := strings.Index(form[at:], "${"); i >= 0 {
		return form[:at+i]
	}
	return form
}

// vagueKeys are condition keys of a permission that the request tells, but not for certain.
type vagueKeys []string

// or adds the keys to what is not known.
func (v vagueKeys) or(u *enforce.Unknown) *enforce.Unknown {
	if len(v) == 0 {
		return u
	}
	return &enforce.Unknown{Resource: u.Resource, Key: func(name string) bool {
		return slices.ContainsFunc(v, func(key string) bool { return strings.EqualFold(key, name) }) || u.Key(name)
	}}
}

// computed returns the value of a key that no member has.
func (r *request) computed(what string) string {
	switch strings.TrimPrefix(what, "c:") {
	case "region":
		return r.call.Region
	case "account":
		return r.call.Account
	case "ses-api-version":
		return map[string]string{"ses": "1", "sesv2": "2"}[r.call.Service]
	}
	return ""
}
