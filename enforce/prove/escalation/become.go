package escalation

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// A become is a way to act as another identity.
type become struct {
	Way
	try func(r *run, by *agent, w *Way)
}

// stranger is a principal of an account of the caller's own, which nobody else knows.
func (r *run) stranger() *agent {
	id := &account.Identity{Account: "999999999999", Kind: account.UserKind, ARN: "arn:aws:iam::999999999999:user/" + newName, Name: newName, ID: "AIDAEXAMPLE",
		Inline: []*enforce.Policy{r.written}}
	return r.agent(&account.Account{ID: id.Account}, newHolding(&account.Account{}, id))
}

// trustOf is a trust policy that admits an agent.
func trustOf(a *agent) string {
	name := a.id.ARN
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + name + `"},"Action":"sts:AssumeRole"}]}`
}

// assumed asks for a role, by its trust policy.
func (r *run) assumed(role *account.Role, trust *enforce.Policy) question {
	return question{action: "sts:AssumeRole", resources: []string{role.ARN}, policy: trust, owner: r.accounts[role.Account], tags: role.Tags, known: true}
}

// assume adds the call that assumes a role.
func (t *attempt) assume(by *agent, role *account.Role, trust *enforce.Policy) bool {
	return t.callBy(by, "sts:AssumeRole", "a session of "+role.ARN, []Parameter{{"RoleArn", role.ARN}, {"RoleSessionName", account.Session}}, t.assumed(role, trust))
}

// assumeRole assumes roles whose trust policies admit the agent.
func assumeRole(r *run, by *agent, w *Way) {
	for _, role := range r.trusting(&by.who) {
		if r.spent() {
			return
		}
		if role.ARN == by.id.ARN || r.pointless(by, role.Account) {
			continue
		}
		if t, ok := r.try(by, w.Name, func(t *attempt) bool { return t.assume(by, role, role.Trust) }); ok {
			r.actsAs(t, &role.Identity)
		}
	}
}

// pointless reports whether an identity of an account can have nothing that the agent has
// not.
func (r *run) pointless(by *agent, of string) bool { return of == by.home.ID && r.full(by) }

// updateTrust writes a trust policy that admits the agent, or a principal of an account of
// the caller's own, and assumes the role.
func updateTrust(r *run, by *agent, w *Way) {
	if !r.may(by, w.Calls[0]) || r.full(by) {
		return
	}
	some := question{action: w.Calls[0], resources: []string{"arn:aws:iam::" + by.home.ID + ":role/*"}}
	if _, verdict := r.ask(by, &some); verdict == prove.No {
		return
	}
	for _, role := range by.home.Roles {
		if role.ServiceLinked() || role.ARN == by.id.ARN || r.spent() {
			continue
		}
		h := newHolding(by.home, &role.Identity)
		for _, as := range []*agent{by, r.stranger()} {
			t, ok := r.try(by, w.Name, func(t *attempt) bool { return t.trusts(as, role, h) })
			if ok {
				if as != by {
					t.assumes = append(t.assumes, "the caller has an account of its own")
				}
				r.actsAs(t, &role.Identity)
				break
			}
		}
	}
}

// trusts adds the calls that have a role trust somebody, who assumes it.
func (t *attempt) trusts(as *agent, role *account.Role, h *holding) bool {
	const action = "iam:UpdateAssumeRolePolicy"
	document := trustOf(as)
	trust := mustParse(document, enforce.TrustPolicy, enforce.Source{Name: "trust policy of " + role.Name})
	return t.call(action, role.ARN+" trusts "+as.id.ARN, []Parameter{{"RoleName", role.Name}, {"PolicyDocument", document}}, t.on(action, h)) &&
		t.assume(as, role, trust)
}

// credentials makes credentials of other users.
func credentials(r *run, by *agent, w *Way) {
	if !r.may(by, w.Calls[0]) || r.full(by) {
		return
	}
	some := question{action: w.Calls[0], resources: []string{"arn:aws:iam::" + by.home.ID + ":user/*"}}
	if _, verdict := r.ask(by, &some); verdict == prove.No {
		return
	}
	for _, u := range by.home.Users {
		if u.ARN == by.id.ARN || r.spent() {
			continue
		}
		h := newHolding(by.home, &u.Identity)
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			return t.call(w.Calls[0], "credentials of "+u.ARN, []Parameter{{"UserName", u.Name}}, t.on(w.Calls[0], h))
		})
		if ok {
			t.assumes = append(t.assumes, assumedOf(w.Calls[0])...)
			h.only = r.credentials[w.Calls[0]]
			r.reached(t, h)
		}
	}
}

// signing notes that the agent may upload signing certificates of other users. They were for
// AWS's SOAP interfaces, of which it is not known which answer still.
func signing(r *run, by *agent, w *Way) {
	if !r.may(by, w.Calls[0]) || r.full(by) {
		return
	}
	for _, u := range by.home.Users {
		if u.ARN == by.id.ARN {
			continue
		}
		t := &attempt{run: r, by: by}
		q := t.on(w.Calls[0], newHolding(by.home, &u.Identity))
		if _, verdict := r.ask(by, &q); verdict == prove.Yes {
			r.unknown("%s may upload signing certificates of %s: which services still take them is not known", by.who.ARN, u.ARN)
			return
		}
	}
}

// assumedOf is what a call takes for granted.
func assumedOf(action string) []string {
	switch action {
	case "iam:CreateAccessKey":
		return []string{"the user has less than two access keys"}
	case "iam:CreateLoginProfile":
		return []string{"the user has no password yet"}
	case "iam:UpdateLoginProfile":
		return []string{"the user has a password"}
	}
	return nil
}

// credentialsOf bounds what credentials of one service are good for: CodeCommit, Amazon
// Keyspaces and Amazon Bedrock have their own.
func credentialsOf() map[string]*enforce.Policy {
	return map[string]*enforce.Policy{
		"iam:CreateServiceSpecificCredential": mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["codecommit:*","cassandra:*","bedrock:*"],"Resource":"*"}]}`, enforce.SessionPolicy, enforce.Source{Name: "service-specific credentials"}),
		"iam:UploadSSHPublicKey":              mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"codecommit:*","Resource":"*"}]}`, enforce.SessionPolicy, enforce.Source{Name: "SSH keys"}),
	}
}

// provider changes a SAML provider of the account to one of the caller's own, and has it
// say who calls.
func provider(r *run, by *agent, w *Way) {
	if !r.may(by, w.Calls[0]) || r.full(by) {
		return
	}
	for name, roles := range r.byName {
		if !strings.HasPrefix(name, "arn:aws:iam::"+by.home.ID+":saml-provider/") {
			continue
		}
		for _, role := range roles {
			q := r.assumed(role, role.Trust)
			q.action = "sts:AssumeRoleWithSAML"
			t, ok := r.try(by, w.Name, func(t *attempt) bool {
				if !t.call(w.Calls[0], name+" trusts the caller's own identity provider", []Parameter{{"SAMLProviderArn", name}}, question{action: w.Calls[0], resources: []string{name}}) {
					return false
				}
				return t.as(enforce.Principal{Type: enforce.SAMLIdentity, Service: name}, "a session of "+role.ARN, q)
			})
			if ok {
				r.actsAs(t, &role.Identity)
			}
		}
	}
}

// shared are the identity providers that all accounts have, with the keys that name the
// application: anybody may have one of its own.
var shared = map[string]string{
	"cognito-identity.amazonaws.com": "aud", "accounts.google.com": "aud", "graph.facebook.com": "app_id", "www.amazon.com": "app_id",
}

// vouched notes roles that trust such a provider whatever the application.
func (r *run) vouched() {
	for provider, key := range shared {
		for _, role := range r.byName[provider] {
			q := r.assumed(role, role.Trust)
			q.action, q.where = "sts:AssumeRoleWithWebIdentity", []enforce.ConditionElement{equals(provider+":"+key, newName)}
			if _, verdict := r.askAs(enforce.Principal{Type: enforce.WebIdentity, Service: provider}, &enforce.PolicySet{}, nil, &q); verdict == prove.Yes {
				r.unknown("anybody with an application of %s may assume %s", provider, role.ARN)
			}
		}
	}
}

// issuer notes that the agent may change whom roles trust to say who calls.
func issuer(r *run, by *agent, w *Way) {
	if !r.may(by, w.Calls[0]) || r.full(by) {
		return
	}
	kind := ":oidc-provider/"
	if strings.Contains(w.Name, "SAML") {
		kind = ":saml-provider/"
	}
	for name := range r.byName {
		if !strings.HasPrefix(name, "arn:aws:iam::"+by.home.ID+kind) {
			continue
		}
		q := question{action: w.Calls[0], resources: []string{name}}
		if _, verdict := r.ask(by, &q); verdict == prove.Yes {
			r.unknown("%s may %s on %s, which roles trust: for whom it vouches then is not known", by.who.ARN, w.Name, name)
		}
	}
}

// as adds a call of somebody without policies of its own: a service, or who an identity
// provider vouches for.
func (t *attempt) as(who enforce.Principal, effect string, q question) bool {
	d, verdict := t.askAs(who, &enforce.PolicySet{}, nil, &q)
	if verdict != prove.Yes {
		return false
	}
	step := &Step{Way: t.way, Caller: who, Operation: q.action, Effect: effect, Parameters: []Parameter{{"RoleArn", q.resources[0]}}, Needs: []enforce.Decision{d}, asked: []question{q}}
	t.steps = append(t.steps, step)
	return true
}

// newRole makes a role that trusts the agent and allows everything, as far as a boundary
// that must be given lets it.
func newRole(r *run, by *agent, w *Way) {
	r.newIdentity(by, w, account.RoleKind, func(t *attempt, role *account.Role) bool {
		trust := mustParse(trustOf(by), enforce.TrustPolicy, enforce.Source{Name: "trust policy of " + role.Name})
		return t.assume(by, role, trust)
	})
}

// newUser makes a user that allows everything, and an access key of it.
func newUser(r *run, by *agent, w *Way) {
	r.newIdentity(by, w, account.UserKind, func(t *attempt, role *account.Role) bool {
		h := newHolding(by.home, &role.Identity)
		h.fresh = true
		return t.call("iam:CreateAccessKey", "an access key of "+role.ARN, []Parameter{{"UserName", role.Name}}, t.on("iam:CreateAccessKey", h))
	})
}

func (r *run) newIdentity(by *agent, w *Way, kind account.Kind, use func(*attempt, *account.Role) bool) {
	if !r.may(by, w.Calls[0]) || !r.may(by, w.Calls[1]) || r.full(by) || made(w.Calls[0], by) {
		return
	}
	boundaries := []*account.Policy{nil, {ARN: administrator, Default: &account.Version{Policy: r.admin}}}
	for _, boundary := range append(boundaries, by.home.Policies...) {
		role := &account.Role{Identity: account.Identity{Account: by.home.ID, Kind: kind, Boundary: boundary}}
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			form := formsOf(w.Calls[0], "")[0]
			where := enforce.Condition("Null", "iam:PermissionsBoundary", "true")
			parameters := []Parameter{}
			if boundary != nil {
				where, parameters = equals("iam:PermissionsBoundary", boundary.ARN), []Parameter{{"PermissionsBoundary", boundary.ARN}}
			}
			q, arn, ok := t.place(w.Calls[0], form, where)
			if !ok {
				return false
			}
			role.ARN, role.Name = arn, arn[strings.LastIndexByte(arn, '/')+1:]
			if kind == account.RoleKind {
				parameters = append(parameters, Parameter{"AssumeRolePolicyDocument", trustOf(by)})
			}
			h := newHolding(by.home, &role.Identity)
			h.fresh = true
			return t.call(w.Calls[0], role.ARN+" is new", append(namesOf(w.Calls[0], arn), parameters...), q) && t.fill(w.Calls[1], h) && use(t, role)
		})
		if !ok {
			continue
		}
		h := newHolding(by.home, &role.Identity)
		if r.reached(t, h.with(func(h *holding) { h.inline = []*enforce.Policy{r.written} })) || boundary == nil {
			return
		}
	}
}

// place finds a name for what a call makes.
func (t *attempt) place(action, form string, where enforce.ConditionElement) (question, string, bool) {
	q := question{action: action, resources: []string{fill(form, t.by.home, t.region, newName)}, where: []enforce.ConditionElement{where}}
	q.all = []string{fill(form, t.by.home, "*", "*")}
	if arn, ok := t.chosen[form]; ok {
		q.resources = []string{arn}
	}
	d, ok := t.free(q, form)
	if !ok {
		q.resources = q.all
		if d, ok = t.free(q, form); !ok {
			return q, "", false
		}
	}
	t.chosen[form] = d.Request.Resource
	q.resources = []string{d.Request.Resource}
	return q, d.Request.Resource, true
}

// fill gives a new identity everything. Where its name is not one that the permission is
// for, that one is tried.
func (t *attempt) fill(action string, h *holding) bool {
	parameters := []Parameter{named(h), {"PolicyName", newName}, {"PolicyDocument", allowAll}}
	var where []enforce.ConditionElement
	if strings.Contains(action, "Attach") {
		parameters = []Parameter{named(h), {"PolicyArn", administrator}}
		where = append(where, equals("iam:PolicyARN", administrator))
	}
	q := t.on(action, h, where...)
	if t.call(action, h.id.ARN+" allows everything", parameters, q) {
		return true
	}
	form := "arn:aws:iam::" + t.by.home.ID + ":" + string(h.id.Kind) + "/*"
	q.resources = []string{form}
	if d, verdict := t.ask(t.by, &q); verdict == prove.Yes {
		t.instead[formsOf(t.steps[0].Operation, "")[0]] = d.Request.Resource
	}
	return false
}
