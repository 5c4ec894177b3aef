package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/leastpriv/leastpriv/enforce"
	policylint "github.com/leastpriv/leastpriv/enforce/lint"
)

const checkUsage = `Usage: leastpriv check [-format FORMAT] FILE ...

Holds policies to assertions. Each file, in YAML or JSON, names principals with their
policies, and says what they can and cannot do:

  principals:
    worker: {account: "111122223333", policies: [policy.json], boundary: boundary.json}
  checks:
    - {as: worker, can: s3:GetObject, on: "arn:aws:s3:::reports/q3.csv", with: {aws:SourceIp: 10.0.0.1}}
    - {as: worker, cannot: [s3:DeleteObject, s3:PutObject], on: "arn:aws:s3:::reports/q3.csv"}

With template: FILE the principals are also the roles and users of a template of
CloudFormation or SAM, of the folder that cdk synth writes, or of a plan of Terraform as
terraform show -json prints it, and on takes its names: Uploads/incoming/a.jpg.

An assertion that fails is explained. Exits with 0 when all hold; with 1 when one
fails; with 2 when one cannot be judged: AWS has no such action or condition key, the
action never acts on the resource, or a file cannot be read.

Flags:
`

// The rules of the results of check.
const (
	ruleDenied   = "CAN_IS_DENIED"
	ruleAllowed  = "CANNOT_IS_ALLOWED"
	ruleUnjudged = "CANNOT_BE_JUDGED"
)

func describeCheck(rule string) string {
	switch rule {
	case ruleDenied:
		return "What the check says that the principal can do is denied."
	case ruleAllowed:
		return "What the check says that the principal cannot do is allowed."
	case ruleUnjudged:
		return "The check asks what cannot be judged."
	}
	return policylint.Describe(rule)
}

// check runs the check command.
func check(args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv check"
	printed := textFormat
	fs := newFlagSet(name, checkUsage, stderr)
	fs.Func("format", formatUsage, printed.set)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() == 0 {
		return complain(stderr, name, errors.New("no files"))
	}
	var all outcomes
	for _, file := range fs.Args() {
		text, err := os.ReadFile(file)
		if err != nil {
			return complain(stderr, name, err)
		}
		newJudge(readCheckFile(file, text), &all).run()
	}
	if err := all.report().write(stdout, printed); err != nil {
		return complain(stderr, name, err)
	}
	return all.code()
}

// An outcome is what became of an assertion, or why something cannot be judged.
type outcome struct {
	Place    place  `json:"place"` // of the check, or of what cannot be judged
	Name     string `json:"name,omitempty"`
	As       string `json:"as,omitempty"`
	Expects  string `json:"expects,omitempty"` // "can" or "cannot"
	Action   string `json:"action,omitempty"`
	Resource string `json:"resource,omitempty"`
	Holds    bool   `json:"holds"`
	// Unjudged says why it cannot be judged.
	Unjudged string            `json:"unjudged,omitempty"`
	Decision *enforce.Decision `json:"decision,omitempty"`

	rule string // of Unjudged: AWS's error or a code of lint
}

// outcomes are those of all files.
type outcomes []outcome

// code returns the exit code. What cannot be judged counts most: the rest says nothing
// of it.
func (all outcomes) code() int {
	code := exitOK
	for i := range all {
		switch {
		case all[i].Unjudged != "":
			return exitUnjudged
		case !all[i].Holds:
			code = exitFails
		}
	}
	return code
}

func (all outcomes) report() *report {
	r := &report{about: describeCheck, json: all}
	holds, fails, unjudged := 0, 0, 0
	for i := range all {
		o := &all[i]
		switch {
		case o.Unjudged != "":
			unjudged++
		case o.Holds:
			holds++
			continue
		default:
			fails++
		}
		one := o.result()
		r.results = append(r.results, one)
		r.text = append(r.text, fmt.Sprintf("%s: %s %s: %s", one.at, one.level, one.rule, one.message))
	}
	if unjudged+fails == 0 {
		r.text = append(r.text, fmt.Sprintf("%d assertions hold", holds))
	} else {
		r.text = append(r.text, fmt.Sprintf("%d assertions hold, %d fail, %d cannot be judged", holds, fails, unjudged))
	}
	return r
}

// result returns what to say of an assertion that does not hold. The statement that
// allows what must not be is where the fault is; what is missing is missing nowhere, and
// so the check is named.
func (o *outcome) result() result {
	if o.Unjudged != "" {
		return result{rule: o.rule, level: levelError, at: o.Place, message: o.Unjudged}
	}
	what := fmt.Sprintf("%s %s", o.As, map[string]string{"can": "cannot", "cannot": "can"}[o.Expects])
	if o.Name != "" {
		what = o.Name + ": " + what
	}
	message := fmt.Sprintf("%s %s on %s\n%s", what, o.Action, o.Resource, o.Decision.Explain())
	if o.Expects == "can" {
		return result{rule: ruleDenied, level: levelError, at: o.Place, message: message, related: statementPlace(o.Decision)}
	}
	at := statementPlace(o.Decision)
	if at == nil {
		return result{rule: ruleAllowed, level: levelError, at: o.Place, message: message}
	}
	return result{rule: ruleAllowed, level: levelError, at: *at, message: fmt.Sprintf("%s\n  the check is at %s", message, o.Place), related: &o.Place}
}

// statementPlace returns where the statement stands that decided; nil when none did, or
// one that stands in no file.
func statementPlace(d *enforce.Decision) *place {
	if d.Statement == nil || d.Policy.Source().File == "" {
		return nil
	}
	line, column := d.Statement.Position()
	return &place{d.Policy.Source().File, line, column}
}
