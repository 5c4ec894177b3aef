package anyservice

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A policyChange is what a call does to the policy of a resource.
type policyChange struct {
	fake     *Fake
	msg      *fakeaws.Message
	what     *catalog.PolicyChange
	resource string
	policy   *fakeaws.ResourcePolicy // of put
}

// policyChange reads an operation about the policy of the resource that its first permission
// is about; nil for all other operations, and where the resource is not known.
func (f *Fake) policyChange(r *request, op *operation, needs []fakeaws.Need) (*policyChange, error) {
	what := op.facts.Policy
	if what == nil || len(needs) == 0 || needs[0].Resource == "*" {
		return nil, nil
	}
	for _, condition := range what.If {
		source, word, _ := strings.Cut(condition, "=")
		texts, err := r.texts(source)
		if err != nil || len(texts) == 0 || texts[0].text != word {
			return nil, err
		}
	}
	c := &policyChange{fake: f, msg: r.msg, what: what, resource: needs[0].Resource}
	switch what.Do {
	case "put":
		texts, err := r.texts(what.Document)
		if err != nil || len(texts) == 0 {
			return nil, err // an attribute that is no policy
		}
		if !whole(&needs[0]) && creates(op.name) {
			return nil, nil // the service makes its id
		}
		if err := f.mustName(r, &needs[0]); err != nil {
			return nil, err
		}
		return c, c.bind(r.call, texts[0].text)
	case "get":
		if !whole(&needs[0]) {
			return nil, nil
		}
		return c, nil
	}
	if err := f.mustName(r, &needs[0]); err != nil {
		return nil, err
	}
	switch what.Do {
	case "add":
		return c, c.add(r)
	case "remove":
		return c, c.remove(r)
	}
	return c, nil
}

// bind reads a policy and finds whom it names.
func (c *policyChange) bind(call *fakeaws.Call, document string) error {
	kind := enforce.ResourcePolicy
	if strings.Contains(c.resource, ":kms:") {
		kind = enforce.KeyPolicy
	}
	source := call.PolicySource
	p, err := enforce.Parse(document, kind, source)
	if err != nil {
		return malformed(err)
	}
	if c.policy, err = call.World.Bind(p); err != nil {
		return malformed(err)
	}
	return nil
}

// malformed is the error of a policy that AWS does not take. Services have codes of their
// own for it; this one most have.
func malformed(err error) error {
	text := err.Error()
	var unknown *fakeaws.UnknownPrincipalError
	if errors.As(err, &unknown) {
		text = "Invalid principal in policy: " + unknown.Principal
	}
	return &fakeaws.Error{Code: "MalformedPolicyDocumentException", Message: text, Status: http.StatusBadRequest}
}

// A statement is one that AddPermission of Lambda and of others writes.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string                       `json:",omitempty"`
	Condition map[string]map[string]string `json:",omitempty"`
}

type document struct {
	Version   string
	ID        string `json:"Id"`
	Statement []json.RawMessage
}

// stored returns the document that a resource has.
func (c *policyChange) stored() (d document) {
	known := c.fake.knownOf(c.resource)
	d.Version, d.ID = "2012-10-17", "default"
	if known != nil && known.policy != nil {
		_ = json.Unmarshal([]byte(known.policy.Document()), &d) // it was parsed before
	}
	return d
}

// add adds a statement to the policy.
func (c *policyChange) add(r *request) error {
	text := func(source string) string {
		all, err := r.texts(source)
		if source == "" || err != nil || len(all) == 0 {
			return ""
		}
		return all[0].text
	}
	sid := text(c.what.SID)
	s := statement{Sid: sid, Effect: "Allow", Action: text(c.what.Action), Principal: principalOf(text(c.what.Principal)), Resource: c.resource}
	for key, source := range c.what.Conditions {
		operator, name, _ := strings.Cut(key, " ")
		if value := text(source); value != "" {
			if s.Condition == nil {
				s.Condition = map[string]map[string]string{}
			}
			if s.Condition[operator] == nil {
				s.Condition[operator] = map[string]string{}
			}
			s.Condition[operator][name] = value
		}
	}
	d := c.stored()
	if slices.ContainsFunc(d.Statement, func(raw json.RawMessage) bool { return sidOf(raw) == sid }) {
		return &fakeaws.Error{Code: "ResourceConflictException", Message: "The statement id (" + sid + ") provided already exists. Please provide a new statement id, or remove the existing statement.", Status: http.StatusConflict}
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	d.Statement = append(d.Statement, raw)
	return c.write(r.call, d)
}

func (c *policyChange) write(call *fakeaws.Call, d document) error {
	if len(d.Statement) == 0 {
		return nil
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return c.bind(call, string(text))
}

func sidOf(raw json.RawMessage) string {
	var s struct{ Sid string }
	_ = json.Unmarshal(raw, &s)
	return s.Sid
}

// principalOf writes a principal as Lambda does: an account or ARN, a service, or everybody.
func principalOf(text string) any {
	switch {
	case text == "*":
		return "*"
	case strings.HasPrefix(text, "arn:"):
		return map[string]string{"AWS": text}
	case strings.Contains(text, "."):
		return map[string]string{"Service": text}
	}
	return map[string]string{"AWS": fakeaws.ARN("iam", "", text, "root")}
}

// remove removes a statement by its Sid.
func (c *policyChange) remove(r *request) error {
	all, err := r.texts(c.what.SID)
	if err != nil || len(all) == 0 {
		return err
	}
	d := c.stored()
	before := len(d.Statement)
	d.Statement = slices.DeleteFunc(d.Statement, func(raw json.RawMessage) bool { return sidOf(raw) == all[0].text })
	if len(d.Statement) == before {
		return &fakeaws.Error{Code: "ResourceNotFoundException", Message: "Statement " + all[0].text + " is not found in resource policy.", Status: http.StatusNotFound}
	}
	return c.write(r.call, d)
}

// apply stores the change, once the call has succeeded.
func (c *policyChange) apply() {
	if c.what.Do == "get" {
		return
	}
	c.fake.learn(c.resource, func(k *knownResource) { k.policy = c.policy })
}

// mustName refuses a call that changes the policy of a resource and does not name it so that
// it is known: the policy would be lost, and calls that it denies allowed.
func (f *Fake) mustName(r *request, n *fakeaws.Need) error {
	if whole(n) {
		return nil
	}
	return &fakeaws.Error{
		Code: "NotImplemented",
		Message: f.api.ID + " " + r.call.Operation + " is allowed, but leastpriv does not know which resource's policy it is about: " + n.Resource +
			" is all that the request tells. Name the resource by its ARN in the call, or have the test set the policy: acct.SetResourcePolicy(ARN, policy).",
		Status: http.StatusNotImplemented,
	}
}

// knownOf returns what is known of a resource; nil is nothing.
func (f *Fake) knownOf(on string) *knownResource {
	key, _ := identity(on)
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.known[key]
}

// learn changes what is known of a resource. What calls have looked up stays as it is.
func (f *Fake) learn(on string, change func(*knownResource)) {
	arn, _ := identity(on)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known == nil {
		f.known = make(map[string]*knownResource)
	}
	var k knownResource
	if old := f.known[arn]; old != nil {
		k = *old
	}
	change(&k)
	f.known[arn] = &k
}

// SetPolicy gives a resource a policy, as the service's own operation does; nil takes it away.
func (f *Fake) SetPolicy(arn string, p *fakeaws.ResourcePolicy) {
	f.learn(arn, func(k *knownResource) { k.policy = p })
}

// SetTags says which tags a resource has: these and no others.
func (f *Fake) SetTags(arn string, tags map[string]string) {
	f.learn(arn, func(k *knownResource) { k.tags, k.allTags = tags, true })
}

// answer answers a call that nobody else does.
func (c *policyChange) answer() (*wire.Response, error) {
	if c.what.Do != "get" {
		return c.fake.empty(c.msg), nil
	}
	known := c.fake.knownOf(c.resource)
	if known == nil || known.policy == nil {
		if c.what.NoPolicy == "" {
			return c.fake.empty(c.msg), nil
		}
		return nil, &fakeaws.Error{Code: c.what.NoPolicy, Message: "The resource policy for " + c.resource + " does not exist.", Status: http.StatusNotFound}
	}
	return c.fake.withText(c.msg, c.what.Document, known.policy.Document())
}

// learnTags remembers the tags that an allowed call has given a resource or taken away: where
// the call is about the tags of one resource, or makes one. Tags in other calls may be those of
// something else, such as the job that a definition is run by.
func (f *Fake) learnTags(r *request, op *operation, needs []fakeaws.Need) error {
	t := op.facts.Tags
	made := op.makes(needs)
	if t == nil || t.Type != "" || !whole(&needs[0]) || !made && !op.changesTags() {
		return nil
	}
	given, removed, err := r.givenTags(t)
	if err != nil || len(given)+len(removed) == 0 && !made {
		return err
	}
	f.learn(needs[0].Resource, func(k *knownResource) {
		tags := make(map[string]string, len(k.tags)+len(given))
		maps.Copy(tags, k.tags)
		for _, tag := range given {
			tags[tag.Key] = tag.Value
		}
		for _, key := range removed {
			delete(tags, key)
		}
		k.tags = tags
		k.allTags = k.allTags || made
	})
	return nil
}

// changesTags reports whether an operation is about the tags of its resource.
func (op *operation) changesTags() bool {
	return slices.ContainsFunc([]string{"Tag", "Untag", "AddTags", "RemoveTags", "DeleteTags", "CreateTags", "AddResourceTags"}, func(begin string) bool {
		return strings.HasPrefix(op.name, begin)
	})
}

// makes reports whether an operation makes the resource of its first permission, so that it has
// no tags but those of the request: CreateTable makes a table, but CreateSnapshot is about a
// database too.
func (op *operation) makes(needs []fakeaws.Need) bool {
	kind, create := strings.CutPrefix(op.name, "Create")
	action, ok := catalog.Find(needs[0].Action)
	if !create || !ok || len(needs) > 1 && needs[1].Action == needs[0].Action {
		return false
	}
	t := kindOf(action, needs[0].Resource)
	return t != nil && strings.EqualFold(strings.ReplaceAll(t.Name, "-", ""), kind)
}

// creates reports whether an operation makes something of which the service makes the id.
func creates(operation string) bool {
	return strings.HasPrefix(operation, "Create") || strings.HasPrefix(operation, "Register") || strings.HasPrefix(operation, "Run")
}
