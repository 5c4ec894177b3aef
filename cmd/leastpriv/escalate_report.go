package main

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove/escalation"
)

// The types below are the answer of the escalate command as JSON.
type (
	escalated struct {
		Principal string          `json:"principal"`
		Paths     []escalatedPath `json:"paths"`
		Unknown   []string        `json:"unknown"`
	}
	escalatedPath struct {
		Way        string          `json:"way"`
		Steps      []escalatedStep `json:"steps"`
		Holder     string          `json:"holder"`
		Everything bool            `json:"everything"`
		Gains      escalatedNeed   `json:"gains"`
		Add        string          `json:"add,omitempty"`
		To         string          `json:"to,omitempty"`
		Narrow     *escalatedPlace `json:"narrow,omitempty"`
		If         []string        `json:"if,omitempty"`
	}
	escalatedStep struct {
		Caller     string            `json:"caller"`
		Operation  string            `json:"operation"`
		Parameters map[string]string `json:"parameters"`
		Effect     string            `json:"effect,omitempty"`
		Requests   []escalatedNeed   `json:"requests"`
	}
	escalatedNeed struct {
		Action   string              `json:"action"`
		Resource string              `json:"resource"`
		Context  map[string][]string `json:"context,omitempty"`
		Allowed  *escalatedPlace     `json:"allowedBy,omitempty"`
	}
	escalatedPlace struct {
		Policy    string `json:"policy"`
		Statement string `json:"statement"`
		place
	}
)

func escalatedOf(id *account.Identity, r *escalation.Result) escalated {
	e := escalated{Principal: id.ARN, Paths: []escalatedPath{}, Unknown: append([]string{}, r.Unknown...)}
	for _, p := range r.Paths {
		one := escalatedPath{Way: p.Way(), Holder: nameOf(p.Holder), Everything: p.Gain.Everything, Gains: needOf(p.Gain.Witness, p.Gain.Statement), If: p.Assumes,
			Add: p.Remedy.Add, Narrow: placeOf(p.Remedy.Statement)}
		if one.Add != "" {
			one.To = nameOf(p.Remedy.Of)
		}
		for _, s := range p.Steps {
			step := escalatedStep{Caller: nameOf(s.Caller), Operation: s.Operation, Effect: s.Effect, Parameters: map[string]string{}, Requests: []escalatedNeed{}}
			for _, parameter := range s.Parameters {
				step.Parameters[parameter.Name] = parameter.Value
			}
			for i := range s.Needs {
				step.Requests = append(step.Requests, needOf(s.Needs[i].Request, s.Needs[i].Statement))
			}
			one.Steps = append(one.Steps, step)
		}
		e.Paths = append(e.Paths, one)
	}
	return e
}

func nameOf(p enforce.Principal) string {
	if p.ARN != "" {
		return p.ARN
	}
	return p.Service
}

func needOf(req *enforce.Request, by *enforce.Statement) escalatedNeed {
	n := escalatedNeed{Action: req.Action, Resource: req.Resource, Allowed: placeOf(by), Context: map[string][]string{}}
	for key, values := range req.Context.All() {
		n.Context[key] = values
	}
	return n
}

func placeOf(s *enforce.Statement) *escalatedPlace {
	if s == nil {
		return nil
	}
	at := &escalatedPlace{Policy: s.Policy().Label(), Statement: s.Label()}
	at.File = s.Policy().Source().File
	at.Line, at.Column = s.Position()
	return at
}

// pathResults are the paths at the statements that allow their first calls.
func pathResults(id *account.Identity, r *escalation.Result) (all []result) {
	for _, p := range r.Paths {
		first, last := p.Steps[0].Needs[0].Statement, p.Gain.Statement
		one := result{rule: p.Way(), level: levelError, message: id.ARN + " can escalate: " + p.String()}
		if at := placeOf(first); at != nil {
			one.at = at.place
		}
		if at := placeOf(last); at != nil && at.File != "" {
			one.related = &at.place
		}
		all = append(all, one)
	}
	return all
}

func unknownResults(id *account.Identity, r *escalation.Result) (all []result) {
	var at place
	for _, p := range id.Inline {
		at = place{p.Source().File, 1, 1}
	}
	for _, reason := range r.Unknown {
		all = append(all, result{rule: notKnown, level: levelNote, at: at, message: id.ARN + ": not known: " + reason})
	}
	return all
}
