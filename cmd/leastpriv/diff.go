package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/fixedkeys"
	"github.com/leastpriv/leastpriv/internal/proofs"
)

const diffUsage = `Usage: leastpriv diff [-kind KIND] [-format FORMAT] OLD NEW

Says what the new policies allow and the old ones do not: for each statement that gives
something away what it is about, and a request that is newly allowed. The files are policy
documents, or what "aws iam get-account-authorization-details" prints, or CloudFormation
templates, folders that cdk synth writes and plans of Terraform. Of the latter all users and
roles are compared by their names, and the policies of resources, trust policies among them.

Exits with 0 when nothing is newly allowed, with 1 when something is, with 2 when it cannot be
known or the command makes no sense.

Example: what does the branch let the deployment role do that main does not?

  leastpriv diff main/deployer.json branch/deployer.json

Flags:
`

// A compared is a set of policies by its name in a file, to be compared with the one of the
// same name in another.
type compared struct {
	set      *enforce.PolicySet
	question prove.Question
	policy   *enforce.Policy // where only it decides
	bare     bool            // what could have a policy has none
	unknown  string
	unread   string // what is not read, as text
}

// diff runs the diff command.
func diff(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv diff"
	kind, printed := enforce.IdentityPolicy, textFormat
	fs := newFlagSet(name, diffUsage, stderr)
	fs.Func("kind", "what documents are: "+kindNames()+" (default identity)", func(v string) (err error) {
		kind, err = parseKind(v)
		return err
	})
	fs.Func("format", formatUsage, printed.set)
	var template templateFlags
	template.register(fs)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() != 2 {
		return complain(stderr, name, errors.New("want two files: the old policies and the new ones"))
	}
	var sides [2]map[string]*compared
	for i, file := range fs.Args() {
		var err error
		if sides[i], err = template.compared(file, kind); err != nil {
			return complain(stderr, name, err)
		}
	}
	changes, err := changesOf(ctx, sides[0], sides[1])
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return complain(stderr, name, errors.New(strings.TrimPrefix(err.Error(), "prove: ")))
	}
	if err := reportOfChanges(changes, place{fs.Arg(1), 1, 1}).write(stdout, printed); err != nil {
		return complain(stderr, name, err)
	}
	code := exitOK
	for i := range changes {
		switch {
		case len(changes[i].regions) > 0:
			return exitFails
		case changes[i].unknown != "":
			code = exitUnjudged
		}
	}
	return code
}

// compared reads what is to be compared in a file.
func (f *templateFlags) compared(file string, kind enforce.Kind) (map[string]*compared, error) {
	switch {
	case isDetails(file):
		accounts, err := readDetails(file)
		if err != nil {
			return nil, err
		}
		return comparedDetails(accounts), nil
	case isTemplate(file):
		t, err := f.open(file)
		if err != nil {
			return nil, err
		}
		return comparedTemplate(t)
	}
	p, err := onePolicy(file, kind)
	if err != nil {
		return nil, err
	}
	return map[string]*compared{"": {policy: p}}, nil
}

func comparedDetails(accounts []*account.Account) map[string]*compared {
	all := make(map[string]*compared)
	for _, a := range accounts {
		for _, i := range a.Identities() {
			c := &compared{set: a.PolicySet(i), unknown: strings.Join(i.Unknowns(), "; ")}
			c.question = prove.Question{Actions: []string{"*"}, Principals: []enforce.Principal{i.Principal()}}
			if i.Kind == account.RoleKind {
				c.question.Principals = []enforce.Principal{{Type: enforce.AssumedRole, Account: i.Account}}
				c.question.Where = fixedkeys.Session(i.ARN, "")
			}
			all[i.ARN] = c
		}
		for _, r := range a.Roles {
			if r.Trust != nil {
				all["trust policy of "+r.ARN] = &compared{policy: r.Trust}
			}
		}
	}
	return all
}

func comparedTemplate(t *templateStack) (map[string]*compared, error) {
	all := make(map[string]*compared)
	for _, address := range t.principals() {
		p, err := t.principal(address)
		if err != nil {
			return nil, err
		}
		who, err := enforce.ParsePrincipal(p.arn)
		if err != nil {
			return nil, err
		}
		c := &compared{set: &p.policies, question: prove.Question{Actions: []string{"*"}, Principals: []enforce.Principal{who}}}
		if who.Type == enforce.AssumedRole {
			c.question.Principals = []enforce.Principal{{Type: enforce.AssumedRole, Account: who.Account}}
			c.question.Where = fixedkeys.Session(p.arn, "")
		}
		all[address] = c
	}
	for i := range t.Resources {
		r := &t.Resources[i]
		if givesUnread(r) {
			text, err := json.Marshal(r.Properties)
			if err != nil {
				return nil, err
			}
			all["policy of "+r.Address] = &compared{unknown: "what " + r.Type + " gives is not read", unread: string(text)}
			continue
		}
		if r.ARN == "" {
			continue
		}
		p, err := t.resourcePolicy(r.ARN)
		if err != nil {
			return nil, err
		}
		all["policy of "+r.Address] = &compared{policy: p, bare: p == nil}
	}
	return all, nil
}

// A changed is what is newly allowed under a name, or why that is not known.
type changed struct {
	name    string
	regions []prove.Region
	unknown string
}

// changesOf compares what has the same name. What is new has had nothing before.
func changesOf(ctx context.Context, old, now map[string]*compared) ([]changed, error) {
	names := slices.Sorted(maps.Keys(now))
	all := make([]changed, len(names))
	err := eachOf(ctx, len(names), func(i int) error {
		all[i].name = names[i]
		return all[i].compare(ctx, old[names[i]], now[names[i]])
	})
	return slices.DeleteFunc(all, func(c changed) bool { return len(c.regions) == 0 && c.unknown == "" }), err
}

func (c *changed) compare(ctx context.Context, old, now *compared) error {
	switch {
	case now.bare && (old == nil || old.policy == nil):
		return nil
	case now.bare: // what the old policy denied nothing denies any more
		return c.comparePolicies(ctx, old, &compared{policy: enforce.Empty(old.policy.Kind())})
	case now.unread != "":
		if old == nil || old.unread != now.unread {
			c.unknown = now.unknown
		}
		return nil
	case now.policy != nil:
		return c.comparePolicies(ctx, old, now)
	}
	before := &enforce.PolicySet{Identity: []*enforce.Policy{}}
	if old != nil && old.set != nil {
		if before = old.set; sameDocuments(before, now.set) && old.unknown == "" && now.unknown == "" {
			return nil
		}
	}
	if err := c.differ(ctx, before, now.set, now.question); err != nil {
		return err
	}
	if len(c.regions) == 0 && c.unknown == "" {
		c.unknown = cmp.Or(now.unknown, unknownOf(old)) // what is not known of the old ones may have denied more
	}
	return nil
}

func unknownOf(c *compared) string {
	if c == nil {
		return ""
	}
	return c.unknown
}

// comparePolicies compares policies by themselves.
func (c *changed) comparePolicies(ctx context.Context, old, now *compared) error {
	before := enforce.Empty(now.policy.Kind())
	if old != nil && old.policy != nil {
		before = old.policy
	}
	if before.Document() == now.policy.Document() {
		return nil
	}
	set, question := prove.Alone(before, now.policy)
	after, _ := prove.Alone(now.policy, before)
	err := c.differ(ctx, set, after, question)
	if set, question, ok := prove.SameAccount(before, now.policy); ok && err == nil && len(c.regions) == 0 {
		after, _, _ := prove.SameAccount(now.policy, before)
		err = c.differ(ctx, set, after, question)
	}
	for i := range c.regions {
		if s := c.regions[i].Statement; s != nil && s.Policy() != now.policy {
			c.regions[i].Statement = nil // of what stands beside the policy
		}
	}
	return err
}

// differ finds the regions. That there are more than were found is said too.
func (c *changed) differ(ctx context.Context, before, after *enforce.PolicySet, q prove.Question) error {
	regions, err := prove.Difference(ctx, before, after, q)
	c.regions = append(c.regions, regions...)
	if errors.Is(err, prove.ErrUnknown) {
		c.unknown = cmp.Or(c.unknown, strings.TrimPrefix(err.Error(), prove.ErrUnknown.Error()+": "))
		return nil
	}
	return err
}

// sameDocuments reports whether two sets have the same texts in the same layers.
func sameDocuments(a, b *enforce.PolicySet) bool {
	return (a.Boundary == nil) == (b.Boundary == nil) && slices.Equal(texts(a), texts(b))
}

func texts(set *enforce.PolicySet) (all []string) {
	for p := range set.All() {
		all = append(all, p.Document())
	}
	return all
}

// A regionJSON is what is newly allowed, for tools.
type regionJSON struct {
	Name       string         `json:"name,omitempty"`
	Statement  *statementJSON `json:"statement,omitempty"`
	Actions    []string       `json:"actions,omitempty"`
	NotActions []string       `json:"notActions,omitempty"`
	Resources  []string       `json:"resources,omitempty"`
	Conditions []string       `json:"conditions,omitempty"`
	Request    *requestJSON   `json:"request,omitempty"`
	Unknown    string         `json:"unknown,omitempty"`
}

func reportOfChanges(changes []changed, at place) *report {
	r := &report{about: describeProof}
	all := []regionJSON{}
	n := 0
	for i := range changes {
		c := &changes[i]
		prefix := ""
		if c.name != "" {
			prefix = c.name + ": "
		}
		for j := range c.regions {
			region := &c.regions[j]
			n++
			all = append(all, regionOf(c.name, region))
			where := placeOfStatement(region.Statement, at)
			text := prefix + region.String()
			r.results = append(r.results, result{rule: ruleNewAccess, level: levelError, at: where, message: text})
			r.text = append(r.text, fmt.Sprintf("%s: %snewly allowed", where, prefix))
			if region.Statement != nil {
				r.text = append(r.text, "  "+aboutOf(region.Statement))
			}
			r.text = append(r.text, "  for example")
			for _, line := range proofs.Request(region.Witness) {
				r.text = append(r.text, "  "+line)
			}
		}
		if c.unknown != "" {
			all = append(all, regionJSON{Name: c.name, Unknown: c.unknown})
			r.text = append(r.text, prefix+"it is not known whether more is allowed: "+c.unknown)
			r.results = append(r.results, result{rule: ruleUnknown, level: levelError, at: at, message: prefix + c.unknown})
		}
	}
	r.json = all
	if n == 0 && len(all) == 0 {
		r.text = append(r.text, "nothing is newly allowed")
	}
	return r
}

// aboutOf says what a statement is about: actions, resources and conditions.
func aboutOf(s *enforce.Statement) string {
	el := s.Elements()
	about := cmp.Or(joined("", el.Action), joined("every action but ", el.NotAction)) +
		cmp.Or(joined(" on ", el.Resource), joined(" on every resource but ", el.NotResource))
	for i := range el.Conditions {
		c := &el.Conditions[i]
		about += ", if " + c.Operator.Value + " " + c.Key.Value + joined(" ", c.Values)
	}
	return about
}

func joined(before string, all []enforce.Text) string {
	if len(all) == 0 {
		return ""
	}
	return before + strings.Join(valuesOf(all), ", ")
}

func valuesOf(all []enforce.Text) (values []string) {
	for _, t := range all {
		values = append(values, t.Value)
	}
	return values
}

func regionOf(name string, r *prove.Region) regionJSON {
	j := regionJSON{Name: name, Statement: statementOfJSON(r.Statement), Request: jsonOf(r.Witness)}
	if r.Statement == nil {
		return j
	}
	el := r.Statement.Elements()
	j.Actions, j.NotActions, j.Resources = valuesOf(el.Action), valuesOf(el.NotAction), valuesOf(el.Resource)
	for i := range el.Conditions {
		c := &el.Conditions[i]
		j.Conditions = append(j.Conditions, c.Operator.Value+" "+c.Key.Value+joined(" ", c.Values))
	}
	return j
}
