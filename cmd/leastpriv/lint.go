package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	policylint "github.com/leastpriv/leastpriv/enforce/lint"
)

// kinds are the names of the kinds of policies on the command line.
var kinds = []struct {
	name string
	kind enforce.Kind
}{
	{"identity", enforce.IdentityPolicy}, {"managed", enforce.ManagedPolicy}, {"session", enforce.SessionPolicy},
	{"bucket", enforce.BucketPolicy}, {"queue", enforce.QueuePolicy}, {"key", enforce.KeyPolicy},
	{"trust", enforce.TrustPolicy}, {"resource", enforce.ResourcePolicy},
	{"scp", enforce.ServiceControlPolicy}, {"rcp", enforce.ResourceControlPolicy}, {"endpoint", enforce.EndpointPolicy},
}

func parseKind(name string) (enforce.Kind, error) {
	for _, k := range kinds {
		if k.name == name {
			return k.kind, nil
		}
	}
	return 0, fmt.Errorf("want one of %s", kindNames())
}

func kindNames() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

const lintUsage = `Usage: leastpriv lint [-kind KIND] [-json] FILE ...

Prints what is wrong with policy documents: what AWS refuses, and what it stores
though it cannot work or allows more than it seems to. Files are documents, or
CloudFormation templates in YAML or JSON and folders that cdk synth writes, of
which all policies are looked at. Exits with 0 when there is nothing, or only
infos; with 1 when there are errors or warnings; with 2 when the command makes no
sense or a file cannot be read.

Flags:
`

// lint runs the lint command.
func lint(args []string, stdout, stderr io.Writer) int {
	kind := enforce.IdentityPolicy
	fs := newFlagSet("leastpriv lint", lintUsage, stderr)
	fs.Func("kind", "what the documents are: "+kindNames()+" (default identity)", func(v string) (err error) {
		kind, err = parseKind(v)
		return err
	})
	asJSON := fs.Bool("json", false, "print the findings as JSON")
	var template templateFlags
	template.register(fs)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() == 0 {
		return complain(stderr, "leastpriv lint", errors.New("no files"))
	}
	findings := []policylint.Finding{}
	for _, file := range fs.Args() {
		of, err := lintFile(file, kind, &template)
		if err != nil {
			return complain(stderr, "leastpriv lint", err)
		}
		findings = append(findings, of...)
	}
	if err := printFindings(stdout, findings, *asJSON); err != nil {
		return complain(stderr, "leastpriv lint", err)
	}
	if slices.ContainsFunc(findings, func(f policylint.Finding) bool { return f.Severity != policylint.Info }) {
		return exitFindings
	}
	return exitOK
}

// lintFile finds what is wrong in a file: a policy document or a template.
func lintFile(file string, kind enforce.Kind, template *templateFlags) ([]policylint.Finding, error) {
	if isTemplate(file) {
		return template.lintTemplate(file)
	}
	doc, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return policylint.Lint(string(doc), kind, enforce.Source{File: file}), nil
}

func printFindings(stdout io.Writer, findings []policylint.Finding, asJSON bool) error {
	if asJSON {
		return printJSON(stdout, findings)
	}
	for _, f := range findings {
		if _, err := fmt.Fprintln(stdout, f); err != nil {
			return err
		}
	}
	return nil
}

// printJSON writes a value for tools.
func printJSON(stdout io.Writer, v any) error {
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// newFlagSet returns a set of flags that answers mistakes on stderr.
func newFlagSet(name, usage string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() {
		fmt.Fprint(stderr, usage)
		fs.PrintDefaults()
	}
	return fs
}

// usageError returns the exit code of flags that were not taken: the flag set
// has said why.
func usageError(err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	return exitUsage
}

// complain says why a command cannot be done.
func complain(stderr io.Writer, command string, err error) int {
	fmt.Fprintf(stderr, "%s: %v\n", command, err)
	return exitUsage
}
