package main

import (
	"fmt"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/proofs"
)

// The rules of what prove and diff report.
const (
	rulePossible  = "possible"
	ruleNewAccess = "new-access"
	ruleUnknown   = "not-known"
	ruleUnused    = "unused"
)

func describeProof(rule string) string {
	switch rule {
	case rulePossible:
		return "There is a request that is allowed."
	case ruleNewAccess:
		return "A change allows a request that was not allowed before."
	case ruleUnused:
		return "No request needs this part of the policy."
	}
	return "It cannot be known whether there is a request that is allowed."
}

// A provedJSON is an answer for tools.
type provedJSON struct {
	Principal string         `json:"principal"`
	Verdict   string         `json:"verdict"`
	Request   *requestJSON   `json:"request,omitempty"`
	Statement *statementJSON `json:"statement,omitempty"`
	Change    string         `json:"change,omitempty"`
	Reasons   []string       `json:"reasons,omitempty"`
}

// A requestJSON is a request for tools. The shrink command reads it too.
type requestJSON struct {
	Principal       string              `json:"principal,omitempty"`
	Action          string              `json:"action"`
	Resource        string              `json:"resource"`
	ResourceAccount string              `json:"resourceAccount,omitempty"`
	Keys            map[string][]string `json:"keys,omitempty"`
}

type statementJSON struct {
	Policy    string `json:"policy"`
	Statement string `json:"statement"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
}

func jsonOf(req *enforce.Request) *requestJSON {
	if req == nil {
		return nil
	}
	r := &requestJSON{Principal: req.Principal.ARN, Action: req.Action, Resource: req.Resource, ResourceAccount: req.ResourceAccount}
	if r.Principal == "" {
		r.Principal = req.Principal.Service
	}
	if r.Principal == "" {
		r.Principal = strings.ToLower(string(req.Principal.Type))
	}
	for key, values := range req.Context.All() {
		if r.Keys == nil {
			r.Keys = make(map[string][]string)
		}
		r.Keys[key] = values
	}
	return r
}

func statementOfJSON(s *enforce.Statement) *statementJSON {
	if s == nil {
		return nil
	}
	line, column := s.Position()
	return &statementJSON{s.Policy().Label(), s.Label(), s.Policy().Source().File, line, column}
}

// placeOfStatement is where a statement stands, or another place.
func placeOfStatement(s *enforce.Statement, otherwise place) place {
	if s == nil || s.Policy().Source().File == "" {
		return otherwise
	}
	line, column := s.Position()
	return place{s.Policy().Source().File, line, column}
}

// report makes a report of answers.
func (p *proving) report(proved []provedSubject) *report {
	r := &report{about: describeProof}
	answers := make([]provedJSON, 0, len(proved))
	detailed := 0
	for i := range proved {
		one := &proved[i]
		answers = append(answers, provedJSON{one.name, one.Verdict.String(), jsonOf(one.Witness), statementOfJSON(one.Statement), one.Change, one.Reasons})
		if one.Verdict == prove.No {
			continue
		}
		text := one.name + ": " + strings.Join(one.Lines(), "\n")
		if detailed++; detailed <= maxDetailed {
			r.text = append(r.text, text)
		} else if one.Verdict == prove.Yes {
			r.text = append(r.text, one.name+": "+prove.Describe(one.Witness))
		}
		res := result{rule: ruleUnknown, level: levelError, at: one.at, message: text}
		if one.Verdict == prove.Yes {
			res.rule, res.at = rulePossible, placeOfStatement(one.Statement, one.at)
			if !p.never {
				res.level = levelNote
			}
		}
		r.results = append(r.results, res)
	}
	r.json = answers
	r.text = append(r.text, p.summary(proved))
	if p.details != nil {
		r.text = append(r.text, "(the details of accounts have no policies of resources but roles: what those grant by themselves is not looked at)")
	}
	return r
}

// summary says what is proved in one line.
func (p *proving) summary(proved []provedSubject) string {
	what := strings.Join(p.claim.Actions, ", ")
	if len(p.claim.Resources) > 0 {
		what += " on " + strings.Join(p.claim.Resources, ", ")
	}
	for i := range p.claim.If {
		c := &p.claim.If[i]
		what += fmt.Sprintf(" if %s %s", c.Operator.Value, c.Key.Value)
	}
	if len(proved) == 1 {
		switch proved[0].Verdict {
		case prove.No:
			return proved[0].name + " can never " + what + because(&proved[0].Finding)
		case prove.Yes:
			return proved[0].name + " can " + what
		}
		return "it is not known whether " + proved[0].name + " can " + what
	}
	counts := countsOf(proved)
	return fmt.Sprintf("of %d principals %d can %s, %d never can, of %d it is not known", len(proved), counts[prove.Yes], what, counts[prove.No], counts[prove.Unknown])
}

// because names the Denies that keep all requests out.
func because(f *proofs.Finding) string {
	if len(f.Denies) == 0 {
		return ": no policy allows it"
	}
	places := make([]string, len(f.Denies))
	for i, s := range f.Denies {
		places[i] = s.Label() + " at " + proofs.Place(s)
	}
	return ": denied by " + strings.Join(places, ", ")
}
