package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/question"
)

// A judge decides the assertions of a file.
type judge struct {
	file     *checkFile
	outcomes *outcomes
	// principals are those whose policies could be read, and resources the policies of
	// resources, by their ARNs.
	principals map[string]*principalPolicies
	resources  map[string]*enforce.Policy
	broken     map[string]bool // resources whose policy could not be read
	template   *templateStack  // nil without one
}

// principalPolicies are a principal with its policies.
type principalPolicies struct {
	enforce.Principal
	policies enforce.PolicySet
	tags     enforce.Context
}

func newJudge(f *checkFile, to *outcomes) *judge {
	return &judge{
		file: f, outcomes: to, principals: make(map[string]*principalPolicies),
		resources: make(map[string]*enforce.Policy), broken: make(map[string]bool),
	}
}

// run judges all of the file. A file that could not be read whole is not judged: what
// was not understood may be what it is about.
func (j *judge) run() {
	for _, p := range j.file.problems {
		j.unjudged(outcome{Place: p.at}, errors.New(p.text))
	}
	if len(j.file.problems) > 0 {
		return
	}
	if t := j.file.template; t != nil {
		stack, err := t.open(t.file)
		if err != nil {
			j.unjudged(outcome{Place: t.at}, err)
			return
		}
		j.template = stack
		j.addPrincipals()
	}
	for _, name := range sortedByPlace(j.file.principals) {
		j.readPrincipal(name, j.file.principals[name])
	}
	for _, r := range j.file.resources {
		j.readResource(r)
	}
	for _, c := range j.file.checks {
		j.check(c)
	}
}

// addPrincipals adds those roles and users of the template as whom checks are made, unless
// the file says more of them.
func (j *judge) addPrincipals() {
	for _, c := range j.file.checks {
		if _, known := j.file.principals[c.as]; !known && slices.Contains(j.template.principals(), c.as) {
			j.file.principals[c.as] = &checkPrincipal{at: c.at, of: c.as}
		}
	}
}

func sortedByPlace(principals map[string]*checkPrincipal) []string {
	names := make([]string, 0, len(principals))
	for name := range principals {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return principals[a].at.Line - principals[b].at.Line })
	return names
}

// unjudged adds what cannot be judged. What AWS refuses of a policy stands in the policy.
func (j *judge) unjudged(o outcome, err error) {
	o.Unjudged, o.rule = err.Error(), ruleUnjudged
	var refused *enforce.DocumentError
	if errors.As(err, &refused) {
		o.Place = place{refused.File, refused.Line, refused.Column}
		o.rule, o.Unjudged = refused.Code, fmt.Sprintf("%s (%s)", refused.Message, refused.Detail)
	}
	*j.outcomes = append(*j.outcomes, o)
}

func (j *judge) readPrincipal(name string, p *checkPrincipal) {
	var of *templatePrincipal
	arn := p.arn
	if p.of != "" {
		found, err := j.principalOf(p)
		if err != nil {
			j.unjudged(outcome{Place: p.at}, err)
			return
		}
		of, arn = found, found.arn
	}
	if p.account != "" && !awsid.IsAccount(p.account) {
		j.unjudged(outcome{Place: p.at}, fmt.Errorf("account %q is none: it has 12 digits", p.account))
		return
	}
	if arn == "" {
		account := p.account
		if account == "" {
			account = defaultAccount
		}
		arn = awsid.ARN("iam", "", account, "role/"+name)
	}
	principal, err := enforce.ParsePrincipal(arn)
	if err == nil && p.arn != "" && p.account != "" && principal.Account != p.account {
		err = fmt.Errorf("%s is not of account %s", p.arn, p.account)
	}
	set, errs := p.read()
	if err != nil {
		errs = append(errs, err)
	}
	for _, err := range errs {
		j.unjudged(outcome{Place: p.at}, err)
	}
	if len(errs) > 0 {
		return
	}
	j.principals[name] = &principalPolicies{Principal: principal, policies: set}
	if of != nil {
		j.principals[name].add(of)
	}
}

// principalOf finds what the template has of a principal.
func (j *judge) principalOf(p *checkPrincipal) (*templatePrincipal, error) {
	switch {
	case j.template == nil:
		return nil, fmt.Errorf("of: %s is of a template, and the file names none", p.of)
	case p.arn != "" || p.account != "":
		return nil, fmt.Errorf("of: the template says the ARN and account of %s", p.of)
	}
	return j.template.principal(p.of)
}

// add adds the policies and tags that a template gives to the principal.
func (p *principalPolicies) add(of *templatePrincipal) {
	p.policies.Identity = slices.Concat(of.policies.Identity, p.policies.Identity)
	if p.policies.Boundary == nil {
		p.policies.Boundary = of.policies.Boundary
	}
	p.tags = of.tags
}

// read reads the policies of a principal.
func (p *checkPrincipal) read() (set enforce.PolicySet, errs []error) {
	all := func(files []string, kind enforce.Kind) []*enforce.Policy {
		list, err := parseAll(files, kind)
		if err != nil {
			errs = append(errs, err)
		}
		return list
	}
	one := func(file string, kind enforce.Kind) *enforce.Policy {
		policy, err := parseOne(file, kind)
		if err != nil {
			errs = append(errs, err)
		}
		return policy
	}
	set.Identity = all(p.policies, enforce.IdentityPolicy)
	set.Session = all(p.sessions, enforce.SessionPolicy)
	set.Boundary = one(p.boundary, enforce.IdentityPolicy)
	set.Endpoint = one(p.endpoint, enforce.EndpointPolicy)
	for _, level := range p.scps {
		set.SCPs = append(set.SCPs, all(level, enforce.ServiceControlPolicy))
	}
	for _, level := range p.rcps {
		set.RCPs = append(set.RCPs, append(all(level, enforce.ResourceControlPolicy), enforce.FullAWSAccess(enforce.ResourceControlPolicy)))
	}
	return set, errs
}

func (j *judge) readResource(r *checkResource) {
	if r.account != "" && !awsid.IsAccount(r.account) {
		j.broken[r.arn] = true
		j.unjudged(outcome{Place: r.at}, fmt.Errorf("account %q is none: it has 12 digits", r.account))
	}
	policy, err := parseOne(r.policy, kindFor(r.arn))
	if err != nil {
		j.broken[r.arn] = true
		j.unjudged(outcome{Place: r.at}, err)
		return
	}
	j.resources[r.arn] = policy
}

// resourceOf returns the resource of the file that an ARN is of: itself, or a bucket
// whose object it is. It returns nil when the file has none.
func (j *judge) resourceOf(arn string) *checkResource {
	for _, r := range j.file.resources {
		if arn == r.arn || kindFor(r.arn) == enforce.BucketPolicy && strings.HasPrefix(arn, r.arn+"/") {
			return r
		}
	}
	return nil
}

// check judges the assertions of one entry.
func (j *judge) check(c *checkEntry) {
	named, known := j.file.principals[c.as]
	if !known {
		names := sortedByPlace(j.file.principals)
		if j.template != nil {
			names = append(names, j.template.principals()...)
		}
		suggestion := ""
		if near := catalog.Nearest(c.as, names); near != "" {
			suggestion = fmt.Sprintf("; did you mean %q?", near)
		}
		j.unjudged(outcome{Place: c.at, Name: c.name, As: c.as}, fmt.Errorf("there is no principal %q%s", c.as, suggestion))
		return
	}
	for _, expected := range []struct {
		word    string
		actions []string
	}{{"can", c.can}, {"cannot", c.cannot}} {
		for _, action := range expected.actions {
			for _, resource := range c.on {
				if j.template != nil {
					resource = j.template.arn(resource)
				}
				o := outcome{Place: c.at, Name: c.name, As: c.as, Expects: expected.word, Action: action, Resource: resource}
				if j.principals[c.as] == nil {
					j.unjudged(o, fmt.Errorf("the policies of %s cannot be judged: see %s", c.as, named.at))
					continue
				}
				j.judge(o, c)
			}
		}
	}
}

// judge decides one assertion.
func (j *judge) judge(o outcome, c *checkEntry) {
	decision, err := j.decide(&o, c)
	if err != nil {
		j.unjudged(o, err)
		return
	}
	o.Decision = &decision
	o.Holds = decision.Allowed() == (o.Expects == "can")
	*j.outcomes = append(*j.outcomes, o)
}

func (j *judge) decide(o *outcome, c *checkEntry) (enforce.Decision, error) {
	var none enforce.Decision
	action, err := question.Action(o.Action, o.Resource)
	if errors.Is(err, question.ErrNoResource) {
		err = fmt.Errorf("on is missing: %w", err)
	}
	if err != nil {
		return none, err
	}
	p := j.principals[c.as]
	s := enforce.Simulation{Principal: p.Principal, Policies: p.policies, Context: enforce.Context{Base: &p.tags}, Actions: []string{action.String()}, Resources: []string{o.Resource}}
	for _, k := range c.context {
		if err := question.SetKey(&s.Context, k.name, k.values, k.multi, action); err != nil {
			return none, err
		}
	}
	if r := j.resourceOf(o.Resource); r != nil {
		if j.broken[r.arn] {
			return none, fmt.Errorf("the policy of %s cannot be judged: see %s", r.arn, r.at)
		}
		s.Policies.Resource, s.ResourceAccount = j.resources[r.arn], r.account
	}
	simulate := enforce.Simulate
	if j.template != nil {
		simulate = j.template.answer
	}
	decisions, err := simulate(&s)
	if err != nil {
		return none, err
	}
	return decisions[0], decisions[0].Err()
}
