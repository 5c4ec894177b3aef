package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/question"
)

const simulateUsage = `Usage: leastpriv simulate -policy FILE -action ACTION -resource ARN [flags]
       leastpriv simulate -template FILE -as ROLE -action ACTION -resource NAME [flags]

Prints whether policies allow each action on each resource, and why. Exits with 0
when everything is allowed, with 1 when something is denied, with 2 when the
command makes no sense, AWS has no such action or condition key, or a policy is not valid.

A template of CloudFormation or a plan of Terraform gives the policies of the role or user that asks, and of
the buckets, queues, keys and roles that are asked for. These may be named as the
template names them: Uploads, Uploads/incoming/a.jpg.

Condition keys that tell about the principal are known; all others are missing
unless -context gives them.

Flags:
`

// defaultPrincipal is who asks when nobody is named.
const defaultPrincipal = "arn:aws:iam::" + defaultAccount + ":user/simulated"

// fullAWSAccess names the policy of AWS in -scp.
const fullAWSAccess = "FullAWSAccess"

// A simulation is what the flags of the simulate command ask.
type simulation struct {
	policies, sessions, scps, rcps     list
	boundary, resourcePolicy, endpoint string
	principal                          string
	json                               bool
	command                            string // that is run
	context                            []contextKey
	template                           templateSimulation
	enforce.Simulation
}

// A contextKey has the values of all -context flags of one condition key.
type contextKey struct {
	name   string
	values []string
}

// A list is a flag that can be given several times.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

// simulate runs the simulate command.
func simulate(args []string, stdout, stderr io.Writer) int {
	const name = "leastpriv simulate"
	s := simulation{command: name}
	fs := newFlagSet(name, simulateUsage, stderr)
	fs.Var((*list)(&s.Actions), "action", "IAM `ACTION` like s3:GetObject; repeatable")
	fs.Var((*list)(&s.Resources), "resource", "`ARN` of a resource, or *; repeatable (default *)")
	fs.Func("context", "condition key of the request, `KEY=VALUE`; several of one key make it multivalued", s.setContext)
	fs.BoolVar(&s.json, "json", false, "print the decisions as JSON")
	s.register(fs)
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	if fs.NArg() > 0 {
		return complain(stderr, name, fmt.Errorf("unexpected argument %q", fs.Arg(0)))
	}
	if err := s.read(stderr); err != nil {
		return complain(stderr, name, err)
	}
	decisions, err := s.template.simulate(&s)
	if err != nil {
		return complain(stderr, name, err)
	}
	if err := s.print(stdout, decisions); err != nil {
		return complain(stderr, name, err)
	}
	code := exitOK
	for i := range decisions {
		switch err := decisions[i].Err(); {
		case err != nil:
			return exitUnjudged
		case !decisions[i].Allowed():
			code = exitDenied
		}
	}
	return code
}

// register registers the flags that say who asks, under which policies.
func (s *simulation) register(fs *flag.FlagSet) {
	fs.Var(&s.policies, "policy", "identity-based policy in `FILE`; repeatable")
	fs.StringVar(&s.principal, "principal", defaultPrincipal, "who asks: `ARN` of a user, role, session or root, the name of a service, or anonymous")
	fs.StringVar(&s.resourcePolicy, "resource-policy", "", "resource-based policy in `FILE`: of a bucket, queue, key or role as the resources say")
	fs.StringVar(&s.ResourceAccount, "resource-account", "", "`ACCOUNT` of resources whose ARNs do not say it, like those of S3 (default the principal's)")
	fs.StringVar(&s.boundary, "boundary", "", "permissions boundary in `FILE`")
	fs.Var(&s.sessions, "session", "session policy in `FILE`; repeatable")
	fs.Var(&s.scps, "scp", "service control policies of one level of the organization, root first: `FILES` with a comma between them, or "+fullAWSAccess+"; repeatable")
	fs.Var(&s.rcps, "rcp", "resource control policies of one level of the resource's organization, root first: `FILES` with a comma between them; AWS's own RCPFullAWSAccess is always beside them; repeatable")
	fs.StringVar(&s.endpoint, "endpoint", "", "policy in `FILE` of the VPC endpoint that carries the request")
	fs.StringVar(&s.template.file, "template", "", "CloudFormation template or plan of Terraform in `FILE`, or the folder that cdk synth writes")
	fs.StringVar(&s.template.as, "as", "", "who of the template asks: `NAME` of a role or user")
	s.template.register(fs)
}

func (s *simulation) setContext(v string) error {
	key, value, ok := strings.Cut(v, "=")
	if !ok || key == "" {
		return errors.New("want KEY=VALUE")
	}
	i := slices.IndexFunc(s.context, func(k contextKey) bool { return strings.EqualFold(k.name, key) })
	if i < 0 {
		i = len(s.context)
		s.context = append(s.context, contextKey{name: key})
	}
	s.context[i].values = append(s.context[i].values, value)
	return nil
}

// read makes principal, context and policies of the flags.
func (s *simulation) read(stderr io.Writer) (err error) {
	if err := s.template.readInto(s); err != nil {
		return err
	}
	s.template.warn(stderr, s)
	if s.Principal, err = enforce.ParsePrincipal(s.principal); err != nil {
		return err
	}
	var actions []*catalog.Action
	for _, name := range s.Actions {
		if err := question.Known(name); err != nil {
			return err
		}
		if action, ok := catalog.Find(name); ok {
			actions = append(actions, action)
		}
	}
	for _, k := range s.context {
		if err := question.SetKey(&s.Context, k.name, k.values, len(k.values) > 1, actions...); err != nil {
			return err
		}
	}
	return s.readPolicies(stderr)
}

func (s *simulation) readPolicies(stderr io.Writer) (err error) {
	identity, err := parseAll(s.policies, enforce.IdentityPolicy)
	if err != nil {
		return err
	}
	s.Policies.Identity = append(s.Policies.Identity, identity...)
	if s.Policies.Session, err = parseAll(s.sessions, enforce.SessionPolicy); err != nil {
		return err
	}
	if s.boundary != "" {
		if s.Policies.Boundary, err = onePolicy(s.boundary, enforce.IdentityPolicy); err != nil {
			return err
		}
	}
	if s.Policies.Endpoint, err = parseOne(s.endpoint, enforce.EndpointPolicy); err != nil {
		return err
	}
	if s.resourcePolicy != "" {
		if s.Policies.Resource, err = s.parseResourcePolicy(); err != nil {
			return err
		}
	}
	for _, level := range s.scps {
		node, err := parseAll(strings.Split(level, ","), enforce.ServiceControlPolicy)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(node, allows) {
			fmt.Fprintf(stderr, "%s: -scp %s allows nothing; AWS's own policy beside it is written -scp %s,%s\n", s.command, level, fullAWSAccess, level)
		}
		s.Policies.SCPs = append(s.Policies.SCPs, node)
	}
	for _, level := range s.rcps {
		node, err := parseAll(strings.Split(level, ","), enforce.ResourceControlPolicy)
		if err != nil {
			return err
		}
		s.Policies.RCPs = append(s.Policies.RCPs, append(node, enforce.FullAWSAccess(enforce.ResourceControlPolicy)))
	}
	return nil
}

func allows(p *enforce.Policy) bool {
	return slices.ContainsFunc(p.Statements(), func(s *enforce.Statement) bool { return s.Effect() == "Allow" })
}

// parseResourcePolicy reads the resource-based policy as one of the service that
// the resources are of.
func (s *simulation) parseResourcePolicy() (*enforce.Policy, error) {
	kind := enforce.Kind(0)
	for _, resource := range s.Resources {
		k := kindFor(resource)
		if kind != 0 && k != kind {
			return nil, errors.New("-resource-policy: the resources are of different services")
		}
		kind = k
	}
	if kind == 0 {
		return nil, errors.New("-resource-policy: whose? Name the resource")
	}
	return onePolicy(s.resourcePolicy, kind)
}

// kindFor returns the kind of the policies that resources like the ARN have.
func kindFor(resource string) enforce.Kind {
	a, err := arn.Parse(resource)
	if err != nil {
		return enforce.ResourcePolicy
	}
	switch {
	case a.Service == "s3":
		return enforce.BucketPolicy
	case a.Service == "sqs":
		return enforce.QueuePolicy
	case a.Service == "kms":
		return enforce.KeyPolicy
	case a.Service == "iam" && strings.HasPrefix(a.Resource, "role/"):
		return enforce.TrustPolicy
	}
	return enforce.ResourcePolicy
}

// parseAll reads the policies of one layer; nil when there is none.
func parseAll(files []string, kind enforce.Kind) ([]*enforce.Policy, error) {
	var all []*enforce.Policy
	for _, file := range files {
		of, err := policies(file, kind)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	return all, nil
}

// parseOne reads the policy of a layer that has one; nil without a file.
func parseOne(file string, kind enforce.Kind) (*enforce.Policy, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // a layer that is absent has no policy
	}
	return onePolicy(file, kind)
}

// print writes each decision: one line for what is allowed, the explanation of
// what is denied.
func (s *simulation) print(stdout io.Writer, decisions []enforce.Decision) error {
	if s.json {
		return printJSON(stdout, decisions)
	}
	for i := range decisions {
		text := decisions[i].String()
		if !decisions[i].Allowed() {
			text = decisions[i].Explain()
		}
		if _, err := fmt.Fprintln(stdout, text); err != nil {
			return err
		}
	}
	return nil
}
