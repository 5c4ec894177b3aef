package s3

import (
	"cmp"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/records"
	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/selectsql"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// objectSelectOps are the rows of Amazon S3 Select.
func (s *Fake) objectSelectOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s, s.selectObjectContent)}
}

// errNotAuthorized is the answer to an anonymous caller, whom S3 Select does not serve (API
// Reference, "SelectObjectContent"). That it is this error of its list, and that it comes
// when the policies have allowed the call, is unverified.
var errNotAuthorized = s3Error{"UnauthorizedAccess", 401, "You are not authorized to perform this operation."}

// selectObjectContent answers what an SQL expression selects of an object, as events.
// What is read is the current version: a request cannot name another.
func (s *Fake) selectObjectContent(call *fakeaws.Call, in *awss3.SelectObjectContentInput) (*fakeaws.Plan[*awss3.SelectObjectContentOutput], error) {
	get := &awss3.GetObjectInput{
		Bucket: in.Bucket, Key: in.Key, ExpectedBucketOwner: in.ExpectedBucketOwner,
		SSECustomerAlgorithm: in.SSECustomerAlgorithm, SSECustomerKey: in.SSECustomerKey, SSECustomerKeyMD5: in.SSECustomerKeyMD5,
	}
	ref := refOfGet(get)
	if err := ref.check(); err != nil {
		return nil, err
	}
	if err := keyOf(get).checkRead(); err != nil {
		return nil, err
	}
	chosen, err := newSelection(call, in)
	if err != nil {
		return nil, selectError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.findBucket(call, ref.bucketRef)
	if err != nil {
		return nil, err
	}
	o, needs := s.readNeeds(call, b, ref)
	kms, kmsErr := s.readKMS(call, b, o)
	r := &reading{object: o, fake: s, call: call, in: get, method: "GET", bucket: b, kmsErr: kmsErr}
	return &fakeaws.Plan[*awss3.SelectObjectContentOutput]{Needs: append(needs, kms...), Do: func() (*awss3.SelectObjectContentOutput, error) {
		if err := r.admitSelect(); err != nil {
			return nil, err
		}
		events, err := newSelectEvents(call, chosen, r.object)
		if err != nil {
			return nil, selectError(err)
		}
		out := new(awss3.SelectObjectContentOutput)
		wire.SetEvents(&out.ResultMetadata, events)
		return out, nil
	}}, nil
}

// admitSelect decides whether a read that is allowed can be one of S3 Select, which does
// not read all storage classes (API Reference, "SelectObjectContent"). That an archived
// object is answered as by GetObject, and not with the error of its class, is unverified.
func (r *reading) admitSelect() error {
	if r.call.Anonymous() {
		return errNotAuthorized.of()
	}
	if err := r.decide(); err != nil {
		return err
	}
	if r.archived(r.at) {
		return errInvalidObjectState.of("StorageClass", string(r.storageClass))
	}
	switch r.storageClass {
	case types.StorageClassGlacier, types.StorageClassDeepArchive, types.StorageClassReducedRedundancy:
		return selectError(selectsql.Fail("UnsupportedStorageClass"))
	}
	return nil
}

// selectError is an error of S3 Select as S3 answers it.
func selectError(err error) error {
	var failed *selectsql.Error
	if !errors.As(err, &failed) {
		return err
	}
	return s3Error{failed.Code, failed.Status, failed.Message}.of()
}

// A selection is what a request selects, and in which forms it reads and writes.
type selection struct {
	query       *selectsql.Query
	compression records.Compression
	csv         *records.CSV // nil for JSON
	header      types.FileHeaderInfo
	lines       bool
	scan        *types.ScanRange
	writer      records.Writer
	progress    bool
}

// newSelection reads a request. Its order of checks is unverified.
func newSelection(call *fakeaws.Call, in *awss3.SelectObjectContentInput) (c *selection, err error) {
	switch {
	case call.Header("Range") != "":
		return nil, selectsql.Fail("UnsupportedRangeHeader")
	case aws.ToString(in.Expression) == "", in.ExpressionType == "", in.InputSerialization == nil, in.OutputSerialization == nil:
		return nil, selectsql.Fail("MissingRequiredParameter")
	case len(*in.Expression) > selectsql.MaxExpression:
		return nil, selectsql.Fail("ExpressionTooLong")
	case !strings.EqualFold(string(in.ExpressionType), string(types.ExpressionTypeSql)):
		return nil, selectsql.Fail("InvalidExpressionType")
	}
	c = &selection{scan: in.ScanRange, progress: in.RequestProgress != nil && aws.ToBool(in.RequestProgress.Enabled)}
	if err := c.readInput(in.InputSerialization); err != nil {
		return nil, err
	}
	if c.writer, err = writerOf(in.OutputSerialization); err != nil {
		return nil, err
	}
	if c.scan != nil && !c.scannable() {
		return nil, selectsql.Fail("UnsupportedScanRangeInput")
	}
	c.query, err = selectsql.Parse(*in.Expression)
	return c, err
}

// scannable reports whether ranges of the object can be read: of CSV without quoted record
// delimiters and of lines of JSON, uncompressed (User Guide, "Requests using scan ranges").
func (c *selection) scannable() bool {
	return c.compression == records.None && (c.lines || c.csv != nil && !c.csv.QuotedRecords)
}

// one reads an enumeration in any case: older SDKs wrote "Lines".
func one[E ~string](value E) E { return E(strings.ToUpper(string(value))) }

func (c *selection) readInput(in *types.InputSerialization) (err error) {
	c.compression = records.Compression(cmp.Or(one(in.CompressionType), types.CompressionTypeNone))
	if !known(types.CompressionType(c.compression)) {
		return selectsql.Fail("InvalidCompressionFormat")
	}
	formats := 0
	for _, sent := range []bool{in.CSV != nil, in.JSON != nil, in.Parquet != nil} {
		if sent {
			formats++
		}
	}
	switch {
	case formats > 1:
		return selectsql.Fail("ObjectSerializationConflict")
	case formats == 0:
		return selectsql.Fail("InvalidDataSource") // that it is this error is unverified
	case in.Parquet != nil:
		return notImplemented("Parquet")
	case in.CSV != nil:
		return c.readCSV(in.CSV)
	}
	switch one(in.JSON.Type) {
	case types.JSONTypeLines:
		c.lines = true
	case types.JSONTypeDocument:
	default:
		return selectsql.Fail("InvalidJsonType")
	}
	return nil
}

func (c *selection) readCSV(in *types.CSVInput) error {
	if c.header = cmp.Or(one(in.FileHeaderInfo), types.FileHeaderInfoNone); !known(c.header) {
		return selectsql.Fail("InvalidFileHeaderInfo")
	}
	c.csv = &records.CSV{
		Field: text(in.FieldDelimiter, ","), Record: text(in.RecordDelimiter, ""),
		Quote: text(in.QuoteCharacter, `"`), Escape: text(in.QuoteEscapeCharacter, `"`),
		Comment: text(in.Comments, "#"), QuotedRecords: aws.ToBool(in.AllowQuotedRecordDelimiter),
	}
	return checkFormat(c.csv.Field, cmp.Or(c.csv.Record, "\n"), c.csv.Quote, c.csv.Escape, c.csv.Comment)
}

// text is a parameter, or what it is by default: also one that is empty, which is
// unverified.
func text(value *string, byDefault string) string { return cmp.Or(aws.ToString(value), byDefault) }

// maxDelimiter is how many bytes a delimiter has at most. AWS calls it "a single character"
// and "an arbitrary delimiter"; its limit is unverified.
const maxDelimiter = 16

// checkFormat refuses delimiters that cannot be told apart, and marks that are no single
// character. The error is unverified.
func checkFormat(field, record, quote string, single ...string) error {
	ok := len(field) <= maxDelimiter && len(record) <= maxDelimiter && field != record && quote != field && quote != record
	for _, mark := range append(single, quote) {
		ok = ok && utf8.RuneCountInString(mark) == 1
	}
	if !ok {
		return selectsql.Fail("InvalidRequestParameter")
	}
	return nil
}

// writerOf reads how the result is written.
func writerOf(out *types.OutputSerialization) (records.Writer, error) {
	switch {
	case out.CSV != nil && out.JSON != nil:
		return nil, selectsql.Fail("ObjectSerializationConflict")
	case out.JSON != nil:
		w := &records.JSONWriter{Record: text(out.JSON.RecordDelimiter, "\n")}
		if len(w.Record) > maxDelimiter {
			return nil, selectsql.Fail("InvalidRequestParameter")
		}
		return w, nil
	case out.CSV == nil:
		return nil, selectsql.Fail("MissingRequiredParameter")
	}
	fields := cmp.Or(one(out.CSV.QuoteFields), types.QuoteFieldsAsneeded)
	if !known(fields) {
		return nil, selectsql.Fail("InvalidQuoteFields")
	}
	w := &records.CSVWriter{
		Field: text(out.CSV.FieldDelimiter, ","), Record: text(out.CSV.RecordDelimiter, "\n"),
		Quote: text(out.CSV.QuoteCharacter, `"`), Escape: text(out.CSV.QuoteEscapeCharacter, `"`),
		Always: fields == types.QuoteFieldsAlways,
	}
	return w, checkFormat(w.Field, w.Record, w.Quote, w.Escape)
}
