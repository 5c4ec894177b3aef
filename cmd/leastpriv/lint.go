package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
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

const lintUsage = `Usage: leastpriv lint [-kind KIND] [-format FORMAT] [-warnings-as-errors] FILE ...

Prints what is wrong with policy documents: what AWS refuses, and what it stores
though it cannot work or allows more than it seems to. Files are documents, or
CloudFormation templates in YAML or JSON, folders that cdk synth writes and plans of
Terraform, of which all policies are looked at. Another folder stands for each *.json in it
and below, and - for standard input. Exits with 0 when there are no errors; with 1 when
there are some, or with -warnings-as-errors warnings; with 2 when the command makes
no sense or a file cannot be read.

Flags:
`

// lint runs the lint command.
func lint(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	kind, printed := enforce.IdentityPolicy, textFormat
	fs := newFlagSet("leastpriv lint", lintUsage, stderr)
	fs.Func("kind", "what the documents are: "+kindNames()+" (default identity)", func(v string) (err error) {
		kind, err = parseKind(v)
		return err
	})
	fs.Func("format", formatUsage, printed.set)
	fs.BoolFunc("json", "the same as -format json", func(string) error { return printed.set("json") })
	strict := fs.Bool("warnings-as-errors", false, "exit with 1 also when there are only warnings")
	var template templateFlags
	template.register(fs)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() == 0 {
		return complain(stderr, "leastpriv lint", errors.New("no files"))
	}
	findings := []policylint.Finding{}
	for _, path := range fs.Args() {
		of, err := lintPath(path, kind, &template, stdin)
		if err != nil {
			return complain(stderr, "leastpriv lint", err)
		}
		findings = append(findings, of...)
	}
	if err := reportOf(findings).write(stdout, printed); err != nil {
		return complain(stderr, "leastpriv lint", err)
	}
	bad := policylint.Error
	if *strict {
		bad = policylint.Warning
	}
	if slices.ContainsFunc(findings, func(f policylint.Finding) bool { return f.Severity >= bad }) {
		return exitFindings
	}
	return exitOK
}

// lintPath finds what is wrong in a file or folder: in policy documents, or in templates.
func lintPath(path string, kind enforce.Kind, template *templateFlags, stdin io.Reader) (findings []policylint.Finding, err error) {
	files := []string{path}
	if !isTemplate(path) {
		if files, err = jsonFiles(path); err != nil {
			return nil, err
		}
	}
	for _, file := range files {
		var of []policylint.Finding
		if isTemplate(file) {
			of, err = template.lintTemplate(file)
		} else {
			of, err = lintDocuments(file, kind, stdin)
		}
		if err != nil {
			return nil, err
		}
		findings = append(findings, of...)
	}
	return findings, nil
}

func lintDocuments(file string, kind enforce.Kind, stdin io.Reader) (findings []policylint.Finding, err error) {
	docs, err := documents(file, kind, stdin)
	for _, d := range docs {
		findings = append(findings, policylint.Lint(d.text, d.kind, d.source)...)
	}
	return findings, err
}

// reportOf makes a report of findings.
func reportOf(findings []policylint.Finding) *report {
	r := &report{json: findings, about: policylint.Describe}
	for _, f := range findings {
		r.text = append(r.text, f.String())
		severity := map[policylint.Severity]level{policylint.Error: levelError, policylint.Warning: levelWarning}[f.Severity]
		if severity == "" {
			severity = levelNote
		}
		message := f.Message
		if f.Suggestion != "" {
			message += "; " + f.Suggestion
		}
		r.results = append(r.results, result{rule: f.Code, level: severity, at: place{f.File, f.Line, f.Column}, message: message})
	}
	return r
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
