package terraform

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// policyDocument is the data source that makes a policy document of blocks.
const policyDocument = "aws_iam_policy_document"

// A statement is one of a policy document, as the provider writes it.
type statement struct {
	Sid          string                         `json:"Sid,omitempty"`
	Effect       string                         `json:"Effect,omitempty"`
	Action       any                            `json:"Action,omitempty"`
	NotAction    any                            `json:"NotAction,omitempty"`
	Resource     any                            `json:"Resource,omitempty"`
	NotResource  any                            `json:"NotResource,omitempty"`
	Principal    any                            `json:"Principal,omitempty"`
	NotPrincipal any                            `json:"NotPrincipal,omitempty"`
	Condition    map[string]map[string][]string `json:"Condition,omitempty"`
}

// A rendering makes a document, and notes what of it is not known.
type rendering struct {
	in      *instance
	unknown bool
	problem string
}

// render returns the document that the blocks of the data source make, as the provider
// will once it knows their values.
func (in *instance) render() cty.Value {
	w := in.scope.world
	if in.block == nil {
		return w.unknownFor("%s, whose statements name what is known after apply: Source names the folder of the configuration", in.address)
	}
	if in.config != nil && !w.isOfPlan(in.block, in.config.Expressions) {
		return w.otherConfiguration(in.local())
	}
	b := in.scope.evaluate(in.block.Body, in.block.DefRange(), request{in: in})
	r := &rendering{in: in}
	doc := struct {
		Version   string            `json:"Version"`
		ID        string            `json:"Id,omitempty"`
		Statement []json.RawMessage `json:"Statement"`
	}{Version: "2012-10-17"}
	if version := r.text(b, "version"); version != "" {
		doc.Version = version
	}
	doc.ID = r.text(b, "policy_id")
	doc.Statement = r.merge(b)
	if r.unknown || b.unknown["statement"] {
		return w.unknownFor("%s", in.address)
	}
	if r.problem != "" {
		return w.unknownFor("%s: %s", in.address, r.problem)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return w.unknownFor("%s: %v", in.address, err)
	}
	return cty.StringVal(string(text))
}

// merge returns the statements: those of other documents first, then the own ones, then
// those of documents that replace statements of the same Sid.
func (r *rendering) merge(b body) (all []json.RawMessage) {
	own := make([]json.RawMessage, 0, len(b.blocks["statement"]))
	for _, block := range b.blocks["statement"] {
		text, err := json.Marshal(r.statement(block))
		if err != nil {
			r.problem = err.Error()
		}
		own = append(own, text)
	}
	add := func(statements []json.RawMessage, replace bool) {
		for _, s := range statements {
			sid := sidOf(s)
			at := slices.IndexFunc(all, func(other json.RawMessage) bool { return sid != "" && sidOf(other) == sid })
			switch {
			case at < 0:
				all = append(all, s)
			case replace:
				all[at] = s
			default:
				r.problem = "two statements have the Sid " + sid
			}
		}
	}
	for _, text := range append(r.list(b, "source_json"), r.list(b, "source_policy_documents")...) {
		add(r.statementsOf(text), false)
	}
	// An own statement replaces one of a source document.
	sources := len(all)
	add(own, sources > 0)
	for _, text := range append(r.list(b, "override_json"), r.list(b, "override_policy_documents")...) {
		add(r.statementsOf(text), true)
	}
	return all
}

func sidOf(s json.RawMessage) string {
	var of struct{ Sid string }
	if json.Unmarshal(s, &of) != nil {
		return ""
	}
	return of.Sid
}

// statementsOf returns the statements of another document: one alone is no list.
func (r *rendering) statementsOf(text string) []json.RawMessage {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	var doc struct{ Statement json.RawMessage }
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		r.problem = "a source document: " + err.Error()
		return nil
	}
	var list []json.RawMessage
	if json.Unmarshal(doc.Statement, &list) != nil {
		list = []json.RawMessage{doc.Statement}
	}
	return list
}

// statement makes a statement of its block.
func (r *rendering) statement(b body) statement {
	s := statement{Sid: r.text(b, "sid"), Effect: cmpOr(r.text(b, "effect"), "Allow")}
	s.Action, s.NotAction = oneOrMany(r.list(b, "actions")), oneOrMany(r.list(b, "not_actions"))
	s.Resource, s.NotResource = oneOrMany(variablesOf(r.list(b, "resources"))), oneOrMany(variablesOf(r.list(b, "not_resources")))
	s.Principal, s.NotPrincipal = r.principals(b, "principals"), r.principals(b, "not_principals")
	r.unknown = r.unknown || b.unknown["condition"]
	for _, c := range b.blocks["condition"] {
		test, key := r.text(c, "test"), r.text(c, "variable")
		if s.Condition == nil {
			s.Condition = map[string]map[string][]string{}
		}
		if s.Condition[test] == nil {
			s.Condition[test] = map[string][]string{}
		}
		s.Condition[test][key] = append(s.Condition[test][key], variablesOf(r.list(c, "values"))...)
	}
	return s
}

// principals makes the principals of a statement: "*" of the type "*".
func (r *rendering) principals(b body, name string) any {
	r.unknown = r.unknown || b.unknown[name]
	if len(b.blocks[name]) == 0 {
		return nil
	}
	all := map[string][]string{}
	for _, p := range b.blocks[name] {
		kind, ids := r.text(p, "type"), variablesOf(r.list(p, "identifiers"))
		if kind == "*" && len(b.blocks[name]) == 1 && slices.Equal(ids, []string{"*"}) {
			return "*"
		}
		all[kind] = append(all[kind], ids...)
	}
	made := map[string]any{}
	for kind, ids := range all {
		made[kind] = oneOrMany(ids)
	}
	return made
}

// variablesOf writes policy variables as policies do: Terraform has &{} for them.
func variablesOf(list []string) []string {
	made := make([]string, len(list))
	for i, s := range list {
		made[i] = strings.ReplaceAll(s, "&{", "${")
	}
	return made
}

func oneOrMany(list []string) any {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return list
}

func (r *rendering) text(b body, name string) string {
	list := r.list(b, name)
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// list returns an argument that is a list of texts, or one text.
func (r *rendering) list(b body, name string) []string {
	v, ok := b.attrs[name]
	if !ok {
		return nil
	}
	if !v.IsWhollyKnown() {
		r.unknown = true
		return nil
	}
	return textsOf(fromCty(v))
}

// lines returns where the statements of the blocks stand.
func (in *instance) lines() (at []hcl.Range) {
	if in.block == nil {
		return nil
	}
	for _, b := range in.scope.evaluate(in.block.Body, in.block.DefRange(), request{in: in}).blocks["statement"] {
		at = append(at, b.at)
	}
	return at
}
