package fakeaws

import (
	"slices"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// remarks are what a World noticed that may be a mistake but that AWS accepts,
// each once.
// They are bounded, because any caller may write policies.
type remarks struct {
	mu    sync.Mutex
	list  []string
	noted map[string]bool
}

// maxRemarks is how many remarks a World has, and maxRemark how long one may be.
const (
	maxRemarks = 1000
	maxRemark  = 1000
)

func (r *remarks) add(remark string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.noted[remark] || len(r.list) >= maxRemarks || len(remark) > maxRemark {
		return
	}
	if r.noted == nil {
		r.noted = make(map[string]bool)
	}
	r.noted[remark] = true
	r.list = append(r.list, remark)
}

// Remarks returns what this World noticed in policies that may be a mistake but
// that AWS accepts: principals of which it knows nothing. Each is there once, in
// order.
func (w *World) Remarks() []string {
	w.remarks.mu.Lock()
	defer w.remarks.mu.Unlock()
	return slices.Clone(w.remarks.list)
}

func (w *World) remarkAccount(id string) {
	w.remarks.add("unrecognized principal: a policy names the account " + id + ", which this World does not have")
}

func (w *World) remarkService(principal string) {
	if !knownService(principal) {
		w.remarks.add("unrecognized principal: a policy names the service " + principal + ", which AWS is not known to have")
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
