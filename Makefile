# README has the two commands that matter; .ci/run is what must hold before a change lands.
FUZZTIME ?= 5s
# A part of the mutants: 1/3. Empty: all.
PART ?=
# What decides, and what reads and checks documents.
MUTATED := evaluate.go,fixed.go,match.go,sieve.go,action.go,pattern.go,pattern_index.go,pattern_search.go,pattern_transform.go,arn.go,principal.go,variables.go,context.go,condition.go,operators.go,cond_*.go,$\
	compile.go,parse.go,document.go,tree.go,json.go,print.go,policy.go,problem.go,request.go,rcp.go,validate*.go,$\
	decision.go,explain*.go,suggest*.go,message.go,keys.go,use.go,simulate.go,unknown.go

# Of enforce/prove.
MUTATED_PROVE := common.go,formula.go,numeral.go,dotted.go,public.go

.PHONY: test race lint fuzz bench mutate generate proofs ci

test:
	go test ./...

# Also: every statement of package enforce is executed by its tests.
race:
	.ci/race

lint:
	.ci/lint

fuzz:
	.ci/fuzz $(FUZZTIME)

bench:
	go test -run '^$$' -bench . -benchmem ./...

# Some minutes on two cores: a test run for each change of the evaluator and of the prover.
mutate:
	go run ./internal/mutate $(if $(PART),-part $(PART)) -files '$(MUTATED)' ./enforce
	go run ./internal/mutate $(if $(PART),-part $(PART)) -files '$(MUTATED_PROVE)' -equivalent internal/mutate/equivalent_prove.txt ./enforce/prove

# Needs npm; building and testing do not.
generate:
	go generate ./internal/wire ./internal/catalog ./internal/managed

# Everything that is slow, about half an hour: mutants, fuzzing, scale, speed, other tools,
# strangers, changed requests and a mixed load.
proofs:
	FUZZTIME=$(FUZZTIME) .ci/proofs

ci:
	.ci/run
