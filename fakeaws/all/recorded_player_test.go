package all_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A scenario is the calls of one recorded test, in words of its own.
type scenario func(p *player)

// A player makes the calls of a scenario, and compares their answers with the recorded.
type player struct {
	*testing.T
	world      *worldtest.World
	config     aws.Config
	lastAnswer *lastAnswer
	param      string // of the test: what its name has in brackets
	model      *recordedModel
	models     map[string]*recordedModel
	recorded   map[string]any
	inJSON     bool // of the next call, whatever the test says
	comparison
	done map[string][]string // by answer: how it differs
}

// played plays the scenarios of a service whose tests are recorded.
func (r *recordedReport) played(t *testing.T, m *recordedModel, scenarios map[string]scenario, answers recordedAnswers) {
	for _, test := range slices.Sorted(maps.Keys(answers)) {
		name, param, _ := strings.Cut(strings.TrimSuffix(test, "]"), "[")
		play, ok := scenarios[name]
		if !ok {
			r.unplayed += len(answers[test])
			continue
		}
		p := newPlayer(t, m, param, answers[test])
		play(p)
		r.unplayed += len(answers[test]) - len(p.done)
		for _, answer := range slices.Sorted(maps.Keys(p.done)) {
			r.compared++
			known := 0
			for _, text := range p.done[answer] {
				if r.differ(test, answer, text) {
					known++
				}
			}
			switch len(p.done[answer]) {
			case 0:
				r.agreed++
			case known:
				r.known++
			}
		}
	}
}

func newPlayer(t *testing.T, m *recordedModel, param string, recorded map[string]any) *player {
	p := &player{
		T: t, world: worldtest.New(t, worldtest.InProcess, slices.Concat(all.Services(), all.OptIn())...), param: param, model: m, recorded: recorded,
		comparison: comparison{bound: map[string]string{"<region>": worldtest.Region, "<partition>": "aws"}},
		done:       map[string][]string{}, models: map[string]*recordedModel{},
	}
	p.config = p.world.RootConfig(worldtest.Account)
	p.lastAnswer = &lastAnswer{next: p.config.HTTPClient}
	p.config.HTTPClient = p.lastAnswer
	return p
}

// as makes the calls that follow with other credentials.
func (p *player) as(credentials map[string]any) {
	text := func(name string) string { s, _ := credentials[name].(string); return s }
	p.config = p.world.Config(text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"))
	p.lastAnswer = &lastAnswer{next: p.config.HTTPClient}
	p.config.HTTPClient = p.lastAnswer
}

// rest is what a parameter has behind the kind of client: "True" of "sqs_query-True".
func (p *player) rest() string {
	_, rest, _ := strings.Cut(p.param, "-")
	return rest
}

func (p *player) wait(d time.Duration) { p.world.Clock().Advance(d) }

// packages are the services by the SDK's packages.
var packages = map[string]string{"iam": "iam", "organizations": "organizations", "s3": "s3", "s3control": "s3-control", "sqs": "sqs", "sts": "sts"}

// call makes a call, and returns the answer as a client in Python does.
func (p *player) call(in any, options ...func(*middleware.Stack) error) map[string]any {
	p.Helper()
	typ := reflect.TypeOf(in).Elem()
	schema, ok := packages[path.Base(typ.PkgPath())]
	require.True(p, ok, typ.PkgPath())
	if p.models[schema] == nil {
		p.models[schema] = readRecordedModel(p.T, schema)
	}
	o := newOperation(p, schema, strings.TrimSuffix(typ.Name(), "Input"))
	cfg := p.config.Copy()
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), options...)
	if schema == "sqs" && strings.HasPrefix(p.param, "sqs_query") && !p.inJSON {
		cfg.APIOptions = append(cfg.APIOptions, asQuery(p.models[schema], o.name))
	}
	if schema == "s3" {
		cfg.APIOptions = append(cfg.APIOptions, withoutContentType)
	}
	p.lastAnswer.last = rawAnswer{}
	err := o.call(p.Context(), cfg, in)
	require.NotZero(p, p.lastAnswer.last.status, "%s: no answer: %v", o.name, err)
	return p.models[schema].read(o.name, p.lastAnswer.last)
}

// answer makes a call, and compares its answer with a recorded one.
func (p *player) answer(name string, in any, options ...func(*middleware.Stack) error) map[string]any {
	p.Helper()
	// Some answers of a test's Query client were given to a JSON client beside it.
	p.inJSON = at(p.recorded[name], "Error.QueryErrorCode") != nil
	got := p.call(in, options...)
	p.inJSON = false
	p.compare(name, got)
	return got
}

// compare holds what was answered against a recorded answer, if there is one.
func (p *player) compare(name string, got any) {
	want, ok := p.recorded[name]
	if !ok {
		return
	}
	p.comparison.differs = nil
	p.bind(want, got)
	p.value("", want, got)
	p.done[name] = p.comparison.differs
}

// at is a value in an answer: at(a, "Messages.0.Body").
func at(answer any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch value := answer.(type) {
		case map[string]any:
			answer = value[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(value) {
				return nil
			}
			answer = value[i]
		}
	}
	return answer
}

// text is a text in an answer, as the SDK's inputs take it.
func text(answer any, path string) *string {
	s, _ := at(answer, path).(string)
	return &s
}

// withoutContentType leaves out the type that the SDK for Go gives to a body, and others
// do not.
func withoutContentType(s *middleware.Stack) error {
	return s.Build.Add(middleware.BuildMiddlewareFunc("recorded:NoContentType", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
		if req, ok := in.Request.(*smithyhttp.Request); ok && req.Header.Get("Content-Type") == "application/octet-stream" {
			req.Header.Del("Content-Type")
		}
		return next.HandleBuild(ctx, in)
	}), middleware.Before)
}

// asQuery sends a call to SQS with the Query protocol, which its other clients speak.
func asQuery(m *recordedModel, operation string) func(*middleware.Stack) error {
	return func(s *middleware.Stack) error {
		return s.Build.Add(middleware.BuildMiddlewareFunc("recorded:Query", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
			req, ok := in.Request.(*smithyhttp.Request)
			if !ok {
				return middleware.BuildOutput{}, middleware.Metadata{}, errors.New("no HTTP request")
			}
			var input map[string]any
			if err := json.NewDecoder(req.GetStream()).Decode(&input); err != nil && !errors.Is(err, io.EOF) {
				return middleware.BuildOutput{}, middleware.Metadata{}, err
			}
			form := url.Values{"Action": {operation}, "Version": {m.Version}}
			m.form(form, "", "#"+m.inputs[operation], input)
			req, err := req.SetStream(strings.NewReader(form.Encode()))
			if err != nil {
				return middleware.BuildOutput{}, middleware.Metadata{}, err
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
			req.Header.Del("X-Amz-Target")
			req.Header.Del("X-Amzn-Query-Mode")
			in.Request = req
			return next.HandleBuild(ctx, in)
		}), middleware.Before)
	}
}

// form writes a value of an input as parameters. Lists and maps are flat, as all of SQS.
func (m *recordedModel) form(form url.Values, prefix, typ string, value any) {
	shape := m.shape(typ)
	switch value := value.(type) {
	case map[string]any:
		if shape.Kind == "map" {
			for i, name := range slices.Sorted(maps.Keys(value)) {
				entry := fmt.Sprintf("%s.%d.", prefix, i+1)
				form.Set(entry+shape.Key.XMLName, name)
				m.form(form, entry+shape.Elem.XMLName, shape.Elem.Type, value[name])
			}
			return
		}
		for name, item := range value {
			member, _ := shape.member(name)
			if member.XMLName != "" {
				name = member.XMLName
			}
			if prefix != "" {
				name = prefix + "." + name
			}
			m.form(form, name, member.Type, item)
		}
	case []any:
		for i, item := range value {
			m.form(form, fmt.Sprintf("%s.%d", prefix, i+1), shape.Elem.Type, item)
		}
	case string:
		form.Set(prefix, value)
	default:
		form.Set(prefix, compact(value))
	}
}
