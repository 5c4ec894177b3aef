package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

const shrinkUsage = `Usage: leastpriv shrink -uses FILE [-kind KIND] [-format FORMAT] POLICY

Prints a policy that still allows all requests of a file and nothing that the policy does not
allow: without the statements, actions and resources that no request needs. None of what is
left can be taken away without one of the requests being denied.

Requests are objects of JSON, one in a line: with action and resource, and where conditions
need them principal and keys, as "leastpriv prove -format json" prints them. What
"leastpriv simulate -json" prints, permissions of awstest's Trace as JSON and events of a
World's log are taken too, of which those that were denied are left out.

Exits with 0 when all is needed, with 1 when something is not, with 2 when the command makes no
sense or a request is not allowed.

Example: {"action": "s3:GetObject", "resource": "arn:aws:s3:::reports/a"} in uses.json

  leastpriv shrink -uses uses.json worker.json > smaller.json

Flags:
`

// shrink runs the shrink command.
func shrink(args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv shrink"
	kind, printed := enforce.IdentityPolicy, textFormat
	fs := newFlagSet(name, shrinkUsage, stderr)
	uses := fs.String("uses", "", "requests, as lines of JSON in `FILE`")
	fs.Func("kind", "what the document is: "+kindNames()+" (default identity)", func(v string) (err error) {
		kind, err = parseKind(v)
		return err
	})
	fs.Func("format", formatUsage, printed.set)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() != 1 || *uses == "" {
		return complain(stderr, name, errors.New("want -uses and one policy"))
	}
	p, err := onePolicy(fs.Arg(0), kind)
	if err != nil {
		return complain(stderr, name, err)
	}
	requests, err := readUses(*uses)
	if err != nil {
		return complain(stderr, name, err)
	}
	smaller, err := prove.Shrink(p, requests)
	if err != nil {
		return complain(stderr, name, errors.New(strings.TrimPrefix(err.Error(), "prove: ")))
	}
	unused := unusedOf(p, smaller)
	if err := reportOfShrunk(p, smaller, unused).write(stdout, printed); err != nil {
		return complain(stderr, name, err)
	}
	if len(unused) > 0 {
		return exitFails
	}
	return exitOK
}

// A use is a request, or what has requests.
type use struct {
	requestJSON
	Context map[string]any `json:"context"` // the same as keys
	// Verdict and Allowed are those of decisions and permissions.
	Verdict   string
	Allowed   *bool
	Decisions []use
}

// readUses reads the requests of a file, each once.
func readUses(file string) ([]*enforce.Request, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []*enforce.Request
	seen := make(map[string]bool)
	add := func(u *use) error {
		if u.Allowed != nil && !*u.Allowed || u.Verdict != "" && u.Verdict != enforce.Allowed.String() {
			return nil
		}
		req, err := u.request()
		if err != nil {
			return err
		}
		if text := prove.Describe(req); !seen[text] {
			seen[text] = true
			all = append(all, req)
		}
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	if trimmed := bytes.TrimSpace(data); bytes.HasPrefix(trimmed, []byte("[")) {
		var list []use
		if err := json.Unmarshal(trimmed, &list); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for i := range list {
			if err := each(&list[i], add); err != nil {
				return nil, fmt.Errorf("%s: request %d: %w", file, i+1, err)
			}
		}
		return all, nil
	}
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var u use
		if err := json.Unmarshal(line, &u); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		if err := each(&u, add); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
	}
	return all, lines.Err()
}

// each visits a request, or those that an event has.
func each(u *use, visit func(*use) error) error {
	if u.Decisions == nil {
		return visit(u)
	}
	for i := range u.Decisions {
		if err := visit(&u.Decisions[i]); err != nil {
			return err
		}
	}
	return nil
}

func (u *use) request() (*enforce.Request, error) {
	if u.Action == "" || u.Resource == "" {
		return nil, errors.New("want a request with action and resource")
	}
	who := defaultPrincipal
	if u.Principal != "" {
		who = u.Principal
	}
	principal, err := enforce.ParsePrincipal(who)
	if err != nil {
		return nil, err
	}
	req := &enforce.Request{Principal: principal, Action: u.Action, Resource: u.Resource, ResourceAccount: u.ResourceAccount}
	for key, values := range u.Keys {
		setKey(&req.Context, key, values)
	}
	for key, value := range u.Context {
		switch v := value.(type) {
		case []any:
			list := make([]string, len(v))
			for i := range v {
				list[i] = fmt.Sprint(v[i])
			}
			req.Context.SetMulti(key, list)
		default:
			req.Context.Set(key, fmt.Sprint(v))
		}
	}
	return req, nil
}

func setKey(c *enforce.Context, key string, values []string) {
	if len(values) == 1 {
		c.Set(key, values[0])
	} else {
		c.SetMulti(key, values)
	}
}

// An unusedJSON is a part of a policy that no request needs.
type unusedJSON struct {
	Statement *statementJSON `json:"statement"`
	Action    string         `json:"action,omitempty"`
	Resource  string         `json:"resource,omitempty"`

	at place
}

func (u *unusedJSON) String() string {
	switch {
	case u.Action != "":
		return fmt.Sprintf("%s: no request needs the action %q", u.Statement.Statement, u.Action)
	case u.Resource != "":
		return fmt.Sprintf("%s: no request needs the resource %q", u.Statement.Statement, u.Resource)
	}
	return u.Statement.Statement + ": no request needs it"
}

// unusedOf compares a policy with what is left of it: statements are in the same order.
func unusedOf(p, smaller *enforce.Policy) (unused []unusedJSON) {
	left := smaller.Elements().Statements
	all := p.Elements().Statements
	for i, s := range p.Statements() {
		at := placeOfStatement(s, place{p.Label(), 1, 1})
		if len(left) == 0 || !partOf(&left[0], &all[i]) {
			unused = append(unused, unusedJSON{Statement: statementOfJSON(s), at: at})
			continue
		}
		for _, a := range all[i].Action {
			if !hasText(left[0].Action, a.Value) {
				unused = append(unused, unusedJSON{Statement: statementOfJSON(s), Action: a.Value, at: at})
			}
		}
		for _, r := range all[i].Resource {
			if !hasText(left[0].Resource, r.Value) {
				unused = append(unused, unusedJSON{Statement: statementOfJSON(s), Resource: r.Value, at: at})
			}
		}
		left = left[1:]
	}
	return unused
}

func hasText(all []enforce.Text, value string) bool {
	return slices.ContainsFunc(all, func(t enforce.Text) bool { return t.Value == value })
}

// partOf reports whether a statement is what is left of another.
func partOf(left, s *enforce.StatementElements) bool {
	within := func(some, all []enforce.Text) bool {
		return (some == nil) == (all == nil) && !slices.ContainsFunc(some, func(t enforce.Text) bool { return !hasText(all, t.Value) })
	}
	same := func(a, b []enforce.Text) bool { return slices.Equal(valuesOf(a), valuesOf(b)) }
	return left.Sid.Value == s.Sid.Value && left.Effect.Value == s.Effect.Value && within(left.Action, s.Action) && within(left.Resource, s.Resource) &&
		same(left.NotAction, s.NotAction) && same(left.NotResource, s.NotResource) &&
		slices.EqualFunc(left.Conditions, s.Conditions, func(a, b enforce.ConditionElement) bool {
			return a.Operator.Value == b.Operator.Value && a.Key.Value == b.Key.Value && same(a.Values, b.Values)
		})
}

func reportOfShrunk(p, smaller *enforce.Policy, unused []unusedJSON) *report {
	text := smaller.Document()
	if len(unused) == 0 {
		text = p.Document()
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		b.WriteString(text)
	}
	r := &report{about: describeProof, text: []string{strings.TrimRight(b.String(), "\n")}}
	if unused == nil {
		unused = []unusedJSON{}
	}
	r.json = struct {
		Policy json.RawMessage `json:"policy"`
		Unused []unusedJSON    `json:"unused"`
	}{json.RawMessage(text), unused}
	for i := range unused {
		r.results = append(r.results, result{rule: ruleUnused, level: levelWarning, at: unused[i].at, message: unused[i].String()})
	}
	return r
}
