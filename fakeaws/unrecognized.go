package fakeaws

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// unrecognizedPrincipals are the warnings about principals that policies name and the World
// does not have. AWS accepts such policies, but the name may be a mistake. They are bounded,
// because any caller may write policies.
type unrecognizedPrincipals struct {
	mu       Mutex
	warnings []string
	known    map[string]bool // the same warnings, to have each once
}

// maxWarnings is how many warnings a World has, and maxWarning how long one may be.
const (
	maxWarnings = 1000
	maxWarning  = 1000
)

func (u *unrecognizedPrincipals) add(warning string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.known[warning] || len(u.warnings) >= maxWarnings || len(warning) > maxWarning {
		return
	}
	if u.known == nil {
		u.known = make(map[string]bool)
	}
	u.known[warning] = true
	u.warnings = append(u.warnings, warning)
}

// UnrecognizedPrincipals returns a warning for each account and each service that a policy
// names as a principal and that this World, or AWS, does not have. AWS accepts such
// policies. Each warning is there once, in the order in which the policies came.
func (w *World) UnrecognizedPrincipals() []string {
	u := &w.state().unrecognized
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.warnings)
}

func (w *World) unrecognizedAccount(id string) {
	w.state().unrecognized.add("unrecognized principal: a policy names the account " + id + ", which this World does not have")
}

// checkService warns of a service principal that AWS is not known to have.
func (w *World) checkService(principal string) {
	if !knownService(principal) {
		w.state().unrecognized.add("unrecognized principal: a policy names the service " + principal + ", which AWS is not known to have")
	}
}

// wellKnown are the service principals that policies name most, and those that
// have no IAM prefix of their own.
var wellKnown = map[string]bool{
	"apigateway": true, "billingconsole": true, "cloudtrail": true, "codebuild": true, "ec2": true, "ecs": true,
	"ecs-tasks": true, "edgelambda": true, "eks": true, "eks-fargate-pods": true, "eks-nodegroup": true, "events": true,
	"export": true, "firehose": true, "glue": true, "lambda": true, "logs": true, "monitoring": true,
	"opensearchservice": true, "rds": true, "s3": true, "scheduler": true, "sns": true, "spot": true,
	"spotfleet": true, "sqs": true, "ssm": true, "states": true, "vpc-flow-logs": true,
}

// knownService reports whether AWS has a service of that principal: one whose
// name is among the labels of "delivery.logs.amazonaws.com", most often as the
// prefix of its IAM actions. There is no published list of service principals.
func knownService(principal string) bool {
	name, ok := strings.CutSuffix(strings.TrimSuffix(principal, ".cn"), ".amazonaws.com")
	if !ok {
		return false
	}
	labels := strings.Split(name, ".")
	if slices.ContainsFunc(labels, func(label string) bool { return wellKnown[label] }) {
		return true
	}
	return slices.ContainsFunc(labels, func(label string) bool {
		_, ok := catalog.Lookup(label)
		return ok
	})
}
