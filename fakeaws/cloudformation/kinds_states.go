package cloudformation

import (
	"maps"
	"slices"
	"strings"
)

// definition is that of a state machine, with its substitutions.
func (j *job) definition() (string, error) {
	text := j.text("DefinitionString")
	if d := j.properties["Definition"]; d != nil {
		text = encoded(d)
	}
	if at := objectOf(j.properties["DefinitionS3Location"]); at != nil {
		out, err := j.call("s3", "GetObject", with(map[string]any{"Bucket": encodedText(at["Bucket"]), "Key": encodedText(at["Key"])}, "VersionId", encodedText(at["Version"])))
		if err != nil {
			return "", err
		}
		text = encodedText(out["Body"])
	}
	substitutions := objectOf(j.properties["DefinitionSubstitutions"])
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(substitutions)) {
		pairs = append(pairs, "${"+name+"}", encodedText(substitutions[name]))
	}
	return strings.NewReplacer(pairs...).Replace(text), nil
}

func createMachine(j *job) error {
	definition, err := j.definition()
	if err != nil {
		return err
	}
	name := j.physical("StateMachineName", 80, false)
	out, err := j.call("sfn", "CreateStateMachine", with(map[string]any{"Name": name, "Definition": definition, "RoleArn": j.text("RoleArn")}, "Type", j.text("StateMachineType"),
		"LoggingConfiguration", j.properties["LoggingConfiguration"], "TracingConfiguration", j.properties["TracingConfiguration"],
		"EncryptionConfiguration", j.properties["EncryptionConfiguration"], "Tags", j.tagList()))
	if err != nil {
		return err
	}
	j.id = encodedText(out["StateMachineArn"])
	j.attributes = map[string]string{"Arn": j.id, "Name": name}
	return nil
}

func updateMachine(j *job) error {
	params := map[string]any{}
	if j.changed("Definition", "DefinitionString", "DefinitionS3Location", "DefinitionSubstitutions") {
		definition, err := j.definition()
		if err != nil {
			return err
		}
		params["Definition"] = definition
	}
	if j.changed("RoleArn") {
		params["RoleArn"] = j.text("RoleArn")
	}
	for name, otherwise := range map[string]any{
		"LoggingConfiguration": map[string]any{"Level": "OFF"}, "TracingConfiguration": map[string]any{"Enabled": false}, "EncryptionConfiguration": map[string]any{"Type": "AWS_OWNED_KEY"},
	} {
		if j.changed(name) {
			params[name] = otherwise
			if v := j.properties[name]; v != nil {
				params[name] = v
			}
		}
	}
	if len(params) > 0 {
		params["StateMachineArn"] = j.id
		if err := j.do("sfn", "UpdateStateMachine", params); err != nil {
			return err
		}
	}
	return j.retagged(tagging{"sfn", "TagResource", "UntagResource", "ResourceArn", "Tags", "TagKeys", false}, j.id)
}
