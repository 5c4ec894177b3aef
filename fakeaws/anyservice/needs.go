package anyservice

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// needs returns the permissions that a request needs, by what the catalog knows of its
// operation, and the roles that it passes.
func (f *Fake) needs(r *request, op *operation) (needs []fakeaws.Need, err error) {
	told, err := r.told(op.facts)
	if err != nil {
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
		action, _ := catalog.Find(p.Action)
		for _, one := range all {
			n := f.need(r, op, i, one, told)
			if err := r.setItemKeys(action, &one, &n.Context); err != nil {
				return nil, err
			}
			needs = append(needs, n)
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
	return slices.ContainsFunc(texts, func(f found) bool { return beginsWith(f.text, word) }), err
}

func beginsWith(text, word string) bool {
	text = strings.TrimLeft(text, " \t\r\n(")
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}

// need makes the Need of a permission on a resource.
func (f *Fake) need(r *request, op *operation, permission int, on resource, t *told) fakeaws.Need {
	p := &op.facts.Permissions[permission]
	n := fakeaws.Need{Action: p.Action, Resource: on.arn, Unknown: op.unknown(permission, on.partial, false)}
	vague := t.set(r, p, &on, &n.Context)
	op.compute(r, permission, &n.Context)
	if on.arn == "*" {
		n.Unknown = vague.or(n.Unknown)
		return n
	}
	if on.partial {
		n.Note = "The request does not tell all of the resource's ARN: each * and ? in " + on.arn +
			" is unknown, and only a statement that covers whatever it is allows the call. Name the resource by its ARN in the call, or widen the statement's Resource."
	}
	if on.partial && prefixOf(n.Action) == "kms" && strings.Contains(n.Resource, ":key/") {
		// KMS always asks the policy of the key. The default one leaves it to those of the
		// account, which decide on any key.
		n.Policy = fakeaws.DefaultKeyPolicy(owner(n.Resource))
	}
	if whole(&n) {
		f.describe(r, op, permission, on.partial, &n)
	}
	n.Unknown = vague.or(n.Unknown)
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
		n.Policy = key.Direct(r.call, n.Action).Policy
		return
	}
	n.Policy = fakeaws.DefaultKeyPolicy(account)
	n.Note = "Nobody has told the key's policy: it is taken to be the default one."
}
