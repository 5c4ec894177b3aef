package prove

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Question is the requests that an answer is about: those of one of the principals, for
// one of the actions, on one of the resources, in a context of which all conditions hold.
type Question struct {
	// Principals are the callers. One of the type User or AssumedRole with an Account and
	// without an ARN stands for all users of the account, or all sessions of its roles.
	Principals []enforce.Principal
	// Anyone adds every caller there may be: of the accounts that the policies name, of one
	// that they do not name, anonymous ones, and services. The root user of the owner's
	// account is not among them, who needs no policy there.
	Anyone bool
	// Actions are patterns as policies have them: "s3:Delete*". There is at least one.
	Actions []string
	// Resources are patterns as policies have them, without variables. None is any.
	Resources []string
	// Within are patterns one of which a resource matches as well, and Except are patterns of
	// resources that are left out. None of either leaves nothing out.
	Within, Except []string
	// ResourceAccount owns the resource. Empty means the account in its ARN, or else the
	// caller's own, as in an [enforce.Request].
	ResourceAccount string
	// Where are conditions as policies have them, all of which hold of the requests.
	// Variables are plain text in them.
	Where []enforce.ConditionElement
	// Known leaves out the actions that AWS does not have today. Without it a No holds for
	// those too that AWS adds tomorrow.
	Known bool
	// Budget is how many steps the answer may take; 0 is [DefaultBudget].
	Budget int

	where    *enforce.PolicySet // denies where the conditions hold
	index    *patternIndex      // of Actions
	narrow   *patternIndex      // of which the action is one too, if it is set
	patterns bool               // conditions have patterns of callers, of which some were not asked about
	foreign  bool               // Anyone is callers of other accounts than the owner's
	outside  *Zone              // Anyone is callers outside of it
}

// check finds what is wrong with a question, and with the policies that it is about.
func (q *Question) check(sets ...*enforce.PolicySet) error {
	if len(q.Actions) == 0 {
		return errors.New("prove: the question names no action")
	}
	if len(q.Principals) == 0 && !q.Anyone {
		return errors.New("prove: the question names no principal")
	}
	for i, a := range q.Actions {
		if _, err := enforce.ParseAction(a); err != nil {
			return fmt.Errorf("prove: action %d, %q: %w", i+1, a, err)
		}
	}
	for _, list := range [][]string{q.Resources, q.Within, q.Except} {
		if err := checkResources(list); err != nil {
			return err
		}
	}
	if q.ResourceAccount != "" {
		if err := checkAccount(q.ResourceAccount); err != nil {
			return fmt.Errorf("prove: the resource's owner: %w", err)
		}
	}
	if err := q.checkWhere(); err != nil {
		return err
	}
	for i, p := range q.Principals {
		if err := checkPrincipal(p); err != nil {
			return fmt.Errorf("prove: principal %d: %w", i+1, err)
		}
	}
	for _, set := range sets {
		if set == nil {
			return errors.New("prove: no policies are given")
		}
		if d := enforce.Evaluate(&enforce.Request{}, set); d.Verdict == enforce.ExplicitDeny && d.Statement == nil {
			return fmt.Errorf("prove: %w", d.Err())
		}
	}
	return nil
}

// resources are all patterns of resources.
func (q *Question) resources() []string { return slices.Concat(q.Resources, q.Within, q.Except) }

func checkResources(patterns []string) error {
	for i, r := range patterns {
		if strings.Contains(r, "${") {
			return fmt.Errorf("prove: resource %d, %q: a question has no policy variables", i+1, r)
		}
		if _, err := enforce.ParseResource(r); err != nil {
			return fmt.Errorf("prove: resource %d, %q: %w", i+1, r, err)
		}
	}
	return nil
}

// asks reports whether the question may be about an action that a pattern matches.
func (q *Question) asks(p *pattern) bool {
	if q.index == nil {
		all := make([]pattern, len(q.Actions))
		for i, a := range q.Actions {
			all[i] = actionPattern(a)
		}
		q.index = newPatternIndex(all)
	}
	return q.index.meets(p) && (q.narrow == nil || q.narrow.meets(p))
}

// checkWhere has the conditions read as a policy's.
func (q *Question) checkWhere() error {
	if len(q.Where) == 0 {
		return nil
	}
	for i := range q.Where {
		if name, _, _ := q.Where[i].Qualifiers(); name == "" {
			return fmt.Errorf("prove: condition %d: unknown condition operator %q", i+1, q.Where[i].Operator.Value)
		}
	}
	for i := range q.Where {
		if _, err := denying(q.Where[i : i+1]); err != nil {
			return fmt.Errorf("prove: condition %d, %s of %q: %w", i+1, q.Where[i].Operator.Value, q.Where[i].Key.Value, err)
		}
	}
	where, err := denying(q.Where)
	if err != nil {
		return err
	}
	q.where = &enforce.PolicySet{Identity: []*enforce.Policy{where}}
	return nil
}

// denying returns a policy that denies where conditions hold.
func denying(conditions []enforce.ConditionElement) (*enforce.Policy, error) {
	return enforce.Build(&enforce.Document{Version: enforce.Text{Value: "2008-10-17"}, Statements: []enforce.StatementElements{{
		Effect: enforce.Text{Value: "Deny"}, Action: enforce.Texts("*"), Resource: enforce.Texts("*"), Conditions: conditions,
	}}}, enforce.IdentityPolicy, enforce.Source{Name: "question"})
}

// holds reports whether the conditions of the question hold of a request.
func (q *Question) holds(req *enforce.Request) bool {
	if q.where == nil {
		return true
	}
	asked := *req
	asked.Action = "question:Holds" // which AWS itself does not decide
	return enforce.Evaluate(&asked, q.where).Verdict == enforce.ExplicitDeny
}

func checkPrincipal(p enforce.Principal) error {
	switch p.Type {
	case enforce.User, enforce.AssumedRole, enforce.FederatedUser, enforce.Root:
		if err := checkAccount(p.Account); err != nil {
			return err
		}
		if p.ARN == "" && p.Type != enforce.User && p.Type != enforce.AssumedRole {
			return fmt.Errorf("a principal of type %s has an ARN", p.Type)
		}
	case enforce.Anonymous, enforce.Service, enforce.WebIdentity, enforce.SAMLIdentity:
		if p.Account != "" {
			return fmt.Errorf("a principal of type %s has no account", p.Type)
		}
	default:
		return fmt.Errorf("unknown type of principal %q", p.Type)
	}
	return nil
}

func checkAccount(account string) error {
	if len(account) != 12 || strings.Trim(account, "0123456789") != "" {
		return fmt.Errorf("account %q has not 12 digits", account)
	}
	return nil
}

// callers returns those that the question is about.
func (q *Question) callers(sets ...*enforce.PolicySet) (all []*caller) {
	add := func(c caller) {
		if !slices.ContainsFunc(all, func(other *caller) bool { return *other == c }) {
			all = append(all, &c)
		}
	}
	for _, p := range q.Principals {
		add(caller{Principal: p, any: p.ARN == "" && p.Account != ""})
	}
	if !q.Anyone {
		return all
	}
	if q.outside != nil {
		add(caller{Principal: enforce.Principal{Type: enforce.Anonymous}}) // who shows best how open a policy is
	}
	accounts := accountsNamed(sets, q.ResourceAccount, strings.Join(q.resources(), " "))
	for _, account := range append(accounts, unnamedAccount(accounts)) {
		if q.foreign && account == q.ResourceAccount || q.outside != nil && q.outside.has(account) {
			continue
		}
		for _, t := range []enforce.PrincipalType{enforce.User, enforce.AssumedRole, enforce.FederatedUser} {
			add(caller{Principal: enforce.Principal{Type: t, Account: account}, any: true})
		}
		if q.ResourceAccount != "" && account != q.ResourceAccount {
			add(caller{Principal: enforce.Principal{Type: enforce.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account}})
		}
	}
	add(caller{Principal: enforce.Principal{Type: enforce.Anonymous}})
	services, open := q.named(sets...)
	q.patterns = open
	if q.outside != nil && servicesAreTrusted {
		services = nil
	} else {
		services = append(services, "example.amazonaws.com")
	}
	for _, service := range services {
		add(caller{Principal: enforce.Principal{Type: enforce.Service, Service: service}})
	}
	add(caller{Principal: enforce.Principal{Type: enforce.WebIdentity, Service: "example.com"}})
	add(caller{Principal: enforce.Principal{Type: enforce.SAMLIdentity, Service: "arn:aws:iam::" + unnamedAccount(accounts) + ":saml-provider/example"}})
	for _, c := range listed(unnamedAccount(accounts), sets...) {
		if c.Type != enforce.Service || q.outside == nil || !servicesAreTrusted {
			add(c)
		}
	}
	return all
}

// listed returns the services, identity providers and canonical users that policies name;
// the account is that of the last.
func listed(account string, sets ...*enforce.PolicySet) (all []caller) {
	for _, set := range sets {
		for p := range set.All() {
			for _, ref := range p.Principals() {
				switch ref.Type {
				case "Service":
					all = append(all, caller{Principal: enforce.Principal{Type: enforce.Service, Service: ref.Value}})
				case "Federated":
					t := enforce.WebIdentity
					if strings.Contains(ref.Value, ":saml-provider/") {
						t = enforce.SAMLIdentity
					}
					all = append(all, caller{Principal: enforce.Principal{Type: t, Service: ref.Value}})
				case "CanonicalUser":
					all = append(all, caller{Principal: enforce.Principal{Type: enforce.User, Account: account, CanonicalUser: ref.Value}, any: true})
				}
			}
		}
	}
	return all
}

// named returns the services that conditions name, and reports whether conditions have
// patterns of accounts or services: callers that match these may differ from those that are
// asked about.
func (q *Question) named(sets ...*enforce.PolicySet) (services []string, patterns bool) {
	look := func(c *enforce.ConditionElement) {
		operator, _, _ := c.Qualifiers()
		family, _ := familyOf(operator)
		for _, v := range c.Values {
			wild := strings.ContainsAny(v.Value, "*?$")
			switch strings.ToLower(c.Key.Value) {
			case "aws:principalservicename":
				if patterns = patterns || wild; !wild {
					services = append(services, v.Value)
				}
			case "aws:principalaccount":
				patterns = patterns || wild && v.Value != "*" || family != "text" && family != "Null"
			case "aws:principalarn":
				account := enforce.SplitPattern(v.Value)[4]
				patterns = patterns || strings.ContainsAny(account, "*?$") && account != "*" || !strings.Contains(v.Value, ":") && v.Value != "*"
			}
		}
	}
	for i := range q.Where {
		look(&q.Where[i])
	}
	for _, set := range sets {
		for p := range set.All() {
			for _, s := range readingOf(p).doc.Statements {
				for i := range s.Conditions {
					look(&s.Conditions[i])
				}
			}
		}
	}
	return services, patterns
}

// accountsNamed returns the numbers of accounts that policies and texts name.
func accountsNamed(sets []*enforce.PolicySet, texts ...string) (accounts []string) {
	for _, set := range sets {
		for p := range set.All() {
			for _, account := range readingOf(p).accounts {
				if !slices.Contains(accounts, account) {
					accounts = append(accounts, account)
				}
			}
		}
	}
	for _, account := range accountsIn(texts...) {
		if !slices.Contains(accounts, account) {
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// unnamedAccount returns an account that is not among those named.
func unnamedAccount(named []string) string {
	for _, account := range []string{"999999999999", "888888888888", "777777777777"} {
		if !slices.Contains(named, account) {
			return account
		}
	}
	for n := 100000000000; ; n++ {
		if account := fmt.Sprint(n); !slices.Contains(named, account) {
			return account
		}
	}
}
