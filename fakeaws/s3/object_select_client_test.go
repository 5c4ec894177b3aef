package s3_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A selected is the answer to SelectObjectContent, as a client reads it.
type selected struct {
	text    string
	kinds   []string // of the events, in order
	stats   types.Stats
	shown   []types.Progress
	longest int // of the payloads
}

// choose performs a selection and reads its events.
func choose(ctx context.Context, client *awss3.Client, in *awss3.SelectObjectContentInput) (*selected, error) {
	out, err := client.SelectObjectContent(ctx, in)
	if err != nil {
		return nil, err
	}
	stream := out.GetStream()
	defer stream.Close()
	s := new(selected)
	for event := range stream.Events() {
		_, kind, _ := strings.Cut(fmt.Sprintf("%T", event), "Member")
		s.kinds = append(s.kinds, kind)
		switch e := event.(type) {
		case *types.SelectObjectContentEventStreamMemberRecords:
			s.text += string(e.Value.Payload)
			s.longest = max(s.longest, len(e.Value.Payload))
		case *types.SelectObjectContentEventStreamMemberStats:
			s.stats = *e.Value.Details
		case *types.SelectObjectContentEventStreamMemberProgress:
			s.shown = append(s.shown, *e.Value.Details)
		}
	}
	return s, stream.Err()
}

func selection(key, expression string, in *types.InputSerialization, out *types.OutputSerialization) *awss3.SelectObjectContentInput {
	return &awss3.SelectObjectContentInput{
		Bucket: aws.String("bucket"), Key: &key, Expression: &expression, ExpressionType: types.ExpressionTypeSql,
		InputSerialization: in, OutputSerialization: out,
	}
}

var (
	plainCSV  = &types.InputSerialization{CSV: &types.CSVInput{}}
	namedCSV  = &types.InputSerialization{CSV: &types.CSVInput{FileHeaderInfo: types.FileHeaderInfoUse}}
	jsonLines = &types.InputSerialization{JSON: &types.JSONInput{Type: types.JSONTypeLines}}
	document  = &types.InputSerialization{JSON: &types.JSONInput{Type: types.JSONTypeDocument}}
	toCSV     = &types.OutputSerialization{CSV: &types.CSVOutput{}}
	toJSON    = &types.OutputSerialization{JSON: &types.JSONOutput{}}
)

func TestSelectStory(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "people.csv", "name,age\nAnn,31\nBob,19\n\"Cy, Jr.\",44\n")

		got, err := choose(ctx, a.root, selection("people.csv", "SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 30", namedCSV, toCSV))
		require.NoError(t, err)
		assert.Equal(t, "Ann\n\"Cy, Jr.\"\n", got.text)
		assert.Equal(t, []string{"Records", "Stats", "End"}, got.kinds)
		assert.Equal(t, []int64{36, 36, 14}, []int64{*got.stats.BytesScanned, *got.stats.BytesProcessed, *got.stats.BytesReturned})

		got, err = choose(ctx, a.root, selection("people.csv", "SELECT count(*) FROM S3Object", plainCSV, toJSON))
		require.NoError(t, err)
		assert.Equal(t, "{\"_1\":4}\n", got.text)

		// Nothing is selected.
		got, err = choose(ctx, a.root, selection("people.csv", "SELECT * FROM S3Object s WHERE s._1 = 'none'", plainCSV, toJSON))
		require.NoError(t, err)
		assert.Equal(t, []string{"Stats", "End"}, got.kinds)

		in := selection("people.csv", "SELECT * FROM S3Object", namedCSV, toJSON)
		in.RequestProgress = &types.RequestProgress{Enabled: aws.Bool(true)}
		got, err = choose(ctx, a.root, in)
		require.NoError(t, err)
		assert.Equal(t, `{"name":"Ann","age":"31"}`+"\n"+`{"name":"Bob","age":"19"}`+"\n"+`{"name":"Cy, Jr.","age":"44"}`+"\n", got.text)
		assert.Equal(t, []string{"Records", "Progress", "Stats", "End"}, got.kinds)
		assert.Equal(t, int64(len(got.text)), *got.shown[0].BytesReturned)

		// An error before the first event is the answer; after it, the last event.
		_, err = choose(ctx, a.root, selection("people.csv", "SELECT * FORM S3Object", plainCSV, toJSON))
		requireAPIError(t, err, "ParseUnexpectedToken", "Unexpected token found IDENTIFIER:FORM at line 1, column 10.")
		a.put("bucket", "long.csv", strings.Repeat("1\n", 100_000)+"x\n")
		got, err = choose(ctx, a.root, selection("long.csv", "SELECT CAST(_1 AS INT) FROM S3Object", plainCSV, toCSV))
		requireAPIError(t, err, "CastFailed", "An attempt to convert from one data type to another using CAST failed in the SQL expression.")
		assert.Equal(t, strings.Repeat("1\n", len(got.text)/2), got.text)
		assert.Equal(t, 64<<10, got.longest)
		assert.NotContains(t, got.kinds, "End")
	})
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// bzipped is "a,b\nc,d\n", compressed.
const bzipped = "QlpoOTFBWSZTWZFbnakAAAJRAAAQAAQ8ACAAMMAIabKIIyeLuSKcKEhIrc7UgA=="

func TestSelectFormats(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	csv := func(in types.CSVInput) *types.InputSerialization { return &types.InputSerialization{CSV: &in} }
	written := func(out types.CSVOutput) *types.OutputSerialization { return &types.OutputSerialization{CSV: &out} }
	p := aws.String
	const all = "SELECT * FROM S3Object"
	const nested = `{"a":{"b":[{"c":1},{"c":"é\n"}]},"n":1.50,"t":true,"z":null}`
	for name, test := range map[string]struct {
		object, expression string
		in                 *types.InputSerialization
		out                *types.OutputSerialization
		want               string // or the code of an error
	}{
		"a header that is ignored":   {"a,b\n1,2\n", "SELECT _2 FROM S3Object", csv(types.CSVInput{FileHeaderInfo: types.FileHeaderInfoIgnore}), toCSV, "2\n"},
		"no header":                  {"a,b\n1,2\n", all, plainCSV, toJSON, "{\"_1\":\"a\",\"_2\":\"b\"}\n{\"_1\":\"1\",\"_2\":\"2\"}\n"},
		"Use":                        {"a,b\n1,2\n", "SELECT B FROM S3Object", csv(types.CSVInput{FileHeaderInfo: "Use"}), toJSON, "{\"B\":\"2\"}\n"},
		"comments":                   {"#x\na\n;b\n", all, plainCSV, toCSV, "a\n;b\n"},
		"other comments":             {"#x\na\n;b\n", all, csv(types.CSVInput{Comments: p(";")}), toCSV, "#x\na\n"},
		"delimiters":                 {"a;b|c;d|", all, csv(types.CSVInput{FieldDelimiter: p(";"), RecordDelimiter: p("|")}), toCSV, "a,b\nc,d\n"},
		"long delimiters":            {"a::b\r\nc::d\r\n", all, csv(types.CSVInput{FieldDelimiter: p("::"), RecordDelimiter: p("\r\n")}), toCSV, "a,b\nc,d\n"},
		"CRLF":                       {"a,\"b\"\r\n\"c\",d\r\n", all, plainCSV, toCSV, "a,b\nc,d\n"},
		"quotes":                     {"'a''b',\"c\n", all, csv(types.CSVInput{QuoteCharacter: p("'"), QuoteEscapeCharacter: p("'")}), toCSV, "a'b,\"\"\"c\"\n"},
		"escapes":                    {`"a\"b",c` + "\n", all, csv(types.CSVInput{QuoteEscapeCharacter: p(`\`)}), toCSV, `"a""b",c` + "\n"},
		"quoted records":             {"\"a\nb\",c\nd,e\n", "SELECT _2 FROM S3Object", csv(types.CSVInput{AllowQuotedRecordDelimiter: aws.Bool(true)}), toCSV, "c\ne\n"},
		"quoted records by default":  {"\"a\nb\",c\nd,e\n", all, plainCSV, toCSV, "CSVEscapingRecordDelimiter"},
		"a quote that is not closed": {"\"a,b", all, plainCSV, toCSV, "CSVUnescapedQuote"},
		"a quote within":             {"\"a\"b,c\n", all, plainCSV, toCSV, "CSVUnescapedQuote"},
		"a short record":             {"a,b\nc\n", "SELECT _2 FROM S3Object", plainCSV, toJSON, "{\"_2\":\"b\"}\n{}\n"},
		"always quoted":              {"a,b\n", all, plainCSV, written(types.CSVOutput{QuoteFields: types.QuoteFieldsAlways, QuoteCharacter: p("'"), FieldDelimiter: p("\t"), RecordDelimiter: p(";")}), "'a'\t'b';"},
		"GZIP":                       {gzipped(t, "a,b\nc,d\n"), all, &types.InputSerialization{CSV: &types.CSVInput{}, CompressionType: types.CompressionTypeGzip}, toCSV, "a,b\nc,d\n"},
		"BZIP2":                      {unbase64(t, bzipped), all, &types.InputSerialization{CSV: &types.CSVInput{}, CompressionType: types.CompressionTypeBzip2}, toCSV, "a,b\nc,d\n"},
		"no GZIP":                    {"a,b\nc,d\n", all, &types.InputSerialization{CSV: &types.CSVInput{}, CompressionType: types.CompressionTypeGzip}, toCSV, "InvalidCompressionFormat"},
		"no BZIP2":                   {"a,b\nc,d\n", all, &types.InputSerialization{CSV: &types.CSVInput{}, CompressionType: types.CompressionTypeBzip2}, toCSV, "InvalidCompressionFormat"},
		"half of GZIP":               {gzipped(t, "a,b\nc,d\n")[:20], all, &types.InputSerialization{CSV: &types.CSVInput{}, CompressionType: types.CompressionTypeGzip}, toCSV, "TruncatedInput"},
		"GZIP as text":               {gzipped(t, "a,b\nc,d\n"), all, plainCSV, toCSV, "InvalidTextEncoding"},
		"an empty object":            {"", all, namedCSV, toCSV, ""},
		"a mark of Unicode":          {"\uFEFFa,b\n1,2\n", "SELECT a FROM S3Object", namedCSV, toCSV, "1\n"},
		"Latin 1":                    {"a\n\xe9\n", all, plainCSV, toCSV, "InvalidTextEncoding"},
		"a record that is too long":  {strings.Repeat("a", 1<<20+1), all, plainCSV, toCSV, "OverMaxRecordSize"},
		"the longest record":         {strings.Repeat("a", 1<<20-1), "SELECT CHAR_LENGTH(_1) FROM S3Object", plainCSV, toCSV, "1048575\n"},
		"too many columns":           {strings.Repeat(",", 10_000), all, plainCSV, toCSV, "OverMaxColumn"},
		"JSON as it is":              {nested, all, document, toJSON, nested + "\n"},
		"spaces of JSON":             {"{ \"a\" :\n[ 1 , {} ] , \"\\u0062\":\"\\u00e9\\ud83d\\ude00\\/\\\"\" }", all, document, toJSON, `{"a":[1,{}],"b":"é😀/\""}` + "\n"},
		"lines":                      {"{\"a\":1}\n{\"a\":2}\n", "SELECT s.a FROM S3Object s", jsonLines, toJSON, "{\"a\":1}\n{\"a\":2}\n"},
		"lines to CSV":               {"{\"a\":1,\"b\":null}\n{\"a\":\"x,y\"}\n", "SELECT s.a, s.b FROM S3Object s", jsonLines, toCSV, "1,\n\"x,y\",\n"},
		"a delimiter of JSON":        {"{\"a\":1}\n{\"a\":2}\n", all, jsonLines, &types.OutputSerialization{JSON: &types.JSONOutput{RecordDelimiter: p(",")}}, "{\"a\":1},{\"a\":2},"},
		"Lines":                      {"{\"a\":1}", all, &types.InputSerialization{JSON: &types.JSONInput{Type: "Lines"}}, toCSV, "1\n"},
		"nested to CSV":              {nested, all, document, toCSV, "UnrecognizedFormatException"},
		"a path":                     {nested, "SELECT * FROM S3Object[*].a.b[*]", document, toJSON, "{\"c\":1}\n{\"c\":\"é\\n\"}\n"},
		"a path by names":            {nested, "SELECT s.c FROM S3Object[*]['a'].b[1] s", document, toJSON, "{\"c\":\"é\\n\"}\n"},
		"a path with .*":             {nested, "SELECT _1 FROM S3Object[*].* WHERE _1 IS NOT NULL", document, toJSON, `{"_1":{"b":[{"c":1},{"c":"é\n"}]}}` + "\n{\"_1\":1.50}\n{\"_1\":true}\n"},
		"an array":                   {`[{"a":1},{"a":2}]`, all, document, toJSON, `{"_1":[{"a":1},{"a":2}]}` + "\n"},
		"items of an array":          {`[{"a":1},{"a":2}]`, "SELECT s.a FROM S3Object[*][*] s", document, toJSON, "{\"a\":1}\n{\"a\":2}\n"},
		"names in any case":          {`{"Name":"x"}`, "SELECT s.name, s.\"name\" FROM S3Object s", document, toJSON, "{\"name\":\"x\"}\n"},
		"names in two cases":         {`{"Name":"x","name":"y"}`, "SELECT s.name FROM S3Object s", document, toJSON, "AmbiguousFieldName"},
		"no JSON":                    {"{\"a\":1}\n{a:1}\n", all, jsonLines, toJSON, "JSONParsingError"},
		"half of JSON":               {"{\"a\":[1,", all, document, toJSON, "JSONParsingError"},
		"deep JSON":                  {strings.Repeat("[", 100_000), all, document, toJSON, "JSONParsingError"},
		"a document of many records": {"{\"r\":[" + strings.Repeat(`{"a":"xxxxxxxxxxxxxxxx"},`, 60_000) + "{}]}", "SELECT COUNT(s.a) FROM S3Object[*].r[*] s", document, toCSV, "60000\n"},
		// The examples of the User Guide, "SELECT command".
		"rules": {"{ \"Rules\": [ {\"id\": \"1\"}, {\"expr\": \"y > x\"}, {\"id\": \"2\", \"expr\": \"z = DEBUG\"} ]}\n{ \"created\": \"June 27\", \"modified\": \"July 6\" }",
			"SELECT id FROM S3Object[*].Rules[*].id", document, toJSON, "{\"id\":\"1\"}\n{}\n{\"id\":\"2\"}\n{}\n"},
		"rules that are not missing": {"{ \"Rules\": [ {\"id\": \"1\"}, {\"expr\": \"y > x\"}, {\"id\": \"2\", \"expr\": \"z = DEBUG\"} ]}\n{ \"created\": \"June 27\", \"modified\": \"July 6\" }",
			"SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING", document, toJSON, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n"},
		"directories": {`{"dir_name":"a","files":[{"name":"."}],"owner":"AWS S3"}`, "SELECT _1.dir_name, _1.owner FROM S3Object[*]", document, toJSON, `{"dir_name":"a","owner":"AWS S3"}` + "\n"},
		"projects":    {`{"name":"Susan Smith","projects":[{"project_name":"project1","completed":false}]}`, "Select s.projects[0].project_name from S3Object s", document, toJSON, `{"project_name":"project1"}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := strings.ReplaceAll(name, " ", "-")
			a.put("bucket", key, test.object)
			got, err := choose(t.Context(), a.root, selection(key, test.expression, test.in, test.out))
			if err != nil {
				requireAPIError(t, err, test.want, "")
				return
			}
			assert.Equal(t, test.want, got.text)
			assert.Equal(t, int64(len(test.object)), *got.stats.BytesScanned)
		})
	}
}

func unbase64(t *testing.T, text string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	require.NoError(t, err)
	return string(b)
}

func TestSelectScanRange(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	const letters = "A,B\nC,D\nD,E\nE,F\nG,H\nI,J\n"
	a.put("bucket", "csv", letters)
	a.put("bucket", "json", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")
	at := aws.Int64
	for name, test := range map[string]struct {
		key   string
		in    *types.InputSerialization
		scan  types.ScanRange
		want  string
		bytes int64
	}{
		"of the User Guide":   {"csv", plainCSV, types.ScanRange{Start: at(1), End: at(4)}, "C,D\n", 7},
		"all":                 {"csv", plainCSV, types.ScanRange{Start: at(0)}, letters, 24},
		"from a record on":    {"csv", plainCSV, types.ScanRange{Start: at(16)}, "G,H\nI,J\n", 8},
		"within a record":     {"csv", plainCSV, types.ScanRange{Start: at(5), End: at(6)}, "", 3},
		"the last bytes":      {"csv", plainCSV, types.ScanRange{End: at(5)}, "I,J\n", 5},
		"a header":            {"csv", namedCSV, types.ScanRange{Start: at(16)}, "G,H\nI,J\n", 8},
		"a header in it":      {"csv", namedCSV, types.ScanRange{Start: at(0), End: at(7)}, "C,D\n", 8},
		"lines":               {"json", jsonLines, types.ScanRange{Start: at(1), End: at(8)}, "2\n", 15},
		"an end before start": {"csv", plainCSV, types.ScanRange{Start: at(5), End: at(4)}, "InvalidScanRange", 0},
		"nothing":             {"csv", plainCSV, types.ScanRange{}, "InvalidScanRange", 0},
		"behind the end":      {"csv", plainCSV, types.ScanRange{Start: at(24)}, "InvalidScanRange", 0},
		"a document":          {"json", document, types.ScanRange{Start: at(1)}, "UnsupportedScanRangeInput", 0},
		"GZIP":                {"csv", &types.InputSerialization{CSV: &types.CSVInput{}, CompressionType: types.CompressionTypeGzip}, types.ScanRange{Start: at(1)}, "UnsupportedScanRangeInput", 0},
		"quoted records":      {"csv", &types.InputSerialization{CSV: &types.CSVInput{AllowQuotedRecordDelimiter: aws.Bool(true)}}, types.ScanRange{Start: at(1)}, "UnsupportedScanRangeInput", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := selection(test.key, "SELECT * FROM S3Object", test.in, toCSV)
			in.ScanRange = &test.scan
			got, err := choose(ctx, a.root, in)
			if err != nil {
				requireAPIError(t, err, test.want, "")
				return
			}
			assert.Equal(t, test.want, got.text)
			assert.Equal(t, test.bytes, *got.stats.BytesScanned)
		})
	}
}

// The records of ranges side by side are those of the object.
func TestSelectRangesAreTheWhole(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "%d,%s\n", i, strings.Repeat("x", i%37))
	}
	a.put("bucket", "csv", b.String())
	for _, size := range []int64{1000, 61, 7} {
		var text string
		for start := int64(0); start < int64(b.Len()); start += size {
			in := selection("csv", "SELECT * FROM S3Object", plainCSV, toCSV)
			in.ScanRange = &types.ScanRange{Start: &start, End: aws.Int64(start + size - 1)}
			got, err := choose(t.Context(), a.root, in)
			require.NoError(t, err)
			text += got.text
		}
		assert.Equal(t, b.String(), text, "in ranges of %d bytes", size)
	}
}

// What a request cannot be is said before the policies are asked, and what S3 Select does
// not read when they have allowed it.
func TestSelectRefusals(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	a.put("bucket", "key", "a\n")
	for _, class := range []types.StorageClass{"GLACIER", "REDUCED_REDUNDANCY", "STANDARD_IA"} {
		_, err := a.root.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String(string(class)), StorageClass: class, Body: strings.NewReader("a\n")})
		require.NoError(t, err)
	}
	for code, change := range map[string]func(*awss3.SelectObjectContentInput){
		"MissingRequiredParameter": func(in *awss3.SelectObjectContentInput) { in.OutputSerialization = &types.OutputSerialization{} },
		"ExpressionTooLong":        func(in *awss3.SelectObjectContentInput) { *in.Expression += strings.Repeat(" ", 256<<10) },
		"InvalidExpressionType":    func(in *awss3.SelectObjectContentInput) { in.ExpressionType = "JSONPath" },
		"InvalidDataSource":        func(in *awss3.SelectObjectContentInput) { in.InputSerialization = &types.InputSerialization{} },
		"ObjectSerializationConflict": func(in *awss3.SelectObjectContentInput) {
			in.InputSerialization = &types.InputSerialization{CSV: &types.CSVInput{}, JSON: &types.JSONInput{Type: types.JSONTypeLines}}
		},
		"NotImplemented": func(in *awss3.SelectObjectContentInput) {
			in.InputSerialization = &types.InputSerialization{Parquet: &types.ParquetInput{}}
		},
		"InvalidCompressionFormat": func(in *awss3.SelectObjectContentInput) {
			in.InputSerialization = &types.InputSerialization{CSV: &types.CSVInput{}, CompressionType: "LZ4"}
		},
		"InvalidJsonType": func(in *awss3.SelectObjectContentInput) {
			in.InputSerialization = &types.InputSerialization{JSON: &types.JSONInput{}}
		},
		"InvalidFileHeaderInfo": func(in *awss3.SelectObjectContentInput) {
			in.InputSerialization = &types.InputSerialization{CSV: &types.CSVInput{FileHeaderInfo: "SOME"}}
		},
		"InvalidQuoteFields": func(in *awss3.SelectObjectContentInput) {
			in.OutputSerialization = &types.OutputSerialization{CSV: &types.CSVOutput{QuoteFields: "SOME"}}
		},
		"InvalidRequestParameter": func(in *awss3.SelectObjectContentInput) {
			in.InputSerialization = &types.InputSerialization{CSV: &types.CSVInput{QuoteCharacter: aws.String(",")}}
		},
		"InvalidEncryptionAlgorithmError": func(in *awss3.SelectObjectContentInput) { in.SSECustomerAlgorithm = aws.String("AES128") },
		"NoSuchKey":                       func(in *awss3.SelectObjectContentInput) { in.Key = aws.String("none") },
		"NoSuchBucket":                    func(in *awss3.SelectObjectContentInput) { in.Bucket = aws.String("no-bucket") },
		"InvalidObjectState":              func(in *awss3.SelectObjectContentInput) { in.Key = aws.String("GLACIER") },
		"UnsupportedStorageClass":         func(in *awss3.SelectObjectContentInput) { in.Key = aws.String("REDUCED_REDUNDANCY") },
		"":                                func(in *awss3.SelectObjectContentInput) { in.Key = aws.String("STANDARD_IA") },
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			in := selection("key", "SELECT * FROM S3Object", plainCSV, toCSV)
			change(in)
			_, err := choose(ctx, a.root, in)
			if code == "" {
				require.NoError(t, err)
				return
			}
			requireAPIError(t, err, code, "")
		})
	}
}

// A copy that is restored is of its class all the same.
func TestSelectRestored(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	in := &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("GLACIER"), StorageClass: "GLACIER", Body: strings.NewReader("a\n")}
	_, err := a.root.PutObject(ctx, in)
	require.NoError(t, err)
	_, err = a.root.RestoreObject(ctx, &awss3.RestoreObjectInput{Bucket: aws.String("bucket"), Key: aws.String("GLACIER"), RestoreRequest: &types.RestoreRequest{Days: aws.Int32(3)}})
	require.NoError(t, err)
	a.world.Clock().Advance(6 * time.Hour)
	_, err = choose(ctx, a.root, selection("GLACIER", "SELECT * FROM S3Object", plainCSV, toCSV))
	requireAPIError(t, err, "UnsupportedStorageClass", "")
}

// It takes s3:GetObject to select, kms:Decrypt for what is encrypted with a KMS key, and
// the key itself for SSE-C; and a caller whom AWS knows.
func TestSelectPermissions(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	a.put("bucket", "key", "a\n")
	all := selection("key", "SELECT * FROM S3Object", plainCSV, toCSV)
	denied := func(client *awss3.Client, in *awss3.SelectObjectContentInput, action string) {
		t.Helper()
		_, err := choose(ctx, client, in)
		requireAPIError(t, err, "AccessDenied", "")
		assert.Contains(t, err.Error(), action)
	}
	for _, statement := range []string{`{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}`, `{"Effect":"Allow","Action":["s3:PutObject","s3:ListBucket","s3:GetObjectVersion"],"Resource":"*"}`} {
		a.allow(statement)
		denied(a.user, all, "s3:GetObject")
	}
	a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}`)
	got, err := choose(ctx, a.user, all)
	require.NoError(t, err)
	assert.Equal(t, "a\n", got.text)
	denied(a.user, selection("none", "SELECT * FROM S3Object", plainCSV, toCSV), "s3:ListBucket")

	_, err = a.root.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("kms"), Body: strings.NewReader("a\n"), ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(kmsKey(t, a.world).ARN)})
	require.NoError(t, err)
	secret := selection("kms", "SELECT * FROM S3Object", plainCSV, toCSV)
	denied(a.user, secret, "kms:Decrypt")
	a.allow(`{"Effect":"Allow","Action":["s3:GetObject","kms:Decrypt"],"Resource":"*"}`)
	_, err = choose(ctx, a.user, secret)
	require.NoError(t, err)

	// Nobody selects anonymously, not even what everybody may read.
	_, err = choose(ctx, a.anonymous(), all)
	requireAPIError(t, err, "AccessDenied", "Access Denied")
	_, err = a.root.DeletePublicAccessBlock(ctx, &awss3.DeletePublicAccessBlockInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}})
	require.NoError(t, err)
	_, err = a.root.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: aws.String(string(policy))})
	require.NoError(t, err)
	_, err = choose(ctx, a.anonymous(), all)
	requireAPIError(t, err, "UnauthorizedAccess", "You are not authorized to perform this operation.")
}

// A client that stops reading ends the work.
func TestSelectLeaving(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		a.put("bucket", "key", strings.Repeat("some text\n", 1<<20))
		out, err := a.root.SelectObjectContent(t.Context(), selection("key", "SELECT * FROM S3Object", plainCSV, toCSV))
		require.NoError(t, err)
		first := <-out.GetStream().Events()
		assert.IsType(t, new(types.SelectObjectContentEventStreamMemberRecords), first)
		require.NoError(t, out.GetStream().Close())

		ctx, cancel := context.WithCancel(t.Context())
		out, err = a.root.SelectObjectContent(ctx, selection("key", "SELECT * FROM S3Object", plainCSV, toCSV))
		require.NoError(t, err)
		<-out.GetStream().Events()
		cancel()
		events := 0
		for range out.GetStream().Events() {
			events++
		}
		assert.Less(t, events, 160, "not all of it came")
		assert.Error(t, out.GetStream().Err())
	})
}

// What is read through an access point takes the permission on both.
func TestSelectThroughAccessPoint(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	a.put("bucket", "key", "a\n")
	control := a.control(a.root)
	_, err := control.CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: aws.String(owner), Bucket: aws.String("bucket"), Name: aws.String("point")})
	require.NoError(t, err)
	in := selection("key", "SELECT * FROM S3Object", plainCSV, toCSV)
	in.Bucket = aws.String("arn:aws:s3:us-east-1:" + owner + ":accesspoint/point")
	a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}`)
	_, err = choose(ctx, a.user, in)
	requireAPIError(t, err, "AccessDenied", "")
	a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::bucket/*","arn:aws:s3:us-east-1:` + owner + `:accesspoint/point/object/*"]}`)
	got, err := choose(ctx, a.user, in)
	require.NoError(t, err)
	assert.Equal(t, "a\n", got.text)
}
