package asl

import (
	"maps"
	"slices"
)

// A Machine is a definition that was read. It never changes.
type Machine struct {
	Block
	Comment string
	// Timeout is TimeoutSeconds; 0 is none.
	Timeout int
}

// A Block is states with the one that is first: a machine, a branch of a Parallel state, or
// what a Map state does with each item.
type Block struct {
	StartAt string
	States  map[string]*State
}

// Types of states.
const (
	Task     = "Task"
	Pass     = "Pass"
	Choice   = "Choice"
	Wait     = "Wait"
	Succeed  = "Succeed"
	Fail     = "Fail"
	Parallel = "Parallel"
	Map      = "Map"
)

// A State is one state. What its type does not have is zero.
type State struct {
	Name, Type string
	Next       string
	End        bool

	InputPath, ResultPath, OutputPath Place
	Parameters, ResultSelector        *Template
	Assign                            *Template
	Retry                             []Retrier
	Catch                             []Catcher

	// Result is that of a Pass state, which HasResult says it has.
	Result    any
	HasResult bool

	Resource           string
	Timeout, Heartbeat Number
	Credentials        *Template

	Choices []*Rule
	Default string

	Seconds       Number
	Timestamp     string
	TimestampPath *Path

	Error, Cause         string
	ErrorPath, CausePath *Expression

	Branches []*Block

	Items          *Path
	Selector       *Template
	MaxConcurrency Number
	// Distributed is set of a Map state that begins an execution for each item, or batch of
	// items.
	Distributed *Distributed
}

// Distributed is what only Map states of that mode have.
type Distributed struct {
	Express bool // the type of the executions
	Label   string
	Reader  *ItemReader
	Batcher *ItemBatcher
	Writer  *ResultWriter
	// FailureCount and FailurePercentage are how many items may fail.
	FailureCount, FailurePercentage Number
}

// An ItemReader says where the items are.
type ItemReader struct {
	List       bool // of the objects of a bucket, in place of what is in an object
	InputType  string
	Header     []string // of CSV; nil is the first row
	MaxItems   Number
	Parameters *Template
}

// An ItemBatcher says how many items an execution gets.
type ItemBatcher struct {
	Items, Bytes Number
	Input        *Template
}

// A ResultWriter says where the results go.
type ResultWriter struct{ Parameters *Template }

// A Place is what InputPath, ResultPath and OutputPath name: nil is "$", what Null is set for
// is null.
type Place struct {
	*Path
	Null bool
}

// A Number is a field that says a number or where it is; 0 where it is not there.
type Number struct {
	Set   bool
	Value int
	Path  *Path
}

// A Retrier says when a state is tried again.
type Retrier struct {
	Errors      []string
	Interval    int
	MaxAttempts int
	Backoff     float64
	MaxDelay    int // 0 is none
}

// A Catcher says what comes after a state that has failed.
type Catcher struct {
	Errors     []string
	Next       string
	ResultPath Place
	Assign     *Template
}

// Severity and codes of diagnostics, as ValidateStateMachineDefinition has them.
const (
	SeverityError   = "ERROR"
	SeverityWarning = "WARNING"

	CodeJSON       = "INVALID_JSON_DESCRIPTION"
	CodeSchema     = "SCHEMA_VALIDATION_FAILED"
	CodeNoEnd      = "MISSING_END_STATE"
	CodeDuplicate  = "DUPLICATE_STATE_NAME"
	CodeStateName  = "INVALID_STATE_NAME"
	CodeTransition = "MISSING_TRANSITION_TARGET"
	CodeNested     = "TOO_DEEPLY_NESTED"
	CodeNoDollar   = "NO_DOLLAR"
	CodeStatic     = "PASS_RESULT_IS_STATIC"
)

// Texts of diagnostics. But for those of transitions and expressions, which users quote, they
// are unverified: AWS says that no one should rely on them.
const (
	TextExpression  = "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call"
	textJSON        = "The definition is no valid JSON: %s"
	textNextTarget  = "Missing 'Next' target: %s"
	textUnreachable = "State \"%s\" is not reachable."
	textARN         = "Value is not a valid resource ARN"
	textPath        = "Value is not a valid JSONPath"
	textReference   = "Value is not a Reference Path"
	textRequired    = "The field '%s' is required but was missing"
	textType        = "Expected value of type %s"
	textOneOf       = "Value is not one of %s"
	textField       = "Field is not supported"
	textTransition  = "A state must have exactly one of 'Next' and 'End'"
	textExclusive   = "A state must not have more than one of %s"
	textExactly     = "A state must have exactly one of %s"
	textEmpty       = "Value must not be empty"
	textRange       = "Value must be an integer between %d and %d"
	textBackoff     = "Value must be a number of 1.0 or more"
	textAlone       = "States.ALL and States.TaskFailed must appear alone"
	textLast        = "States.ALL must appear in the last element"
	textDuplicate   = "Duplicate state name: %s"
	textStateName   = "The state name must be 1 to 80 characters long"
	textNoEnd       = "No terminal state"
	textTooDeep     = "The states are too deeply nested"
	textTimestamp   = "Value is not a valid timestamp"
	textHeartbeat   = "HeartbeatSeconds must be smaller than TimeoutSeconds"
	textRule        = "A choice rule must have exactly one comparison, And, Or or Not"
	textVariable    = "A variable name must begin with a letter or underscore, and have letters, digits and underscores, at most 80"
	textNoDollar    = "The value of the field '%s' looks like a JSONPath or an intrinsic function, but the field name does not end with '.$'"
	textStatic      = "The result of a Pass state is static: paths in it are not evaluated"
)

// A Diagnostic is one thing that is wrong with a definition, or may be.
type Diagnostic struct {
	Severity, Code, Message, Location string
}

// An UnsupportedError is what AWS takes and this package does not: it is refused by name.
type UnsupportedError struct{ What string }

func (u *UnsupportedError) Error() string { return u.What + " is not implemented" }

// names has, by type, the fields of states.
var names = map[string][]string{
	Task:     {"Resource", "Parameters", "ResultSelector", "ResultPath", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath", "Credentials", "Retry", "Catch", "Next", "End", "Assign"},
	Pass:     {"Result", "Parameters", "ResultPath", "Next", "End", "Assign"},
	Choice:   {"Choices", "Default", "Assign"},
	Wait:     {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Next", "End", "Assign"},
	Succeed:  {},
	Fail:     {"Error", "Cause", "ErrorPath", "CausePath"},
	Parallel: {"Branches", "Parameters", "ResultSelector", "ResultPath", "Retry", "Catch", "Next", "End", "Assign"},
	Map: {"Iterator", "ItemProcessor", "ItemsPath", "ItemSelector", "Parameters", "MaxConcurrency", "MaxConcurrencyPath", "ResultSelector", "ResultPath", "Retry", "Catch",
		"Next", "End", "Assign"},
}

// distributed are fields of Map states that only the distributed mode has.
var distributed = []string{"ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage",
	"ToleratedFailurePercentagePath"}

// common are the fields of all states; those of paths a Fail state has not.
var (
	common = []string{"Type", "Comment", "QueryLanguage"}
	paths  = []string{"InputPath", "OutputPath"}
)

// Targets are the names of the states that may follow a state.
func (s *State) Targets() []string {
	var list []string
	if s.Next != "" {
		list = append(list, s.Next)
	}
	if s.Default != "" {
		list = append(list, s.Default)
	}
	for _, c := range s.Choices {
		list = append(list, c.Next)
	}
	for _, c := range s.Catch {
		list = append(list, c.Next)
	}
	return list
}

// Terminal reports whether a block may end with the state.
func (s *State) Terminal() bool { return s.End || s.Type == Succeed || s.Type == Fail }

// reachable are the states of a block that something leads to.
func (b *Block) reachable() map[string]bool {
	seen := map[string]bool{b.StartAt: true}
	for todo := []string{b.StartAt}; len(todo) > 0; {
		s := b.States[todo[0]]
		todo = todo[1:]
		if s == nil {
			continue
		}
		for _, name := range s.Targets() {
			if !seen[name] {
				seen[name] = true
				todo = append(todo, name)
			}
		}
	}
	return seen
}

// Each visits the states of a block and of all that are in it, in the order of their names.
func (b *Block) Each(visit func(*State)) {
	for _, name := range slices.Sorted(maps.Keys(b.States)) {
		s := b.States[name]
		visit(s)
		for _, in := range s.Branches {
			in.Each(visit)
		}
	}
}
