package cloudformation

import (
	"encoding/json"
	"strings"
)

// resolved replaces dynamic references in a value. CloudFormation reads them as who makes the
// resource.
func (j *job) resolved(properties map[string]any) (map[string]any, error) {
	v, err := j.resolve(properties)
	if err != nil {
		return nil, err
	}
	resolved, _ := v.(map[string]any)
	return resolved, nil
}

func (j *job) resolve(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return j.resolveText(v)
	case []any:
		all := make([]any, len(v))
		for i, e := range v {
			r, err := j.resolve(e)
			if err != nil {
				return nil, err
			}
			all[i] = r
		}
		return all, nil
	case map[string]any:
		all := make(map[string]any, len(v))
		for k, e := range v {
			r, err := j.resolve(e)
			if err != nil {
				return nil, err
			}
			all[k] = r
		}
		return all, nil
	}
	return v, nil
}

func (j *job) resolveText(text string) (string, error) {
	const start, end = "{{resolve:", "}}"
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, start)
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		reference, after, ok := strings.Cut(rest, end)
		if !ok {
			return "", notImplemented("the dynamic reference " + start + rest)
		}
		service, name, _ := strings.Cut(reference, ":")
		if service != "secretsmanager" {
			return "", notImplemented("the dynamic reference " + start + reference + end)
		}
		value, err := j.secret(name)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		text = after
	}
}

// secret reads "ID:SecretString:KEY:STAGE:VERSION", of which the id may be an ARN ("Get a
// secret or secret value from Secrets Manager").
func (j *job) secret(reference string) (string, error) {
	id, rest, _ := strings.Cut(reference, ":SecretString")
	parts := strings.Split(strings.TrimPrefix(rest, ":"), ":")
	part := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	out, err := j.call("secretsmanager", "GetSecretValue", with(map[string]any{"SecretId": id}, "VersionStage", part(1), "VersionId", part(2)))
	if err != nil {
		return "", err
	}
	text := encodedText(out["SecretString"])
	key := part(0)
	if key == "" {
		return text, nil
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil || object[key] == nil {
		return "", invalid("Could not find a value associated with JSONKey in SecretString") // unverified
	}
	return encodedText(object[key]), nil
}
