// Command constraints extracts what AWS's service models demand of the members
// of operations' inputs, from the models that botocore ships:
//
//	go run ./internal/gen/constraints BOTOCORE/data internal/wire/schemas internal/constraint/models
//
// One file is written for each service: compact, in a fixed order and without a
// time stamp, so that the same models always give the same bytes. README.md in
// the folder above describes the format.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// services are the ones whose fakes check their inputs with the tables, by
// signing name, which is also the name of their folder in botocore but for those in folders.
var services = []string{"access-analyzer", "cloudformation", "dynamodb", "events", "firehose", "iam", "kinesis", "kms", "lambda", "logs", "organizations", "scheduler", "secretsmanager", "ses", "sesv2", "states", "sts"}

var folders = map[string]string{"access-analyzer": "accessanalyzer", "states": "stepfunctions"}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: constraints BOTOCORE/data SCHEMAS OUTPUT")
	}
	for _, name := range services {
		if err := extract(os.Args[1], os.Args[2], os.Args[3], name); err != nil {
			log.Fatalf("%s: %v", name, err)
		}
	}
}

// documented has the bounds that the API references state and the models do
// not: of shapes, and of members that are newer than the models. By service.
var (
	documentedShapes = map[string]map[string]shape{
		"lambda": lambdaPatterns,
		// The pattern looks ahead and back, in the middle. No Redshift destination is there.
		"firehose": {"ClusterJDBCURL": {Min: 1, Max: bound(512)}},
		// A partition key is required unless a stream distributes records by itself.
		"kinesis": {"PutRecordInput": {Members: []member{
			{"StreamName", "StreamName", false}, {"Data", "Data", true}, {"PartitionKey", "PartitionKey", false}, {"ExplicitHashKey", "HashKey", false},
			{"SequenceNumberForOrdering", "SequenceNumber", false}, {"StreamARN", "StreamARN", false}, {"StreamId", "StreamId", false},
		}}, "PutRecordsRequestEntry": {Members: []member{
			{"Data", "Data", true}, {"ExplicitHashKey", "HashKey", false}, {"PartitionKey", "PartitionKey", false},
		}}},
		"organizations": {"PolicyType": {Enum: policyTypes}, "EffectivePolicyType": {Enum: policyTypes[2:]}},
		"sts":           {"policyDescriptorListType": {Max: bound(10), Item: "PolicyDescriptorType"}},
	}
	documentedMembers = map[string]map[string]shape{
		"sts": {"MinimumSessionTokenSize": {Max: bound(4096)}},
	}
)

func bound(n int) *int { return &n }

// lambdaPatterns are the patterns that errors of Lambda show where the model has older ones.
// Of runtimes Lambda says in words of its own which there are.
var lambdaPatterns = map[string]shape{
	"NamespacedFunctionName": {Min: 1, Max: bound(256), Pattern: lambdaARN + `(\d{12}:)?(function:)?([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?`},
	"FunctionName":           {Min: 1, Max: bound(140), Pattern: lambdaARN + `(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?`},
	"Runtime":                {},
	"TaggableResource": {Min: 1, Max: bound(256), Pattern: `arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|` +
		`layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)`},
}

const lambdaARN = `(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?`

// policyTypes are those of AWS Organizations, of which the model lacks the newest.
// The first two have no effective policies.
var policyTypes = []string{"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY", "BACKUP_POLICY",
	"AISERVICES_OPT_OUT_POLICY", "CHATBOT_POLICY", "DECLARATIVE_POLICY_EC2", "SECURITYHUB_POLICY", "INSPECTOR_POLICY",
	"UPGRADE_ROLLOUT_POLICY", "BEDROCK_POLICY", "S3_POLICY", "NETWORK_SECURITY_DIRECTOR_POLICY", "GUARDDUTY_POLICY"}

// A source is a service model as botocore has it.
type source struct {
	Metadata   struct{ APIVersion string }
	Operations map[string]struct {
		Input struct{ Shape string }
	}
	Shapes map[string]sourceShape
}

// A sourceShape is a type of the model. Members is read as text, because its
// order is that of the model.
type sourceShape struct {
	Type      string
	Min, Max  *float64
	Pattern   string
	Enum      []string
	Required  []string
	Members   json.RawMessage
	Member    struct{ Shape string }
	Value     struct{ Shape string }
	Sensitive bool
}

// A result is what is written.
type result struct {
	Source     string            `json:"source"`
	Operations map[string]string `json:"operations"`
	Shapes     map[string]*shape `json:"shapes"`
}

type shape struct {
	Min     int      `json:"min,omitempty"`
	Max     *int     `json:"max,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	Enum    []string `json:"enum,omitempty"`
	Secret  bool     `json:"secret,omitempty"`
	Item    string   `json:"item,omitempty"`
	Members []member `json:"members,omitempty"`
}

type member struct {
	Name     string `json:"n"`
	Shape    string `json:"s,omitempty"`
	Required bool   `json:"req,omitempty"`
}

func extract(data, schemas, output, name string) error {
	files, err := filepath.Glob(filepath.Join(data, cmp.Or(folders[name], name), "*", "service-2.json*"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no service model in %q", data)
	}
	var in source
	if err := readJSON(slices.Max(files), &in); err != nil {
		return err
	}
	out := &result{
		Source:     "botocore " + name + " " + in.Metadata.APIVersion,
		Operations: make(map[string]string),
		Shapes:     make(map[string]*shape),
	}
	for op, o := range in.Operations {
		if o.Input.Shape == "" {
			continue
		}
		out.Operations[op] = o.Input.Shape
		if err := out.add(&in, o.Input.Shape); err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
	}
	for shape, s := range documentedShapes[name] {
		out.Shapes[shape] = &s
	}
	if err := out.addNewer(filepath.Join(schemas, name+".json.gz"), documentedMembers[name]); err != nil {
		return err
	}
	return write(filepath.Join(output, name+".json.gz"), out)
}

// add enters a shape and those that it is made of.
func (r *result) add(in *source, name string) error {
	if r.Shapes[name] != nil {
		return nil
	}
	from, ok := in.Shapes[name]
	if !ok {
		return errors.New("no shape " + name)
	}
	to := &shape{Pattern: from.Pattern, Enum: from.Enum, Secret: from.Sensitive}
	r.Shapes[name] = to
	if from.Min != nil {
		to.Min = int(*from.Min)
	}
	if from.Max != nil {
		longest := int(*from.Max)
		to.Max = &longest
	}
	switch from.Type {
	case "list":
		to.Item = from.Member.Shape
		return r.add(in, to.Item)
	case "structure":
		names, err := inOrder(from.Members)
		if err != nil {
			return err
		}
		var members map[string]struct{ Shape string }
		if err := json.Unmarshal(from.Members, &members); err != nil {
			return err
		}
		for _, n := range names {
			m := member{Name: n, Shape: members[n].Shape, Required: slices.Contains(from.Required, n)}
			to.Members = append(to.Members, m)
			if err := r.add(in, m.Shape); err != nil {
				return err
			}
		}
		return nil
	case "string", "integer", "boolean", "long", "double", "float", "timestamp", "blob":
		return nil
	case "map": // of strings without constraints, as KMS's encryption contexts are
		return nil
	}
	return errors.New("unknown type " + from.Type)
}

// inOrder returns the keys of a JSON object as they are written.
func inOrder(object json.RawMessage) ([]string, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var keys []string
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key.(string))
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// addNewer enters the operations and members that are newer than the models. The
// wire schemas know which members are required; of some the bounds are documented.
func (r *result) addNewer(schema string, documented map[string]shape) error {
	var in struct {
		Operations []struct{ N, In string }
		Shapes     map[string]struct {
			M []struct {
				N   string
				Req bool
			}
		}
	}
	if err := readJSON(schema, &in); err != nil {
		return err
	}
	for _, op := range in.Operations {
		if op.In == "" {
			continue
		}
		input := r.Shapes[r.Operations[op.N]]
		if input == nil {
			input = new(shape)
			r.Operations[op.N], r.Shapes[op.In] = op.In, input
		}
		for _, m := range in.Shapes[op.In].M {
			bounds, ok := documented[m.N]
			known := slices.ContainsFunc(input.Members, func(k member) bool { return k.Name == m.N })
			if known || !ok && !m.Req {
				continue
			}
			newer := member{Name: m.N, Required: m.Req}
			if ok {
				newer.Shape = m.N
				r.Shapes[newer.Shape] = &bounds
			}
			input.Members = append(input.Members, newer)
		}
	}
	return nil
}

// readJSON reads a file that may be compressed.
func readJSON(file string, v any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var r io.Reader = bytes.NewReader(text)
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			return err
		}
	}
	return json.NewDecoder(r).Decode(v)
}

// write writes the operations and shapes that constrain something: encoding/json orders the
// keys of maps.
func write(file string, r *result) error {
	maps.DeleteFunc(r.Shapes, func(_ string, s *shape) bool { return s.empty() })
	maps.DeleteFunc(r.Operations, func(_, input string) bool { return r.Shapes[input] == nil })
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, zipped.Bytes(), 0o644)
}

func (s *shape) empty() bool {
	return s.Min == 0 && s.Max == nil && s.Pattern == "" && len(s.Enum) == 0 && s.Item == "" && len(s.Members) == 0
}
