package anyservice

import (
	"net/url"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// needs returns the permissions that a request needs, by what the catalog knows of its
// operation, and the roles that it passes.
func (f *Fake) needs(r *request, op *operation) (needs []fakeaws.Need, err error) {
	var keys enforce.Context
	if err := r.keys(op.facts, &keys); err != nil {
		return nil, err
	}
	for i := range op.facts.Permissions {
		p := &op.facts.Permissions[i]
		if asked, err := r.asked(p); err != nil || !asked {
			if err != nil {
				return nil, err
			}
			continue
		}
		all, err := r.resources(p)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			needs = append(needs, f.need(r, op, i, one, &keys))
		}
	}
	return needs, nil
}

// asked reports whether a permission is needed for the request.
func (r *request) asked(p *catalog.Permission) (bool, error) {
	if len(p.If) == 0 {
		return true, nil
	}
	for _, condition := range p.If {
		source, not := strings.CutPrefix(condition, "!")
		source, word, hasWord := strings.Cut(source, "~")
		there, err := r.exists(source)
		if err != nil {
			return false, err
		}
		if there && hasWord {
			if there, err = r.begins(source, word); err != nil {
				return false, err
			}
		}
		if there != not {
			return true, nil
		}
	}
	return false, nil
}

// begins reports whether a text of a source begins with a word, in any case: the statement
// of a PartiQL request.
func (r *request) begins(source, word string) (bool, error) {
	texts, err := r.texts(source)
	for _, t := range texts {
		text := strings.TrimLeft(t.text, " \t\r\n(")
		if len(text) >= len(word) && strings.EqualFold(text[:len(word)], word) {
			return true, nil
		}
	}
	return false, err
}

// need makes the Need of a permission on a resource.
func (f *Fake) need(r *request, op *operation, permission int, on resource, keys *enforce.Context) fakeaws.Need {
	p := &op.facts.Permissions[permission]
	n := fakeaws.Need{Action: p.Action, Resource: on.arn, Unknown: op.unknown(permission, on.partial, false)}
	n.Context = keys.Clone()
	for i := range p.Keys {
		if text, ok := strings.CutPrefix(p.Keys[i].Source, "="); ok {
			n.Context.Set(p.Keys[i].Key, text)
		}
	}
	op.compute(r, permission, &n.Context)
	if on.arn == "*" {
		return n
	}
	if on.partial {
		n.Note = "The request does not tell all of the resource's ARN: each * and ? in " + on.arn +
			" is unknown, and only a statement that covers whatever it is allows the call. Name the resource by its ARN in the call, or widen the statement's Resource."
	}
	if whole(&n) {
		f.describe(r, op, permission, on.partial, &n)
	}
	return n
}

// describe adds what is known of a resource: its policy and its tags.
func (f *Fake) describe(r *request, op *operation, permission int, partial bool, n *fakeaws.Need) {
	known := f.knownOf(n.Resource)
	if known != nil {
		n.Policy = known.policy.Policy()
		for key, value := range known.tags {
			n.Context.Set("aws:ResourceTag/"+key, value)
		}
		if known.allTags {
			n.Unknown = op.unknown(permission, partial, true)
		}
	}
	if n.Policy == nil && prefixOf(n.Action) == "kms" {
		f.describeKey(r, n)
	}
}

// describeKey is describe for KMS keys: those that the World has, and others, which have the
// default key policy as far as nobody has said otherwise.
func (f *Fake) describeKey(r *request, n *fakeaws.Need) {
	account, region := owner(n.Resource), r.call.Region
	if account == "" || !strings.Contains(n.Resource, ":key/") {
		return
	}
	if key, err := r.call.World.Keys().Find(account, region, n.Resource); err == nil {
		n.Policy = key.Policy()
		return
	}
	n.Policy = fakeaws.DefaultKeyPolicy(account)
	n.Note = "Nobody has told the key's policy: it is taken to be the default one."
}

// keys sets the condition keys that the request tells.
func (r *request) keys(facts *catalog.Facts, keys *enforce.Context) error {
	for i := range facts.Keys {
		if err := r.key(&facts.Keys[i], keys); err != nil {
			return err
		}
	}
	if facts.Tags == nil {
		return nil
	}
	return r.tags(facts.Tags, keys)
}

func (r *request) key(k *catalog.KeySource, keys *enforce.Context) error {
	if k.Class == catalog.MapKeys && !strings.HasSuffix(k.Source, "{}") {
		v, err := r.value(k.Source)
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(k.Key, "${")
		v.Entries(func(key string, value *wire.Value) {
			if text, ok := value.Text(); ok {
				keys.Set(name+key, text)
			}
		})
		return nil
	}
	all, err := r.texts(k.Source)
	if err != nil || len(all) == 0 {
		return err
	}
	if len(all) == 1 && !isList(k) {
		keys.Set(k.Key, all[0].text)
		return nil
	}
	values := make([]string, len(all))
	for i := range all {
		values[i] = all[i].text
	}
	keys.SetMulti(k.Key, values)
	return nil
}

// isList reports whether a condition key has many values.
func isList(k *catalog.KeySource) bool {
	s, ok := catalog.Lookup(prefixOf(k.Key))
	if !ok {
		return false
	}
	key, ok := s.Key(k.Key)
	return ok && strings.HasPrefix(key.Type, "ArrayOf")
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

// tags sets aws:RequestTag and aws:TagKeys.
func (r *request) tags(t *catalog.Tags, keys *enforce.Context) error {
	given, removed, err := r.givenTags(t)
	if err != nil {
		return err
	}
	fakeaws.SetRequestTags(keys, given, func(t fakeaws.Tag) (string, string) { return t.Key, t.Value })
	fakeaws.SetTagKeys(keys, removed)
	return nil
}

// maxTags is how many tags a request may have. AWS's limit for a resource is 50; a request
// can be about several.
const maxTags = 1_000

// givenTags returns the tags in a request, or the keys of those that it removes.
func (r *request) givenTags(t *catalog.Tags) (given []fakeaws.Tag, removed []string, err error) {
	switch {
	case t.List != "":
		key, err := r.texts(t.List + "[]." + t.Key)
		if err != nil {
			return nil, nil, err
		}
		value, err := r.texts(t.List + "[]." + t.Value)
		if err != nil {
			return nil, nil, err
		}
		if len(key) > maxTags {
			return nil, nil, invalid("The request has too many tags.")
		}
		for i := range key {
			tag := fakeaws.Tag{Key: key[i].text}
			for j := range value {
				if key[i].together(&value[j]) {
					tag.Value = value[j].text
				}
			}
			given = append(given, tag)
		}
	case t.Map != "":
		v, err := r.value(t.Map)
		if err != nil {
			return nil, nil, err
		}
		v.Entries(func(key string, value *wire.Value) {
			text, _ := value.Text()
			given = append(given, fakeaws.Tag{Key: key, Value: text})
		})
	case t.Query != "":
		all, err := r.texts(t.Query)
		if err != nil {
			return nil, nil, err
		}
		for i := range all {
			pairs, err := url.ParseQuery(all[i].text)
			if err != nil {
				return nil, nil, invalid("The tags of the request are malformed.")
			}
			for key := range pairs {
				given = append(given, fakeaws.Tag{Key: key, Value: pairs.Get(key)})
			}
		}
	case t.Keys != "":
		all, err := r.texts(t.Keys)
		if err != nil {
			return nil, nil, err
		}
		for i := range all {
			removed = append(removed, all[i].text)
		}
	}
	return given, removed, nil
}
