package prove

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/publicpolicy"
)

// An Exposure says for whom a resource-based policy is open.
type Exposure struct {
	// Verdict is Yes where a caller outside of the zone of trust has access, and No where no
	// such caller has any.
	Verdict Verdict
	// Public is Yes where everybody has access. Of a bucket's policy it is what S3 calls
	// public ("The meaning of public" in its User Guide): S3 looks for fixed values in each
	// Allow and does not ask whom Denies keep out, and Block Public Access goes by that. Of
	// others it is Yes where a request from outside of the zone is allowed in which nothing
	// that names callers, networks or sources has a fixed value that the
	// Allow, or a Deny, names.
	Public Verdict
	// Findings are the accesses from outside of the zone.
	Findings []Finding
	// Reasons say what could not be known, each once.
	Reasons []string
	// Steps is what the answer took of its budgets.
	Steps int
}

// A Finding is access from outside of the zone of trust: of a principal, under conditions.
type Finding struct {
	// Principal is as the statement names it; "*" also where the statement has NotPrincipal.
	Principal enforce.PrincipalElement
	// Conditions are those that name callers, networks or sources, a value for each key.
	Conditions map[string]string
	// Actions are the patterns of the statements that the principal has something of; "*"
	// where a statement has NotAction.
	Actions []string
	// Public is Yes where the principal and the conditions leave everybody in.
	Public Verdict
	// Statements grant the access.
	Statements []*enforce.Statement
	// Witness is a request from outside of the zone that the policy allows: [enforce.Evaluate]
	// was asked, with a caller whose own policies allow everything.
	Witness *enforce.Request
}

// String returns principal, conditions, actions and the witness in one line.
func (f *Finding) String() string {
	var b strings.Builder
	if f.Public == Yes {
		b.WriteString("public: ")
	}
	b.WriteString(f.principal())
	separator := " if "
	for _, key := range slices.Sorted(maps.Keys(f.Conditions)) {
		fmt.Fprintf(&b, "%s%s is %s", separator, key, f.Conditions[key])
		separator = ", "
	}
	return b.String() + " may " + strings.Join(f.Actions, ", ") + "; for example " + Describe(f.Witness)
}

func (f *Finding) principal() string {
	if f.Principal.Value == "*" {
		return "*"
	}
	return f.Principal.Type + " " + f.Principal.Value
}

// conditionKeys are those that IAM Access Analyzer's findings have in their conditions: its
// filter keys that begin with "condition.", and those by which S3 says what is public, of
// which it is unverified that findings have them too.
var conditionKeys = func() map[string]string {
	names := make(map[string]string)
	for _, key := range []string{
		"aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceIp", "aws:SourceVpc", "aws:UserId", "kms:CallerAccount",
		"cognito-identity.amazonaws.com:aud", "graph.facebook.com:app_id", "accounts.google.com:aud", "www.amazon.com:app_id",
		"aws:PrincipalAccount", "aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner", "aws:SourceVpce",
		"s3:DataAccessPointAccount", "s3:DataAccessPointArn",
	} {
		names[strings.ToLower(key)] = key
	}
	return names
}()

// maxAsked is how many questions a policy is asked, and maxBudgets how many times the budget of
// one they may take together.
const (
	maxAsked   = 10_000
	maxBudgets = 20
)

// Public says for whom a resource-based policy is open: which callers outside of a zone of
// trust it lets in, if their own policies do, and whether it lets in everybody. The error is
// about a policy that is not resource-based, or a zone that makes no sense.
func Public(ctx context.Context, p *enforce.Policy, zone Zone) (Exposure, error) {
	if err := zone.check(p); err != nil {
		return Exposure{}, err
	}
	x := &exposed{ctx: ctx, policy: p, doc: p.Elements(), zone: &zone, places: make(map[string]int)}
	x.Verdict, x.Public = No, No
	for i, s := range p.Statements() {
		if s.Effect() == "Allow" {
			if err := x.statement(i, s); err != nil {
				return Exposure{}, err
			}
		}
	}
	if p.Kind() == enforce.BucketPolicy {
		x.Public = No
		if publicpolicy.Public(x.doc, publicpolicy.Buckets) {
			x.Public = Yes
		}
	}
	return x.Exposure, nil
}

// An exposed is an Exposure that is worked out.
type exposed struct {
	Exposure
	ctx    context.Context
	policy *enforce.Policy
	doc    *enforce.Document
	zone   *Zone
	places map[string]int // of the findings, by principal and conditions
	asked  int
}

// statement finds the accesses that an Allow grants, for each of its principals and each
// combination of values of its conditions.
func (x *exposed) statement(i int, s *enforce.Statement) error {
	whole := &x.doc.Statements[i]
	principals := whole.Principal
	if whole.NotPrincipal != nil {
		principals = enforce.Principals("*", "*")
	}
	for _, who := range principals {
		if servicesAreTrusted && who.Type == "Service" || who.Type == "AWS" && x.zone.has(accountOf(who.Value)) {
			continue
		}
		for conditions, named := range splits(whole.Conditions) {
			if !x.affordable() {
				return nil
			}
			part := *whole
			part.Conditions = conditions
			if whole.NotPrincipal == nil {
				part.Principal = []enforce.PrincipalElement{who}
			}
			if err := x.finding(&part, s, Finding{Principal: who, Conditions: named}); err != nil {
				return err
			}
		}
	}
	return nil
}

// affordable reports whether more may be asked, and else says why not.
func (x *exposed) affordable() bool {
	budget := x.zone.Budget
	if budget <= 0 {
		budget = DefaultBudget
	}
	switch {
	case x.ctx.Err() != nil:
		x.unsure(x.ctx.Err().Error())
	case x.asked > maxAsked:
		x.unsure(fmt.Sprintf("more than %d combinations of principals, conditions and actions", maxAsked))
	case x.Steps/maxBudgets > budget:
		x.unsure("the budget is spent")
	default:
		return true
	}
	return false
}

// accountOf returns the account of a principal, "" where it does not say.
func accountOf(principal string) string {
	if strings.HasPrefix(principal, "arn:") {
		return enforce.SplitPattern(principal)[4]
	}
	return principal
}

// splits yields conditions in which those of a finding have one value each, and these values.
func splits(all []enforce.ConditionElement) func(func([]enforce.ConditionElement, map[string]string) bool) {
	var places []int
	for i := range all {
		if _, ok := conditionKeys[strings.ToLower(all[i].Key.Value)]; ok && restricts(&all[i]) {
			places = append(places, i)
		}
	}
	return func(yield func([]enforce.ConditionElement, map[string]string) bool) {
		for at := make([]int, len(places)); ; {
			conditions, named := slices.Clone(all), make(map[string]string)
			for n, i := range places {
				value := all[i].Values[at[n]]
				conditions[i].Values = []enforce.Text{value}
				named[conditionKeys[strings.ToLower(all[i].Key.Value)]] = value.Value
			}
			if !yield(conditions, named) {
				return
			}
			n := 0
			for ; n < len(at); n++ {
				if at[n]++; at[n] < len(all[places[n]].Values) {
					break
				}
				at[n] = 0
			}
			if n == len(at) {
				return
			}
		}
	}
}

// restricts reports whether a condition holds where the key has one of the values, and only
// there.
func restricts(c *enforce.ConditionElement) bool {
	operator, set, ifExists := c.Qualifiers()
	_, ok := contrary[operator]
	return ok && !strings.Contains(operator, "Not") && set != "ForAllValues" && !ifExists && len(c.Values) > 0
}

// namingKeys are condition keys that name callers, networks or sources: a fixed value leaves
// not everybody in.
var namingKeys = func() publicpolicy.Keys {
	keys := maps.Clone(publicpolicy.Buckets)
	for key := range conditionKeys {
		if keys[key] == nil {
			keys[key] = publicpolicy.Open
		}
	}
	return keys
}()

// inAccount reports whether a principal is an identity provider that an account has set up:
// unlike users of the providers that all accounts share, its users are the account's. That
// IAM Access Analyzer calls such access not public is unverified.
func inAccount(p enforce.PrincipalElement) bool {
	return p.Type == "Federated" && strings.HasPrefix(p.Value, "arn:")
}

// finding asks whether a part of a statement lets somebody in.
func (x *exposed) finding(part *enforce.StatementElements, s *enforce.Statement, f Finding) error {
	a, err := x.ask(part)
	if err != nil || a.Verdict == No {
		return err
	}
	if a.Verdict == Unknown {
		x.unsure(a.Reasons...)
		return nil
	}
	f.Witness, f.Statements = a.Witness, []*enforce.Statement{s}
	if f.Actions, err = x.actions(part); err != nil {
		return err
	}
	if f.Public, err = x.public(part); err != nil {
		return err
	}
	x.Verdict = Yes
	switch {
	case f.Public == Yes:
		x.Public = Yes
	case f.Public == Unknown && x.Public == No:
		x.Public = Unknown
	}
	x.add(f)
	return nil
}

// unsure says that there may be more access.
func (x *exposed) unsure(reasons ...string) {
	if x.Verdict == No {
		x.Verdict = Unknown
	}
	if x.Public == No {
		x.Public = Unknown
	}
	for _, r := range reasons {
		if !slices.Contains(x.Reasons, r) {
			x.Reasons = append(x.Reasons, r)
		}
	}
}

// add joins findings of the same principal and conditions.
func (x *exposed) add(f Finding) {
	key := f.Principal.Type + "\x00" + f.Principal.Value
	if f.Principal.Value == "*" {
		key = "*"
	}
	for _, name := range slices.Sorted(maps.Keys(f.Conditions)) {
		key += "\x00" + name + "\x00" + f.Conditions[name]
	}
	i, ok := x.places[key]
	if !ok {
		x.places[key] = len(x.Findings)
		x.Findings = append(x.Findings, f)
		return
	}
	known := &x.Findings[i]
	for _, action := range f.Actions {
		if !slices.Contains(known.Actions, action) {
			known.Actions = append(known.Actions, action)
		}
	}
	if !slices.Contains(known.Statements, f.Statements[0]) {
		known.Statements = append(known.Statements, f.Statements[0])
	}
	if f.Public == Yes || known.Public == No {
		known.Public = f.Public
	}
}

// actions returns the patterns of a statement of which somebody may do something.
func (x *exposed) actions(part *enforce.StatementElements) (some []string, _ error) {
	if part.NotAction != nil {
		return []string{"*"}, nil
	}
	if len(part.Action) == 1 {
		return []string{part.Action[0].Value}, nil
	}
	for _, action := range part.Action {
		one := *part
		one.Action = []enforce.Text{action}
		a, err := x.ask(&one)
		if err != nil {
			return nil, err
		}
		if a.Verdict != No && !slices.Contains(some, action.Value) {
			some = append(some, action.Value)
		}
	}
	return some, nil
}

// public asks whether a part of a statement lets everybody in.
func (x *exposed) public(part *enforce.StatementElements) (Verdict, error) {
	if !namingKeys.Open(part) || len(part.Principal) > 0 && inAccount(part.Principal[0]) {
		return No, nil
	}
	a, err := x.ask(part, x.strange(part)...)
	if a.Verdict == Unknown {
		x.unsure(a.Reasons...)
	}
	return a.Verdict, err
}

func (x *exposed) denies() []enforce.StatementElements {
	return slices.DeleteFunc(slices.Clone(x.doc.Statements), func(s enforce.StatementElements) bool { return s.Effect.Value == "Allow" })
}

// ask asks about a part of one Allow, and all Denies.
func (x *exposed) ask(part *enforce.StatementElements, where ...enforce.ConditionElement) (Answer, error) {
	doc := *x.doc
	doc.Statements = append(x.denies(), *part)
	for i := range doc.Statements {
		doc.Statements[i].Sid.Value = "" // parts have one in common
	}
	p, err := build(&doc, x.policy)
	if err != nil {
		return Answer{}, fmt.Errorf("prove: %w", err)
	}
	set, q := Alone(p)
	q.ResourceAccount, q.outside, q.Budget = x.zone.Account, x.zone, x.zone.Budget
	q.Where = append(x.zone.outside(x.doc), where...)
	x.asked++
	if part.NotAction == nil {
		q.Actions = nil
		for _, action := range part.Action {
			q.Actions = append(q.Actions, action.Value)
		}
	}
	a, err := Can(x.ctx, set, q)
	x.Steps += a.Steps
	return a, err
}

// contrary has the negation of each operator that compares a value with others.
var contrary = map[string]string{
	"StringEquals": "StringNotEquals", "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "StringLike": "StringNotLike",
	"ArnEquals": "ArnNotEquals", "ArnLike": "ArnNotLike", "IpAddress": "NotIpAddress",
	"StringNotEquals": "StringNotEquals", "StringNotEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "StringNotLike": "StringNotLike",
	"ArnNotEquals": "ArnNotEquals", "ArnNotLike": "ArnNotLike", "NotIpAddress": "NotIpAddress",
}

// strange are conditions that hold of requests in which nothing that names callers, networks
// or sources has a fixed value that a part of an Allow, or a Deny, names.
func (x *exposed) strange(part *enforce.StatementElements) (where []enforce.ConditionElement) {
	for _, s := range append(x.denies(), *part) {
		for _, c := range s.Conditions {
			open, known := namingKeys[strings.ToLower(c.Key.Value)]
			operator, set, _ := c.Qualifiers()
			not, compares := contrary[operator]
			if !known || !compares {
				continue
			}
			var fixed []string
			for _, v := range c.Values {
				if !open(v.Value) {
					fixed = append(fixed, v.Value)
				}
			}
			if set != "" {
				not = "ForAllValues:" + not
			}
			if fixed != nil {
				where = append(where, enforce.Condition(not, c.Key.Value, fixed...))
			}
		}
	}
	return where
}
