package catalog

import (
	"encoding/json"
	"slices"
	"strings"
)

// Facts are what is known of an operation for the decision.
//
// A source says where in the request a value is, in terms of the wire; internal/gen/README.md
// describes them: "b:Table.Name" in the body, "q:name" in the query, "h:name" a header,
// "l:name" in the path, "c:region" of the call itself, "=text" a constant.
type Facts struct {
	Permissions []Permission
	Keys        []KeySource // condition keys of services, sorted by name
	Tags        *Tags       // nil: the operation takes none
	Roles       []PassedRole
	Policy      *PolicyChange // nil: the operation is not about a resource's policy
}

// A Permission is an action that an operation needs, in some calls or all.
type Permission struct {
	Action string // "s3:GetObject", in AWS's spelling
	// Unknown is set when the reference does not have the action: it is called as the
	// operation, and what resources it takes is not known.
	Unknown bool
	// If has the sources of which one must be set, or with "!" in front not set, for the
	// permission to be needed; "b:Statement~SELECT" must begin with a word. Empty is always.
	If []string
	// Resources are what the action is needed on. Without any it is "*".
	Resources []Binding
	Keys      []KeySource // of this permission alone
}

// A Class is the rule by which a binding was found.
type Class byte

// The classes, from the sure to the vague.
const (
	ByHand   Class = 'h' // from a list that is written by hand
	Fixed    Class = 't' // the ARN of the type has no variables
	ARN      Class = 'a' // a member that is called as the ARN of the type
	Exact    Class = 'e' // members that are called as the variables
	Stem     Class = 's' // the same but for Name, Id, Arn and the like
	Suffix   Class = 'x' // one name ends with the other
	AnyARN   Class = 'r' // a member that is the ARN of any resource
	NameOrID Class = 'g' // a member that is called Name or Id
	Nested   Class = 'd' // a member inside another
	Partial  Class = 'p' // not all variables are found
	None     Class = 'n' // none is found
	MapKeys  Class = 'm' // of keys: a map or its keys
)

// A Binding says which resources of a type a request names.
type Binding struct {
	// Type is the name of a resource type; "*" is whichever type of the action the ARN fits, "="
	// with a source has the name of the type there.
	Type string
	// Form counts the ARNs of the type, where it has several.
	Form int
	// ARN is the source of the whole ARN. Where both are there, Variables say it when it is not set.
	ARN string
	// Variables has the sources of the variables in the type's ARN; those without are "*".
	Variables map[string]string
	Class     Class
	// Optional is set for types that only some requests name.
	Optional bool
}

// A KeySource says where the value of a condition key is.
type KeySource struct {
	Key    string // "sns:Protocol"; with ${Name}, of each key of the map at the source
	Source string
	Class  Class
}

// Tags says where the tags of a request are. One of the sources is set.
type Tags struct {
	List       string // of structures, with the wire names of Key and Value
	Key, Value string
	Type       string // of the resources that each element of List is for
	Map        string
	Query      string // "a=b&c=d"
	Keys       string // keys alone, to be removed
}

// A PassedRole is a role that the request passes to a service.
type PassedRole struct {
	Role            string // source of its name or ARN
	Service         string // principal of the service: "lambda.amazonaws.com"; empty: not known
	InstanceProfile bool   // Role is the instance profile that has the role
}

// A PolicyChange says how an operation sets, returns or deletes the policy of the resource
// of its first permission.
type PolicyChange struct {
	Do       string   // put, get, delete; add and remove are about a statement
	Document string   // source in the request, for get in the answer
	If       []string // "b:AttributeName=Policy": only then
	NoPolicy string   // code of get's error when there is none; empty: not known, or none
	Created  string   // source in the answer of the ARN of a resource that the operation makes
	// The parts of a statement to be added.
	SID, Action, Principal string
	Conditions             map[string]string // "ArnLike aws:SourceArn": source
}

// factsJSON is the form in which the facts of an operation are embedded.
type factsJSON struct {
	permissionJSON
	Permissions []permissionJSON `json:"p"`
	Tags        *struct {
		List  string `json:"l"`
		Key   string `json:"k"`
		Value string `json:"v"`
		Type  string `json:"of"`
		Map   string `json:"m"`
		Query string `json:"u"`
		Keys  string `json:"keys"`
	} `json:"t"`
	Roles  [][]string `json:"pr"`
	Policy *struct {
		Do         string            `json:"do"`
		Document   string            `json:"document"`
		If         []string          `json:"if"`
		NoPolicy   string            `json:"none"`
		Created    string            `json:"created"`
		SID        string            `json:"sid"`
		Action     string            `json:"action"`
		Principal  string            `json:"principal"`
		Conditions map[string]string `json:"conditions"`
	} `json:"rp"`
}

type permissionJSON struct {
	Action    string     `json:"a"`
	Unknown   int        `json:"u"`
	If        []string   `json:"if"`
	Resources []bindJSON `json:"r"`
	Keys      keysJSON   `json:"k"`
}

type bindJSON struct {
	Type      string            `json:"t"`
	ARN       string            `json:"a"`
	Variables map[string]string `json:"v"`
	Form      int               `json:"f"`
	Class     string            `json:"c"`
	Optional  int               `json:"o"`
}

// Facts returns what is known of the operation. It is read on the first call, and not to be
// changed.
func (o *Operation) Facts() *Facts {
	o.once.Do(func() {
		var j factsJSON
		if o.json != "" {
			if err := json.Unmarshal([]byte(o.json), &j); err != nil {
				panic("catalog: " + o.String() + ": " + err.Error())
			}
		}
		o.facts = o.factsOf(&j)
	})
	return o.facts
}

func (o *Operation) factsOf(j *factsJSON) *Facts {
	f := &Facts{Keys: j.Keys}
	own := o.API.Prefix + ":" + o.Name
	all := j.Permissions
	if all == nil {
		all = []permissionJSON{{Action: j.Action, Unknown: j.Unknown, Resources: j.Resources}}
	}
	for i := range all {
		f.Permissions = append(f.Permissions, all[i].permission(own))
	}
	if t := j.Tags; t != nil {
		f.Tags = (*Tags)(t)
	}
	for _, r := range j.Roles {
		f.Roles = append(f.Roles, PassedRole{Role: r[0], Service: r[1], InstanceProfile: len(r) > 2})
	}
	if p := j.Policy; p != nil {
		f.Policy = (*PolicyChange)(p)
	}
	return f
}

func (j *permissionJSON) permission(own string) Permission {
	p := Permission{Action: j.Action, Unknown: j.Unknown != 0, If: j.If, Keys: j.Keys}
	if p.Action == "" {
		p.Action = own
	}
	for _, r := range j.Resources {
		b := Binding{Type: r.Type, Form: r.Form, ARN: r.ARN, Variables: r.Variables, Class: Exact, Optional: r.Optional != 0}
		if r.Class != "" {
			b.Class = Class(r.Class[0])
		}
		p.Resources = append(p.Resources, b)
	}
	return p
}

// keysJSON is an object of keys with "class source", in order.
type keysJSON []KeySource

func (k *keysJSON) UnmarshalJSON(text []byte) error {
	var m map[string]string
	if err := json.Unmarshal(text, &m); err != nil {
		return err
	}
	for name, value := range m {
		class, source, found := strings.Cut(value, " ")
		if !found {
			class, source = string(ByHand), value
		}
		*k = append(*k, KeySource{Key: name, Source: source, Class: Class(class[0])})
	}
	sortKeys(*k)
	return nil
}

func sortKeys(k []KeySource) {
	slices.SortFunc(k, func(x, y KeySource) int { return strings.Compare(x.Key, y.Key) })
}
