package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove/escalation"
	"github.com/leastpriv/leastpriv/internal/managed"
)

const escalateUsage = `Usage: leastpriv escalate [-principal NAME] [-format FORMAT] [flags] FILE ...

Prints by which chains of calls users and roles can come to hold permissions that they do
not have: each call with the requests that it asks for and the statements that allow them,
what is gained, and the smallest change that closes the path.

Files are what aws iam get-account-authorization-details prints, of one or more accounts,
or a CloudFormation template, a folder that cdk synth writes, or a plan of Terraform.

  aws iam get-account-authorization-details > details.json
  leastpriv escalate details.json
  leastpriv escalate -principal deploy -scp FullAWSAccess -scp team.json details.json

Exits with 0 when there are no paths; with 1 when there are some; with 2 when it cannot be
known, which the output says with the reason, the command makes no sense or a file cannot be
read. What is there beside identities, such as functions, is not in such details: what a
principal may do to it is not known then, unless it may do nothing to it.

Flags:
`

// An escalate is what the flags of the escalate command ask.
type escalate struct {
	principals, scps, rcps list
	management             string
	limits                 escalation.Limits
	printed                format
	template               templateFlags
	found, unknown         bool
}

// escalateCommand runs the escalate command.
func escalateCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv escalate"
	e := escalate{printed: textFormat}
	fs := newFlagSet(name, escalateUsage, stderr)
	fs.Var(&e.principals, "principal", "`NAME` or ARN of the user or role that paths begin with; repeatable (default all)")
	fs.Var(&e.scps, "scp", "service control policies of one level of the organization, root first: `FILES` with a comma between them, or "+fullAWSAccess+"; repeatable")
	fs.Var(&e.rcps, "rcp", "resource control policies of one level, root first: `FILES` with a comma between them; repeatable")
	fs.StringVar(&e.management, "management", "", "`ACCOUNT` that manages the organization, which no service control policy bounds")
	fs.IntVar(&e.limits.Paths, "paths", 0, "most `PATHS` of a principal (default 50)")
	fs.Func("format", formatUsage, e.printed.set)
	e.template.register(fs)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() == 0 {
		return complain(stderr, name, errors.New("no files"))
	}
	world, err := e.world(fs.Args())
	if err != nil {
		return complain(stderr, name, err)
	}
	if err := e.run(ctx, world, stdout); err != nil {
		return complain(stderr, name, err)
	}
	switch {
	case e.found:
		return exitFindings
	case e.unknown:
		return exitUnjudged
	}
	return exitOK
}

// world reads the accounts of files.
func (e *escalate) world(paths []string) (*escalation.World, error) {
	w := &escalation.World{Region: e.template.region, Management: e.management, Managed: managed.Document, Names: managed.ARNs}
	var files []account.File
	for _, path := range paths {
		if isTemplate(path) {
			t, err := e.template.open(path)
			if err != nil {
				return nil, err
			}
			w.Accounts = append(w.Accounts, t.account())
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		files = append(files, account.File{Name: path, Data: data})
	}
	if len(files) > 0 {
		accounts, err := account.Read(managed.Document, files...)
		if err != nil {
			return nil, err
		}
		w.Accounts = append(w.Accounts, accounts...)
	}
	return w, e.organize(w)
}

// organize puts the organization's policies into the accounts.
func (e *escalate) organize(w *escalation.World) error {
	levels := func(all list, kind enforce.Kind) (nodes [][]*enforce.Policy, err error) {
		for _, level := range all {
			node, err := parseAll(strings.Split(level, ","), kind)
			if err != nil {
				return nil, err
			}
			nodes = append(nodes, node)
		}
		return nodes, nil
	}
	scps, err := levels(e.scps, enforce.ServiceControlPolicy)
	if err != nil {
		return err
	}
	rcps, err := levels(e.rcps, enforce.ResourceControlPolicy)
	if err != nil {
		return err
	}
	for _, a := range w.Accounts {
		if a.ID != e.management {
			a.SCPs, a.RCPs = scps, rcps
		}
	}
	return nil
}

// of returns the users and roles that paths begin with.
func (e *escalate) of(w *escalation.World) ([]*account.Identity, error) {
	var all []*account.Identity
	for _, a := range w.Accounts {
		all = append(all, a.Identities()...)
	}
	if len(e.principals) == 0 {
		return all, nil
	}
	var named []*account.Identity
	for _, name := range e.principals {
		before := len(named)
		for _, id := range all {
			if id.ARN == name || id.Name == name {
				named = append(named, id)
			}
		}
		if len(named) == before {
			return nil, fmt.Errorf("there is no user or role %q", name)
		}
	}
	return named, nil
}

// run searches from each principal. As text the paths are printed as they are found.
func (e *escalate) run(ctx context.Context, w *escalation.World, stdout io.Writer) error {
	search, err := escalation.New(w, e.limits)
	if err != nil {
		return err
	}
	principals, err := e.of(w)
	if err != nil {
		return err
	}
	all := &report{about: wayAbout(), json: []escalated{}}
	reports := []escalated{}
	for _, id := range principals {
		if err := ctx.Err(); err != nil {
			return err
		}
		result, err := search.From(ctx, id)
		if err != nil {
			return err
		}
		e.found = e.found || len(result.Paths) > 0
		e.unknown = e.unknown || len(result.Unknown) > 0
		if len(result.Paths)+len(result.Unknown) == 0 {
			continue
		}
		if e.printed == textFormat {
			if err := printEscalation(stdout, id, result); err != nil {
				return err
			}
			continue
		}
		reports = append(reports, escalatedOf(id, result))
		all.results = append(all.results, escalationResults(id, result)...)
	}
	if e.printed == textFormat {
		if !e.found && !e.unknown {
			_, err = fmt.Fprintf(stdout, "no escalation by %d users and roles\n", len(principals))
		}
		return err
	}
	all.json = reports
	return all.write(stdout, e.printed)
}

func printEscalation(stdout io.Writer, id *account.Identity, result *escalation.Result) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: paths: %d\n", id.ARN, len(result.Paths))
	for _, p := range result.Paths {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(p.String(), "\n", "\n  "))
	}
	for _, u := range result.Unknown {
		fmt.Fprintf(&b, "  not known: %s\n", u)
	}
	_, err := io.WriteString(stdout, b.String())
	return err
}

// wayAbout describes the ways, by their names.
func wayAbout() func(string) string {
	gains := map[string]string{notKnown: "what cannot be known of a principal"}
	for _, w := range escalation.Ways() {
		gains[w.Name] = "gives " + w.Gain
	}
	return func(rule string) string {
		if gain, ok := gains[rule]; ok {
			return gain
		}
		return "several ways, one after the other"
	}
}

// notKnown is the rule of what cannot be known.
const notKnown = "UNKNOWN"

// escalationResults are the results for tools: each path at the statement that allows its
// first call.
func escalationResults(id *account.Identity, result *escalation.Result) (all []result) {
	return slices.Concat(pathResults(id, result), unknownResults(id, result))
}
