package stepfunctions

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/sdkjson"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// maxObject is how long an object with items may be here. AWS takes 10 GB.
const maxObject = 8 << 20

// errReader and errWriter are why a Map state fails that cannot read items, or write results.
const (
	errReader = "States.ItemReaderFailed"
	errWriter = "States.ResultWriterFailed"
)

// readItems reads the items of a Map state from S3, with the role of the state machine.
func (s *Fake) readItems(ctx context.Context, actor fakeaws.Actor, m *mapJob) ([]any, *asl.Error) {
	if m.read.List {
		return s.listItems(ctx, actor, m)
	}
	text, failure := s.readObject(ctx, actor, m.params)
	if failure != nil {
		return nil, failure
	}
	items, err := parseItems(m.read, text, m.most)
	if err != nil {
		var failure *asl.Error
		if errors.As(err, &failure) {
			return nil, failure
		}
		return nil, &asl.Error{Name: errReader, Cause: err.Error()}
	}
	return items, nil
}

// readObject reads an object, in the members of the SDK.
func (s *Fake) readObject(ctx context.Context, actor fakeaws.Actor, params map[string]any) ([]byte, *asl.Error) {
	in, failure := s.inputFor("GetObject", params, errReader)
	if failure != nil {
		return nil, failure
	}
	out, err := s.world.Do(ctx, actor, in)
	if err != nil {
		return nil, &asl.Error{Name: errReader, Cause: err.Error()}
	}
	body, ok := bodyOf(out)
	if !ok {
		return nil, errNoService("s3:getObject")
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxObject+1))
	switch {
	case err != nil:
		return nil, &asl.Error{Name: errReader, Cause: err.Error()}
	case len(text) > maxObject:
		return nil, &asl.Error{Name: errReader, Cause: "leastpriv: items of more than 8 MiB are not implemented"}
	}
	return text, nil
}

// listItems are the objects of a bucket, as S3 lists them.
func (s *Fake) listItems(ctx context.Context, actor fakeaws.Actor, m *mapJob) (items []any, failure *asl.Error) {
	params := m.params
	for {
		v, failure := s.do(ctx, actor, "s3", "ListObjectsV2", params, sdkWording("s3"))
		if failure != nil {
			return nil, &asl.Error{Name: errReader, Cause: failure.Cause}
		}
		out := v.(map[string]any)
		contents, _ := out["Contents"].([]any)
		items = append(items, contents...)
		next, more := out["NextContinuationToken"].(string)
		if !more || len(items) >= m.most {
			return items[:min(len(items), m.most)], nil
		}
		again := map[string]any{"ContinuationToken": next}
		for name, value := range m.params {
			again[name] = value
		}
		params = again
	}
}

// parseItems reads items of JSON, of JSON in lines, or of CSV.
func parseItems(r *asl.ItemReader, text []byte, most int) ([]any, error) {
	switch r.InputType {
	case "JSON":
		v, err := asl.Decode(text)
		if err != nil {
			return nil, err
		}
		items, ok := v.([]any)
		if !ok {
			return nil, errNoArray
		}
		return items[:min(len(items), most)], nil
	case "JSONL":
		items := []any{}
		for line := range bytes.Lines(text) {
			if line = bytes.TrimSpace(line); len(line) == 0 || len(items) == most {
				continue
			}
			v, err := asl.Decode(line)
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
		return items, nil
	}
	return parseCSV(r.Header, text, most)
}

// errNoArray is what AWS says of an object that is no array.
var errNoArray = &asl.Error{Name: errReader, Cause: "Attempting to map over non-iterable node."}

// parseCSV reads items of CSV: an object for each row, with texts.
func parseCSV(header []string, text []byte, most int) ([]any, error) {
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	rows.FieldsPerRecord = -1
	if header == nil {
		first, err := rows.Read()
		if err != nil {
			return nil, err
		}
		header = first
	}
	items := []any{}
	for len(items) < most {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		item := make(map[string]any, len(header))
		for i, name := range header {
			item[name] = ""
			if i < len(row) {
				item[name] = row[i]
			}
		}
		items = append(items, item)
	}
	return items, nil
}

// detail is an execution as result files have it.
func (x *execution) detail() map[string]any {
	out := map[string]any{
		"ExecutionArn": x.arn, "Input": x.input, "InputDetails": map[string]any{"Included": true}, "Name": x.name, "StartDate": stamp(x.started),
		"StateMachineArn": x.machine.arn, "Status": string(x.status), "StopDate": stamp(x.stopped),
	}
	if x.failure != nil {
		out["Error"], out["Cause"] = x.failure.Name, x.failure.Cause
	} else {
		out["Output"], out["OutputDetails"] = x.output, map[string]any{"Included": true}
	}
	return out
}

// writeResults writes what the executions of a Map Run made to S3, with the role of the state
// machine: a file for each outcome, and one that names them ("ResultWriter (Map)").
func (s *Fake) writeResults(ctx context.Context, actor fakeaws.Actor, m *mapJob) (any, *asl.Error) {
	bucket, _ := m.params["Bucket"].(string)
	prefix, _ := m.params["Prefix"].(string)
	ref, ok := parse(m.write.arn)
	if !ok {
		return nil, errNoService(m.write.arn)
	}
	folder := strings.TrimSuffix(prefix, "/") + "/" + ref.rest + "/"
	if prefix == "" {
		folder = ref.rest + "/"
	}
	files := map[string][]any{"SUCCEEDED": {}, "FAILED": {}}
	s.mu.Lock()
	for _, x := range m.write.children {
		kind := "FAILED"
		if x.status == types.ExecutionStatusSucceeded {
			kind = "SUCCEEDED"
		}
		files[kind] = append(files[kind], x.detail())
	}
	s.mu.Unlock()
	named := map[string][]any{"FAILED": {}, "PENDING": {}, "SUCCEEDED": {}}
	for _, kind := range []string{"SUCCEEDED", "FAILED"} {
		if len(files[kind]) == 0 {
			continue
		}
		key, size, failure := s.writeFile(ctx, actor, bucket, folder+kind+"_0.json", files[kind])
		if failure != nil {
			return nil, failure
		}
		named[kind] = append(named[kind], map[string]any{"Key": key, "Size": size})
	}
	key, _, failure := s.writeFile(ctx, actor, bucket, folder+"manifest.json", map[string]any{"DestinationBucket": bucket, "MapRunArn": m.write.arn, "ResultFiles": named})
	if failure != nil {
		return nil, failure
	}
	return map[string]any{"MapRunArn": m.write.arn, "ResultWriterDetails": map[string]any{"Bucket": bucket, "Key": key}}, nil
}

// writeFile writes an object of JSON.
func (s *Fake) writeFile(ctx context.Context, actor fakeaws.Actor, bucket, key string, content any) (string, int, *asl.Error) {
	text, err := json.Marshal(content)
	if err != nil {
		return "", 0, &asl.Error{Name: errWriter, Cause: err.Error()}
	}
	in, failure := s.inputFor("PutObject", map[string]any{"Bucket": bucket, "Key": key, "Body": string(text), "ContentLength": integer(len(text))}, errWriter)
	if failure != nil {
		return "", 0, failure
	}
	if _, err := s.world.Do(ctx, actor, in); err != nil {
		return "", 0, &asl.Error{Name: errWriter, Cause: err.Error()}
	}
	return key, len(text), nil
}

// inputFor is the input of an operation of S3.
func (s *Fake) inputFor(operation string, params map[string]any, failed string) (any, *asl.Error) {
	in, ok := s.world.InputOf("s3", operation)
	if !ok {
		return nil, errNoService("s3:" + operation)
	}
	if err := sdkjson.Fill(in, params); err != nil {
		return nil, &asl.Error{Name: failed, Cause: err.Error()}
	}
	return in, nil
}

// bodyOf is the object in an answer of S3, whose types are not linked here.
func bodyOf(out any) (io.ReadCloser, bool) {
	field := reflect.ValueOf(out).Elem().FieldByName("Body")
	if !field.IsValid() {
		return nil, false
	}
	body, ok := field.Interface().(io.ReadCloser)
	return body, ok
}
