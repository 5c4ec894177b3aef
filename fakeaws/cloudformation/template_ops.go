package cloudformation

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscf "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/template"
)

func (s *Fake) templateOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getTemplate),
		fakeaws.Bind(s.getTemplateSummary),
		fakeaws.Bind(s.validateTemplate),
	}
}

func (s *Fake) getTemplate(call *fakeaws.Call, in *awscf.GetTemplateInput) (*fakeaws.Plan[*awscf.GetTemplateOutput], error) {
	name := in.StackName
	if name == nil && in.ChangeSetName != nil {
		s.mu.Lock()
		if of, _ := s.changeSet(call, *in.ChangeSetName, nil); of != nil {
			name = &of.id
		}
		s.mu.Unlock()
	}
	if name == nil {
		return nil, invalid("StackName is required if ChangeSetName is not specified.") // unverified
	}
	return onStack(s, call, in, name, func(st *stack) (*awscf.GetTemplateOutput, error) {
		c := &st.config
		if in.ChangeSetName != nil {
			_, set := s.changeSet(call, *in.ChangeSetName, name)
			if set == nil {
				return nil, noChangeSet(*in.ChangeSetName)
			}
			c = &set.config
		}
		body := c.text
		if in.TemplateStage == types.TemplateStageProcessed && len(c.transforms) > 0 {
			body = c.processed
		}
		return &awscf.GetTemplateOutput{TemplateBody: &body, StagesAvailable: []types.TemplateStage{types.TemplateStageOriginal, types.TemplateStageProcessed}}, nil
	})
}

// outlineOf reads the template of a request.
func (s *Fake) outlineOf(call *fakeaws.Call, body, url *string) (*template.Outline, error) {
	text, err := s.templateOf(call, &request{body: body, url: url})
	if err != nil {
		return nil, err
	}
	o, err := template.Inspect([]byte(text))
	if err != nil {
		return nil, ofTemplate(err)
	}
	return o, nil
}

// needed are the capabilities that a template needs by what it says, without its parameters.
func needed(o *template.Outline) (all []types.Capability, reason *string) {
	var because []string
	named := false
	for _, kind := range o.Types {
		if slices.Contains(acknowledged, kind) {
			because = append(because, kind)
			named = named || slices.ContainsFunc(o.Identifiers[kind], func(logical string) bool { return o.Names(logical, namedProperty(kind)) })
		}
	}
	if because != nil {
		slices.Sort(because)
		reason = aws.String("The following resource(s) require capabilities: [" + strings.Join(because, ", ") + "]")
		all = append(all, types.CapabilityCapabilityIam)
		if named {
			all = []types.Capability{types.CapabilityCapabilityNamedIam}
		}
	}
	if slices.ContainsFunc(o.Transforms, func(name string) bool { return name != "AWS::Include" && name != "AWS::LanguageExtensions" }) {
		all = append(all, types.CapabilityCapabilityAutoExpand)
	}
	return all, reason
}

func namedProperty(kind string) string { return named[kind] }

func (s *Fake) getTemplateSummary(call *fakeaws.Call, in *awscf.GetTemplateSummaryInput) (*fakeaws.Plan[*awscf.GetTemplateSummaryOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	if in.StackSetName != nil {
		return nil, notImplemented("stack sets")
	}
	if in.StackName != nil {
		return onStack(s, call, in, in.StackName, func(st *stack) (*awscf.GetTemplateSummaryOutput, error) {
			o, err := template.Inspect([]byte(st.config.text))
			if err != nil {
				return nil, ofTemplate(err)
			}
			return summary(o), nil
		})
	}
	n := need(call.Operation, "*", call.Account, nil)
	key("TemplateUrl", in.TemplateURL)(&n.Context)
	return &fakeaws.Plan[*awscf.GetTemplateSummaryOutput]{Needs: []fakeaws.Need{n}, Do: func() (*awscf.GetTemplateSummaryOutput, error) {
		o, err := s.outlineOf(call, in.TemplateBody, in.TemplateURL)
		if err != nil {
			return nil, err
		}
		return summary(o), nil
	}}, nil
}

func summary(o *template.Outline) *awscf.GetTemplateSummaryOutput {
	out := &awscf.GetTemplateSummaryOutput{
		Description: ptr(o.Description), Metadata: ptr(o.Metadata), Version: ptr(o.Version), ResourceTypes: o.Types, DeclaredTransforms: o.Transforms, Parameters: []types.ParameterDeclaration{},
	}
	out.Capabilities, out.CapabilitiesReason = needed(o)
	for _, p := range o.Parameters {
		out.Parameters = append(out.Parameters, types.ParameterDeclaration{
			ParameterKey: aws.String(p.Name), ParameterType: aws.String(p.Type), DefaultValue: p.Default, NoEcho: aws.Bool(p.NoEcho), Description: ptr(p.Description),
			ParameterConstraints: &types.ParameterConstraints{AllowedValues: p.AllowedValues},
		})
	}
	for _, kind := range o.Types {
		out.ResourceIdentifierSummaries = append(out.ResourceIdentifierSummaries, types.ResourceIdentifierSummary{ResourceType: aws.String(kind), LogicalResourceIds: o.Identifiers[kind]})
	}
	return out
}

func (s *Fake) validateTemplate(call *fakeaws.Call, in *awscf.ValidateTemplateInput) (*fakeaws.Plan[*awscf.ValidateTemplateOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	n := need(call.Operation, "*", call.Account, nil)
	key("TemplateUrl", in.TemplateURL)(&n.Context)
	return &fakeaws.Plan[*awscf.ValidateTemplateOutput]{Needs: []fakeaws.Need{n}, Do: func() (*awscf.ValidateTemplateOutput, error) {
		o, err := s.outlineOf(call, in.TemplateBody, in.TemplateURL)
		if err != nil {
			return nil, err
		}
		if err := o.Validate(); err != nil {
			return nil, ofTemplate(err)
		}
		out := &awscf.ValidateTemplateOutput{Description: ptr(o.Description), DeclaredTransforms: o.Transforms, Parameters: []types.TemplateParameter{}}
		out.Capabilities, out.CapabilitiesReason = needed(o)
		for _, p := range o.Parameters {
			out.Parameters = append(out.Parameters, types.TemplateParameter{ParameterKey: aws.String(p.Name), DefaultValue: p.Default, NoEcho: aws.Bool(p.NoEcho), Description: ptr(p.Description)})
		}
		return out, nil
	}}, nil
}
