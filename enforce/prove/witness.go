package prove

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// witness makes the request that a search found, and asks the evaluator about it.
func (p *proof) witness(s *search) (*enforce.Request, outcome) {
	for _, who := range p.callerOf(s) {
		req := &enforce.Request{Principal: who, ResourceAccount: p.question.ResourceAccount}
		action, _ := s.state(p.encoder.dims[actionField])
		resource, _ := s.state(p.encoder.dims[resourceField])
		req.Action, req.Resource = action.values[0], resource.values[0]
		for _, name := range slices.Sorted(maps.Keys(p.encoder.dims)) {
			if strings.HasPrefix(name, "\x00") {
				continue
			}
			d := p.encoder.dims[name]
			state, _ := s.state(d)
			switch {
			case state.multi:
				req.Context.SetMulti(p.encoder.spelled(name), state.values)
			case state.values != nil:
				req.Context.Set(p.encoder.spelled(name), state.values[0])
			}
		}
		if p.replays(req) {
			if p.part == nil && !p.lenient {
				p.name(s, req)
			}
			return req, possible
		}
	}
	switch {
	case p.encoder.caller.any:
		p.because("what the names, ids and ARNs of principals have to do with each other")
	case !s.blurred && len(p.encoder.open) == 0:
		p.because("internal: the witness is not what the evaluator says")
	}
	return nil, unknown
}

// replays asks the evaluator.
func (p *proof) replays(req *enforce.Request) bool {
	switch {
	case !p.question.holds(req):
		return false
	case p.part != nil:
		return true
	}
	if p.lenient {
		d := enforce.Evaluate(req, p.allow)
		return d.Verdict != enforce.ImplicitDeny
	}
	d := enforce.Evaluate(req, p.allow)
	if !d.Allowed() {
		return false
	}
	if p.deny == nil {
		return true
	}
	d = enforce.Evaluate(req, p.deny)
	return !d.Allowed()
}

// callerOf returns the principal that was found. Where it may be any of a type, its fields
// belong together: the name is the end of the ARN. What nothing was said of follows from
// the rest.
func (p *proof) callerOf(s *search) []enforce.Principal {
	c := p.encoder.caller
	if !c.any {
		return []enforce.Principal{c.Principal}
	}
	var ok bool
	who := c.Principal
	f := fields{s, p.encoder.dims}
	switch c.Type {
	case enforce.User:
		ok = f.user(&who)
	case enforce.FederatedUser:
		ok = f.federatedUser(&who)
	default:
		ok = f.session(&who)
	}
	if !ok {
		return nil
	}
	return []enforce.Principal{who}
}

// fields are those of a caller that was found.
type fields struct {
	*search
	dims map[string]*dimension
}

func (f *fields) found(name string) string {
	state, _ := f.state(f.dims[name])
	return state.values[0]
}

// fits reports whether a field may have a text too.
func (f *fields) fits(name, text string) bool {
	d := f.dims[name]
	return within(d.values, text) && !slices.ContainsFunc(f.of(d).said, func(c said) bool { return c.holds(single(text)) != c.in })
}

// id returns the id that was found, or a plain one.
func (f *fields) id(plain string) string {
	if f.fits(idField, plain) {
		return plain
	}
	return f.found(idField)
}

func (f *fields) user(who *enforce.Principal) bool {
	who.UserID = f.id("AIDAEXAMPLEEXAMPLE")
	for _, arn := range []string{f.found(arnField), "arn:aws:iam::" + who.Account + ":user/" + f.found(nameField)} {
		if last := arn[strings.LastIndexByte(arn, '/')+1:]; last != "" && f.fits(arnField, arn) && f.fits(nameField, last) {
			who.ARN, who.UserName = arn, last
			return true
		}
	}
	return false
}

func (f *fields) federatedUser(who *enforce.Principal) bool {
	who.IssuerARN = f.found(issuerField)
	prefix := "arn:aws:sts::" + who.Account + ":federated-user/"
	for _, arn := range []string{f.found(arnField), prefix + strings.TrimPrefix(f.found(idField), who.Account+":")} {
		if id := who.Account + ":" + strings.TrimPrefix(arn, prefix); f.fits(arnField, arn) && f.fits(idField, id) {
			who.ARN, who.UserID = arn, id
			return true
		}
	}
	return false
}

// session is of a role: its ARN has the role's name, and its id ends with its own.
func (f *fields) session(who *enforce.Principal) bool {
	session, issuer := f.found(arnField), f.found(issuerField)
	parts := strings.Split(session, "/")
	if role := "arn:aws:iam::" + who.Account + ":role/" + parts[1]; f.of(f.dims[issuerField]).said == nil && f.fits(issuerField, role) {
		issuer = role
	}
	who.UserID = f.id("AROAEXAMPLEEXAMPLE:session")
	prefix := "arn:aws:sts::" + who.Account + ":assumed-role/" + issuer[strings.LastIndexByte(issuer, '/')+1:] + "/"
	for _, arn := range []string{session, prefix + "session", prefix + parts[len(parts)-1]} {
		if strings.HasPrefix(arn, prefix) && strings.Count(arn, "/") == 2 && f.fits(arnField, arn) {
			who.ARN, who.IssuerARN = arn, issuer
			return true
		}
	}
	return false
}

// maxNames is how many actions of AWS's are tried in place of one that was found.
const maxNames = 300

// name gives a request an action that AWS has, and a resource that the action takes, if
// there is such a request too.
func (p *proof) name(s *search, req *enforce.Request) {
	takes := make(map[*catalog.Resource]bool)
	fits := func(a *catalog.Action) bool {
		return len(a.Resources) == 0 && req.Resource == "*" || slices.ContainsFunc(a.Resources, func(t catalog.Target) bool {
			match, ok := takes[t.Resource]
			if !ok {
				match = t.Resource.Match(req.Resource)
				takes[t.Resource] = match
			}
			return match
		})
	}
	known, ok := catalog.Find(req.Action)
	if !ok || !fits(known) {
		if other := p.known(s, req, fits); other != nil {
			known = other
		}
	}
	if known == nil {
		return
	}
	req.Action = known.String()
	resources := p.encoder.dims[resourceField].values
	for _, resource := range p.resourcesOf(req) {
		if other := *req; within(resources, resource) {
			if other.Resource = resource; p.replays(&other) {
				req.Resource = resource
				return
			}
		}
	}
}

// known returns an action that AWS has and that the request can have: one that fits, or else
// any.
func (p *proof) known(s *search, req *enforce.Request, fits func(*catalog.Action) bool) (other *catalog.Action) {
	tried := 0
	d := p.encoder.dims[actionField]
	claims := s.of(d).said
	for named := range actionsOf(append([]string{req.Action}, p.question.Actions...)) {
		if tried++; tried > maxNames || !p.spend(1) {
			return other
		}
		fit := fits(named.Action)
		if !fit && other != nil || slices.ContainsFunc(claims, func(c said) bool { return c.set.has(named.lower) != c.in }) ||
			!within(d.values, named.lower) {
			continue
		}
		asked := *req
		if asked.Action = named.name; p.replays(&asked) {
			if other = named.Action; fit {
				return other
			}
		}
	}
	return other
}

// A namedAction is an action of AWS's, with its name as it is and in lower case.
type namedAction struct {
	*catalog.Action
	name, lower string
}

var serviceActions sync.Map // of the prefixes of services

// actionsOfService returns the actions of a service.
func actionsOfService(prefix string) []namedAction {
	if all, ok := serviceActions.Load(prefix); ok {
		return all.([]namedAction)
	}
	service, ok := catalog.Lookup(prefix)
	if !ok {
		return nil
	}
	actions := service.Actions()
	all := make([]namedAction, len(actions))
	for i, a := range actions {
		all[i] = namedAction{a, a.String(), lowerASCII(a.String())}
	}
	serviceActions.Store(prefix, all)
	return all
}

// actionsOf ranges over the actions of the services that patterns name.
func actionsOf(patterns []string) iter.Seq[*namedAction] {
	return func(yield func(*namedAction) bool) {
		var seen []string
		for _, pattern := range patterns {
			prefix, _, _ := strings.Cut(strings.ToLower(pattern), ":")
			prefixes := []string{prefix}
			if prefix == "*" {
				prefixes = append([]string{"s3", "iam", "ec2"}, catalog.Prefixes()...)
			}
			for _, prefix := range prefixes {
				if slices.Contains(seen, prefix) {
					continue
				}
				seen = append(seen, prefix)
				all := actionsOfService(prefix)
				for i := range all {
					if !yield(&all[i]) {
						return
					}
				}
			}
		}
	}
}

// resourcesOf returns examples of the resources that an action takes; none where the
// request has one already.
func (p *proof) resourcesOf(req *enforce.Request) (all []string) {
	a, ok := catalog.Find(req.Action)
	if !ok {
		return nil
	}
	if len(a.Resources) == 0 {
		return []string{"*"}
	}
	account := p.question.ResourceAccount
	if account == "" {
		account = p.encoder.caller.Account
	}
	for _, target := range a.Resources {
		if target.Resource.Match(req.Resource) {
			return nil
		}
		for _, form := range target.Resource.ARNs {
			all = append(all, filledForm(form, account))
		}
	}
	return all
}

// filledForm puts examples in place of the variables of an ARN.
func filledForm(form, account string) string {
	form = strings.NewReplacer("${Partition}", "aws", "${Region}", "us-east-1", "${Account}", account).Replace(form)
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(form, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, form, _ = strings.Cut(rest, "}")
		b.WriteString("example")
	}
}
