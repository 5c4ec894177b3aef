package asl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

func (p *parser) retry(f *fields) (all []Retrier) {
	list, _ := f.of["Retry"].([]any)
	if list == nil {
		f.wrong("Retry", textType, "Array")
	}
	for i, v := range list {
		in, ok := p.object(v, fmt.Sprintf("%s/Retry[%d]", f.at, i))
		if !ok {
			continue
		}
		p.only(in, "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment")
		r := Retrier{Errors: p.errorNames(in, i == len(list)-1), Interval: in.whole("IntervalSeconds", 1, maxSeconds, 1),
			MaxAttempts: in.whole("MaxAttempts", 0, maxSeconds, 3), MaxDelay: in.whole("MaxDelaySeconds", 1, 31622400, 0), Backoff: 2}
		if in.has("BackoffRate") {
			n, _ := in.of["BackoffRate"].(interface{ Float64() (float64, error) })
			rate := 0.0
			if n != nil {
				rate, _ = n.Float64()
			}
			if rate < 1 {
				in.wrong("BackoffRate", textBackoff)
			}
			r.Backoff = rate
		}
		if in.has("JitterStrategy") && !slices.Contains([]string{"FULL", "NONE"}, in.text("JitterStrategy")) {
			in.wrong("JitterStrategy", textOneOf, "[FULL, NONE]")
		}
		all = append(all, r)
	}
	return all
}

func (p *parser) catch(f *fields) (all []Catcher) {
	list, _ := f.of["Catch"].([]any)
	if list == nil {
		f.wrong("Catch", textType, "Array")
	}
	for i, v := range list {
		in, ok := p.object(v, fmt.Sprintf("%s/Catch[%d]", f.at, i))
		if !ok {
			continue
		}
		p.only(in, "ErrorEquals", "Next", "ResultPath", "Assign", "Comment")
		all = append(all, Catcher{Errors: p.errorNames(in, i == len(list)-1), Next: in.need("Next"), ResultPath: in.place("ResultPath", true), Assign: in.assign()})
	}
	return all
}

// errorNames reads ErrorEquals.
func (p *parser) errorNames(f *fields, last bool) (all []string) {
	if !f.has("ErrorEquals") {
		p.report(CodeSchema, f.at, textRequired, "ErrorEquals")
		return nil
	}
	for i, v := range f.list("ErrorEquals") {
		name, ok := v.(string)
		if !ok {
			f.wrong("ErrorEquals["+strconv.Itoa(i)+"]", textType, "String")
		}
		all = append(all, name)
	}
	if slices.Contains(all, ErrAll) {
		if len(all) > 1 {
			f.wrong("ErrorEquals", textAlone)
		} else if !last {
			f.wrong("ErrorEquals", textLast)
		}
	}
	return all
}

func (p *parser) task(f *fields, s *State) {
	if s.Resource = f.need("Resource"); s.Resource != "" && !arn.IsARN(s.Resource) {
		f.wrong("Resource", textARN)
	}
	if p.express && (strings.HasSuffix(s.Resource, ".sync") || strings.HasSuffix(s.Resource, ".sync:2") || strings.HasSuffix(s.Resource, ".waitForTaskToken") || strings.Contains(s.Resource, ":activity:")) {
		f.wrong("Resource", textExpress)
	}
	s.Timeout, s.Heartbeat = f.number("TimeoutSeconds", 1), f.number("HeartbeatSeconds", 1)
	if s.Timeout.Value > 0 && s.Heartbeat.Value >= s.Timeout.Value {
		f.wrong("HeartbeatSeconds", textHeartbeat)
	}
	s.Credentials = f.template("Credentials")
}

// textExpress is unverified.
const textExpress = "Express state machine does not support '.sync' or '.waitForTaskToken' service integration, or activities"

func (p *parser) wait(f *fields, s *State) {
	set := 0
	for _, name := range []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"} {
		if f.has(name) {
			set++
		}
	}
	if set != 1 {
		p.report(CodeSchema, f.at, textExactly, "[Seconds, SecondsPath, Timestamp, TimestampPath]")
		return
	}
	s.Seconds, s.TimestampPath = f.number("Seconds", 0), f.path("TimestampPath")
	if f.has("Timestamp") {
		s.Timestamp = f.text("Timestamp")
		if _, ok := Timestamp(s.Timestamp); !ok {
			f.wrong("Timestamp", textTimestamp)
		}
	}
}

// Timestamp reads a time as the language has it: RFC 3339 with capital letters.
func Timestamp(text string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	return t, err == nil && !strings.ContainsAny(text, "tz")
}

func (p *parser) fail(f *fields, s *State) {
	s.Error, s.Cause = f.text("Error"), f.text("Cause")
	for name, to := range map[string]**Expression{"Error": &s.ErrorPath, "Cause": &s.CausePath} {
		if !f.has(name + "Path") {
			continue
		}
		if f.has(name) {
			p.report(CodeSchema, f.at, textExclusive, "["+name+", "+name+"Path]")
		}
		e, err := ParseExpression(f.text(name + "Path"))
		if err != nil {
			f.wrong(name+"Path", TextExpression, name+"Path")
		}
		*to = e
	}
}

func (p *parser) parallel(f *fields, s *State, depth int) {
	if !f.has("Branches") {
		p.report(CodeSchema, f.at, textRequired, "Branches")
		return
	}
	for i, v := range f.list("Branches") {
		in, ok := p.object(v, fmt.Sprintf("%s/Branches[%d]", f.at, i))
		if !ok {
			continue
		}
		p.only(in, "StartAt", "States", "Comment")
		if b := p.block(in, depth+1); b != nil {
			s.Branches = append(s.Branches, b)
		}
	}
}

func (p *parser) mapState(f *fields, s *State, depth int) {
	name := "ItemProcessor"
	if f.has("Iterator") {
		name = "Iterator"
	}
	switch {
	case f.has("Iterator") && f.has("ItemProcessor"):
		p.report(CodeSchema, f.at, textExclusive, "[ItemProcessor, Iterator]")
		return
	case !f.has(name):
		p.report(CodeSchema, f.at, textRequired, name)
		return
	case f.has("ItemSelector") && f.has("Parameters"):
		p.report(CodeSchema, f.at, textExclusive, "[ItemSelector, Parameters]")
	}
	in, ok := p.object(f.of[name], f.at+"/"+name)
	if !ok {
		return
	}
	p.only(in, "StartAt", "States", "Comment", "ProcessorConfig")
	if in.has("ProcessorConfig") {
		s.Distributed = p.processor(in)
	}
	if s.Distributed != nil {
		p.distributed(f, s.Distributed)
	} else {
		for _, name := range distributed {
			if f.has(name) {
				f.wrong(name, textField)
			}
		}
	}
	if b := p.block(in, depth+1); b != nil {
		s.Branches = []*Block{b}
	}
	s.Items = f.path("ItemsPath")
	s.Selector, s.Parameters = s.Parameters, nil
	if f.has("ItemSelector") {
		s.Selector = f.template("ItemSelector")
	}
	s.MaxConcurrency = f.number("MaxConcurrency", 0)
}

// processor reads the mode of a Map state; nil is the inline one.
func (p *parser) processor(f *fields) *Distributed {
	c, ok := p.object(f.of["ProcessorConfig"], f.at+"/ProcessorConfig")
	if !ok {
		return nil
	}
	p.only(c, "Mode", "ExecutionType")
	switch mode := c.text("Mode"); mode {
	case "", "INLINE":
	case "DISTRIBUTED":
		if p.express {
			c.wrong("Mode", textExpressMap)
		}
		kind := c.need("ExecutionType")
		if kind != "" && kind != "STANDARD" && kind != "EXPRESS" {
			c.wrong("ExecutionType", textOneOf, "[STANDARD, EXPRESS]")
		}
		return &Distributed{Express: kind == "EXPRESS"}
	default:
		c.wrong("Mode", textOneOf, "[INLINE, DISTRIBUTED]")
	}
	return nil
}

// textExpressMap is unverified.
const textExpressMap = "Express state machine does not support distributed Map states"

// errNumber is why a path to a number fails.
const errNumber = textError("The value must be a number of seconds from 0 to 99999999")
