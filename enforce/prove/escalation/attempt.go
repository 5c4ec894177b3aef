package escalation

import (
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// An attempt is at the calls of one way, of one agent.
type attempt struct {
	*run
	by    *agent
	way   string
	steps []*Step
	// chosen are the ARNs of what the calls make, by the form of the ARN, and region is
	// where that is.
	chosen  map[string]string
	region  string
	assumes []string
	// instead is a choice that a call would allow, where it does not allow the one made.
	instead map[string]string
}

// try makes an attempt. Where a call is not allowed on what earlier ones chose, it is made
// again with what that call would allow.
func (r *run) try(by *agent, way string, calls func(*attempt) bool) (*attempt, bool) {
	chosen := map[string]string{}
	for range 3 {
		t := &attempt{run: r, by: by, way: way, chosen: maps.Clone(chosen), instead: map[string]string{}, region: r.region()}
		if calls(t) {
			return t, true
		}
		if len(t.instead) == 0 {
			return t, false
		}
		maps.Copy(chosen, t.instead)
	}
	r.unknown("%s of %s: no name was found on which all calls are allowed", way, by.who.ARN)
	return nil, false
}

func (s *Search) region() string {
	if s.world.Region != "" {
		return s.world.Region
	}
	return "us-east-1"
}

// call adds a call that asks for permissions; false where one is not allowed.
func (t *attempt) call(operation, effect string, parameters []Parameter, needs ...question) bool {
	return t.callBy(t.by, operation, effect, parameters, needs...)
}

func (t *attempt) callBy(by *agent, operation, effect string, parameters []Parameter, needs ...question) bool {
	step := &Step{Way: t.way, Caller: by.who, Operation: operation, Effect: effect, Parameters: parameters, by: by}
	for i := range needs {
		d, verdict := t.ask(by, &needs[i])
		if verdict != prove.Yes {
			return false
		}
		t.grantedBy(d)
		step.Needs = append(step.Needs, d)
		step.asked = append(step.asked, needs[i])
	}
	t.steps = append(t.steps, step)
	return true
}

// grantedBy notes what a request takes for granted that no caller chooses.
func (t *attempt) grantedBy(d enforce.Decision) {
	for key, values := range d.Request.Context.All() {
		if strings.HasPrefix(strings.ToLower(key), "aws:principalorg") && (t.by.home.Organization == nil) {
			t.assumes = append(t.assumes, key+" is "+strings.Join(values, ", "))
		}
	}
}

// on asks for an action on an identity or what is there.
func (t *attempt) on(action string, h *holding, where ...enforce.ConditionElement) question {
	q := question{action: action, resources: []string{h.id.ARN}, where: where, tags: h.id.Tags, boundary: h.boundary, known: true}
	if h.fresh {
		q.all = []string{"arn:aws:iam::" + h.id.Account + ":" + string(h.id.Kind) + "/*"}
	}
	return q
}

// makes adds a call that makes or uses things whose names are the caller's to choose, with
// what else it asks for. An action may be followed by the form of the resource.
func (t *attempt) makes(action, effect string, parameters []Parameter, needs ...question) bool {
	action, form, _ := strings.Cut(action, " ")
	if !t.may(t.by, action) {
		return false
	}
	step := &Step{Way: t.way, Caller: t.by.who, Operation: action, Effect: effect, Parameters: parameters, by: t.by}
	forms := formsOf(action, form)
	if len(forms) == 0 {
		needs = append([]question{{action: action}}, needs...)
	}
	for _, f := range forms {
		q, d, ok := t.choose(action, f)
		if !ok {
			return false
		}
		step.Needs, step.asked = append(step.Needs, d), append(step.asked, q)
		step.Parameters = append(namesOf(action, t.chosen[f]), step.Parameters...)
	}
	for i := range needs {
		d, verdict := t.ask(t.by, &needs[i])
		if verdict != prove.Yes {
			return false
		}
		step.Needs, step.asked = append(step.Needs, d), append(step.asked, needs[i])
	}
	t.steps = append(t.steps, step)
	return true
}

// namesOf are the parameters that name what a call makes or is about.
func namesOf(action, arn string) []Parameter {
	parts := enforce.SplitPattern(arn)
	name := arn[strings.LastIndexAny(arn, ":/")+1:]
	switch kind, rest, _ := strings.Cut(parts[5], "/"); {
	case parts[2] == "lambda":
		return []Parameter{{"FunctionName", name}}
	case parts[2] != "iam":
		return nil
	case strings.HasPrefix(action, "iam:Create") && strings.Contains(rest, "/"):
		return []Parameter{{nameParameter(kind), name}, {"Path", "/" + strings.TrimSuffix(rest, name)}}
	default:
		return []Parameter{{nameParameter(kind), name}}
	}
}

func nameParameter(kind string) string {
	switch kind {
	case "policy":
		return "PolicyName"
	case "instance-profile":
		return "InstanceProfileName"
	case "role":
		return "RoleName"
	}
	return "UserName"
}

// choose finds a resource of a form on which an action is allowed: the one chosen before,
// or a new name.
func (t *attempt) choose(action, form string) (question, enforce.Decision, bool) {
	open := question{action: action, resources: []string{fill(form, t.by.home, "*", "*")}}
	open.all = open.resources
	name := newName
	if strings.Contains(form, "Image") && strings.Contains(form, ":ec2:") {
		name = "*" // AWS's and others' images have ids of their own
	}
	first := open
	first.resources = []string{fill(form, t.by.home, t.region, name)}
	if arn, ok := t.chosen[form]; ok {
		first.resources = []string{arn}
	}
	d, verdict := t.ask(t.by, &first)
	_, before := t.chosen[form]
	if verdict == prove.Yes && (before || !makesNew(action) || !taken(t.by.home, d.Request.Resource)) {
		t.chosen[form] = d.Request.Resource
		return open, d, true
	}
	near := open // in the same region, if it can be
	near.resources = []string{fill(form, t.by.home, t.region, "*")}
	d, ok := t.free(near, form)
	if !ok {
		if d, ok = t.free(open, form); !ok {
			return open, d, false
		}
	}
	if _, ok := t.chosen[form]; ok {
		t.instead[form] = d.Request.Resource
		return open, d, false
	}
	t.chosen[form] = d.Request.Resource
	if region := enforce.SplitPattern(d.Request.Resource)[3]; region != "" {
		t.region = region
	}
	return open, d, true
}

// formsOf returns the forms of the resources that a request for an action names: those
// that are required, or those with an end.
func formsOf(action, end string) (forms []string) {
	a, ok := catalog.Find(action)
	if !ok {
		return nil
	}
	for _, target := range a.Resources {
		if len(target.ARNs) == 0 || end == "" && !target.Required {
			continue
		}
		if i := slices.IndexFunc(target.ARNs, func(f string) bool { return strings.HasSuffix(f, end) }); i >= 0 {
			forms = append(forms, target.ARNs[i])
		}
	}
	return forms
}

// fill puts an account, a region and a name into the form of an ARN. Ids are AWS's to
// choose.
func fill(form string, a *account.Account, region, name string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(form, "${")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		variable, after, _ := strings.Cut(rest, "}")
		form = after
		switch {
		case variable == "Partition":
			b.WriteString("aws")
		case variable == "Account":
			b.WriteString(a.ID)
		case variable == "Region" && region == "*":
			b.WriteString("??-*")
		case variable == "Region":
			b.WriteString(region)
		case strings.HasSuffix(variable, "Id") || strings.HasSuffix(variable, "Version") || strings.HasSuffix(variable, "Number") || variable == "RandomString":
			b.WriteString("*")
		case name == "*":
			b.WriteString("?*")
		default:
			b.WriteString(name)
		}
	}
}
