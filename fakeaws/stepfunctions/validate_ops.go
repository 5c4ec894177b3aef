package stepfunctions

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

func (s *Fake) validateOps() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(s.validateStateMachineDefinition)}
}

// maxDiagnostics is how many diagnostics a validation lists at most.
const maxDiagnostics = 100

// validateStateMachineDefinition says what is wrong with a definition.
func (s *Fake) validateStateMachineDefinition(call *fakeaws.Call, in *sfn.ValidateStateMachineDefinitionInput) (*fakeaws.Plan[*sfn.ValidateStateMachineDefinitionOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	n := need(call.Operation, fakeaws.ARN("states", call.Region, call.Account, "stateMachine:*"), call.Account, nil)
	return &fakeaws.Plan[*sfn.ValidateStateMachineDefinitionOutput]{Needs: []fakeaws.Need{n}, Do: func() (*sfn.ValidateStateMachineDefinitionOutput, error) {
		m, all, err := asl.Parse([]byte(*in.Definition), in.Type == types.StateMachineTypeExpress)
		if err != nil {
			return nil, unsupported(err)
		}
		out := &sfn.ValidateStateMachineDefinitionOutput{Result: types.ValidateStateMachineDefinitionResultCodeOk, Diagnostics: []types.ValidateStateMachineDefinitionDiagnostic{}, Truncated: aws.Bool(false)}
		if m == nil {
			out.Result = types.ValidateStateMachineDefinitionResultCodeFail
		}
		most := int(in.MaxResults)
		if most == 0 {
			most = maxDiagnostics
		}
		for _, d := range all {
			// Without a severity the errors are listed ("Minimum level of diagnostics to return … Default: ERROR").
			if d.Severity != asl.SeverityError && in.Severity != types.ValidateStateMachineDefinitionSeverityWarning {
				continue
			}
			if len(out.Diagnostics) == most {
				out.Truncated = aws.Bool(true)
				break
			}
			out.Diagnostics = append(out.Diagnostics, types.ValidateStateMachineDefinitionDiagnostic{
				Code: aws.String(d.Code), Message: aws.String(d.Message), Location: optional(d.Location), Severity: types.ValidateStateMachineDefinitionSeverity(d.Severity)})
		}
		return out, nil
	}}, nil
}
