package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
)

// shown is what terraform show -json printed: of a plan, or of a state.
type shown struct {
	plan  *tfjson.Plan // nil of a state
	state *tfjson.State
}

func (s *shown) values() *tfjson.StateValues {
	if s.plan != nil {
		return s.plan.PlannedValues
	}
	return s.state.Values
}

// parse reads the JSON and says what else a file is that is neither.
func parse(text []byte) (*shown, error) {
	const how = "it is none of what terraform show -json prints of a plan or a state"
	if bytes.HasPrefix(text, []byte("PK")) {
		return nil, errors.New("it is a plan as Terraform saves it: terraform show -json FILE > plan.json prints it")
	}
	// PowerShell writes a mark before the text.
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("%s: %w", how, err)
	}
	switch {
	case keys["@level"] != nil:
		return nil, errors.New("it is the log of terraform plan -json: terraform plan -out FILE and terraform show -json FILE > plan.json print the plan")
	case keys["lineage"] != nil && keys["serial"] != nil:
		return nil, errors.New("it is a state as Terraform saves it: terraform show -json > state.json prints it")
	case keys["planned_values"] != nil:
		plan := &tfjson.Plan{}
		if err := plan.UnmarshalJSON(text); err != nil {
			return nil, err
		}
		if plan.PlannedValues == nil {
			return nil, fmt.Errorf("%s: planned_values is null", how)
		}
		if string(keys["errored"]) == "true" {
			return nil, errors.New("it is a plan that failed: its errors are those of terraform plan")
		}
		return &shown{plan: plan}, nil
	case keys["format_version"] != nil && keys["resource_changes"] == nil && keys["provider_schemas"] == nil:
		state := &tfjson.State{}
		if err := state.UnmarshalJSON(text); err != nil {
			return nil, err
		}
		if state.Values == nil {
			return nil, errors.New("it is a state that has no resources")
		}
		return &shown{state: state}, nil
	}
	return nil, fmt.Errorf("%s: it has neither planned_values nor values", how)
}
