package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/proofs"
)

const proveUsage = `Usage: leastpriv prove [-never] -action PATTERN -policy FILE [flags]
       leastpriv prove [-never] -action PATTERN -details FILE [-principal PATTERN] [flags]
       leastpriv prove [-never] -action PATTERN -template FILE -as ROLE [flags]

Says whether policies allow any request of some actions, on any of some resources, whatever
its condition keys: not for requests that somebody wrote down, but for all that there may be.
Prints a request that is allowed, the statement that lets it through, and the smallest change
that keeps it out. Details are what "aws iam get-account-authorization-details" prints, of
which all users and roles are asked about, or those whose ARN or name the pattern of
-principal matches; they have no policies of buckets and other resources but roles, so that
what these grant by themselves is not looked at.

Exits with 0 when there is such a request, and with 1 when there is none. With -never it is
the other way round. Exits with 2 when it cannot be known, or the command makes no sense.

Example: no role of an account may ever delete what is in production:

  leastpriv prove -never -details details.json -action 's3:Delete*' -resource 'arn:aws:s3:::prod-*/*'

Flags:
`

// A proving is what the flags of the prove command ask.
type proving struct {
	simulation
	details list
	never   bool
	printed format
	claim   proofs.Claim
	named   bool // a principal
}

// proveCommand runs the prove command.
func proveCommand(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv prove"
	p := proving{simulation: simulation{command: name}, printed: textFormat}
	fs := newFlagSet(name, proveUsage, stderr)
	fs.Var((*list)(&p.claim.Actions), "action", "`PATTERN` of actions like s3:Delete*; repeatable")
	fs.Var((*list)(&p.claim.Resources), "resource", "`PATTERN` of the ARNs of resources; repeatable (default any)")
	fs.Func("if", "`CONDITION` that holds of the requests: 'Bool aws:SecureTransport false'; repeatable", p.setIf)
	fs.BoolVar(&p.never, "never", false, "ask that there is no such request")
	fs.Var(&p.details, "details", "what aws iam get-account-authorization-details printed, in `FILE`; repeatable")
	fs.Func("format", formatUsage, p.printed.set)
	p.register(fs)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	fs.Visit(func(f *flag.Flag) { p.named = p.named || f.Name == "principal" })
	if fs.NArg() > 0 {
		return complain(stderr, name, fmt.Errorf("unexpected argument %q", fs.Arg(0)))
	}
	subjects, err := p.subjects(stderr)
	if err != nil {
		return complain(stderr, name, err)
	}
	proved, err := p.prove(ctx, subjects)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return complain(stderr, name, errors.New(strings.TrimPrefix(err.Error(), "prove: ")))
	}
	if err := p.report(proved).write(stdout, p.printed); err != nil {
		return complain(stderr, name, err)
	}
	return p.code(proved)
}

// setIf reads a condition: its operator, its key and its values.
func (p *proving) setIf(v string) error {
	fields := strings.Fields(v)
	if len(fields) < 3 {
		return errors.New("want 'OPERATOR KEY VALUE': StringEquals aws:PrincipalTag/team blue")
	}
	p.claim.If = append(p.claim.If, enforce.Condition(fields[0], fields[1], fields[2:]...))
	return nil
}

// subjects are those about whom is asked.
func (p *proving) subjects(stderr io.Writer) ([]subject, error) {
	if len(p.claim.Actions) == 0 {
		return nil, errors.New("no -action")
	}
	if p.details != nil {
		return p.detailSubjects()
	}
	p.Resources = p.claim.Resources
	if err := p.read(stderr); err != nil {
		return nil, err
	}
	p.claim.Resources = p.Resources // as the template names them
	if p.Policies.Identity == nil && p.Policies.Resource == nil && p.template.stack == nil {
		return nil, errors.New("no policies: name -policy, -details or -template")
	}
	whole := p.Principal.Type == enforce.AssumedRole && strings.Contains(p.principal, ":role/")
	at := place{"", 1, 1}
	for _, file := range []string{p.template.file, p.resourcePolicy, strings.Join(p.policies[:min(len(p.policies), 1)], "")} {
		if file != "" {
			at.File = file
		}
	}
	return []subject{{name: p.principal, at: at, parts: func([]string) ([]proofs.Part, error) {
		return stackParts(p.template.stack, p.Principal, whole, &p.Policies, &p.Context, p.ResourceAccount), nil
	}}}, nil
}

func (p *proving) detailSubjects() ([]subject, error) {
	if p.policies != nil || p.template.file != "" || p.resourcePolicy != "" || p.boundary != "" || p.sessions != nil || p.endpoint != "" {
		return nil, errors.New("-details has the policies: of the flags of policies, only -scp stands beside it")
	}
	accounts, err := readDetails(p.details...)
	if err != nil {
		return nil, err
	}
	for _, level := range p.scps {
		node, err := parseAll(strings.Split(level, ","), enforce.ServiceControlPolicy)
		if err != nil {
			return nil, err
		}
		for _, a := range accounts {
			a.SCPs = append(a.SCPs, node)
		}
	}
	pattern := ""
	if p.named {
		pattern = p.principal
	}
	subjects := detailSubjects(p.details[0], accounts, pattern)
	if len(subjects) == 0 {
		return nil, fmt.Errorf("no user or role matches %q", pattern)
	}
	return subjects, nil
}

// A provedSubject is what became of a question about a subject.
type provedSubject struct {
	*subject
	proofs.Finding
}

// maxDetailed is how many findings are shown with their requests, and closed.
const maxDetailed = 20

// prove asks about all subjects, as many at once as there are processors.
func (p *proving) prove(ctx context.Context, subjects []subject) ([]provedSubject, error) {
	proved := make([]provedSubject, len(subjects))
	err := eachOf(ctx, len(subjects), func(i int) error {
		claim, err := p.claimOf(&subjects[i])
		if err != nil {
			return err
		}
		proved[i] = provedSubject{subject: &subjects[i]}
		proved[i].Finding, err = claim.Find(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	shown := 0
	for i := range proved {
		if !p.never {
			break // nobody wants to keep it out
		}
		if proved[i].Verdict != prove.Yes {
			continue
		}
		if shown++; shown > maxDetailed {
			break
		}
		claim, err := p.claimOf(&subjects[i])
		if err != nil {
			return nil, err
		}
		if f, err := claim.Ask(ctx); err == nil && f.Verdict == prove.Yes {
			proved[i].Finding = f
		}
	}
	return proved, nil
}

func (p *proving) claimOf(s *subject) (*proofs.Claim, error) {
	claim := p.claim
	if len(claim.Resources) == 0 && len(claim.Actions) == 1 {
		claim.Resources = proofs.ResourcesOf(claim.Actions[0])
	}
	var err error
	claim.Parts, err = s.parts(claim.Actions)
	return &claim, err
}

// eachOf calls a function for each number below n, as many at once as there are processors,
// until one fails or the context ends.
func eachOf(ctx context.Context, n int, do func(int) error) error {
	next := make(chan int)
	var mu sync.Mutex
	var first error
	failed := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return first != nil
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Go(func() {
			for i := range next {
				if ctx.Err() != nil || failed() {
					continue
				}
				if err := do(i); err != nil {
					mu.Lock()
					first = err
					mu.Unlock()
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	if first == nil {
		first = ctx.Err()
	}
	return first
}

// code returns the exit code.
func (p *proving) code(proved []provedSubject) int {
	counts := countsOf(proved)
	switch {
	case counts[prove.Yes] > 0 && p.never:
		return exitFails
	case counts[prove.Yes] > 0:
		return exitOK
	case counts[prove.Unknown] > 0:
		return exitUnjudged
	case p.never:
		return exitOK
	}
	return exitFails
}

func countsOf(proved []provedSubject) map[prove.Verdict]int {
	counts := make(map[prove.Verdict]int)
	for i := range proved {
		counts[proved[i].Verdict]++
	}
	return counts
}
