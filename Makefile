# Everything here is also what .ci/run does; README has the two commands that matter.
GOLANGCI_LINT_VERSION := v2.15.0
FUZZTIME ?= 5s
# What decides, and what reads and checks documents.
MUTATED := evaluate.go,match.go,sieve.go,action.go,pattern.go,arn.go,principal.go,variables.go,context.go,condition.go,operators.go,cond_*.go,$\
	compile.go,parse.go,document.go,tree.go,json.go,print.go,policy.go,problem.go,request.go,rcp.go,validate*.go,$\
	decision.go,explain.go,suggest.go,message.go,keys.go,simulate.go

.PHONY: test coverage race lint fuzz bench mutate generate ci

test:
	go test ./...

# Every statement of package enforce is executed by its tests.
coverage:
	.ci/coverage

race:
	go test -race -shuffle=on ./...

lint:
	go vet ./...
	.ci/lint $(GOLANGCI_LINT_VERSION)

fuzz:
	.ci/fuzz $(FUZZTIME)

bench:
	go test -run '^$$' -bench . -benchmem ./...

# About three minutes on two cores: a test run for each change of the evaluator.
mutate:
	go run ./internal/mutate -files '$(MUTATED)' ./enforce

# Needs npm; building and testing do not.
generate:
	go generate ./internal/wire ./internal/catalog ./internal/managed

ci:
	bash .ci/run
