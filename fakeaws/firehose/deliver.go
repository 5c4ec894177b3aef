package firehose

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// work is one attempt of a delivery. What it changes of the delivery, it changes under the
// lock.
type work struct {
	*Fake
	ctx         context.Context
	stream      *stream
	delivery    *delivery
	id          streamID
	version     int
	destination types.ExtendedS3DestinationDescription
	sourceARN   string
}

// processingFailed is the error output type of records whose transformation failed.
const processingFailed = "processing-failed"

// run backs the records up, has them transformed, and puts what failed and the rest into the
// bucket. What is done is not done again when a later step fails.
func (w *work) run() error {
	d, to := w.delivery, &w.destination
	oldest := d.records
	if b := to.S3BackupDescription; to.S3BackupMode == types.S3BackupModeEnabled && !d.backedUp {
		target := object{b.BucketARN, b.RoleARN, b.CompressionFormat, b.EncryptionConfiguration, nil}
		key, err := w.keyOf(aws.ToString(b.Prefix), "", "", d.records[0].arrived)
		if err == nil {
			err = w.put(&target, key, d.records[0].arrived, join(d.records, ""))
		}
		if err != nil {
			return err
		}
		w.change(func() { d.backedUp = true })
	}
	if p := lambdaOf(to); p != nil && !d.transformed {
		records, failed, err := w.transform(p, d.records)
		if err != nil {
			return err
		}
		w.change(func() { d.records, d.failed, d.transformed = records, failed, true })
	}
	target := object{to.BucketARN, to.RoleARN, to.CompressionFormat, to.EncryptionConfiguration, to.FileExtension}
	at := oldest[0].arrived
	prefix, errorPrefix := aws.ToString(to.Prefix), aws.ToString(to.ErrorOutputPrefix)
	if len(d.failed) > 0 {
		key, err := w.keyOf(prefix, errorPrefix, processingFailed, at)
		if err == nil {
			err = w.put(&target, key, at, failedDocument(d.failed))
		}
		if err != nil {
			return err
		}
		w.change(func() { d.failed = nil })
	}
	if len(d.records) == 0 {
		return nil
	}
	key, err := w.keyOf(prefix, errorPrefix, "", at)
	if err != nil {
		return err
	}
	return w.put(&target, key, at, join(d.records, delimiter(to)))
}

// change changes the delivery, unless the stream is gone.
func (w *work) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

// join puts the data of records one after the other, which is all that Firehose does.
func join(records []*record, delimiter string) []byte {
	var b bytes.Buffer
	for _, r := range records {
		b.Write(r.data)
		b.WriteString(delimiter)
	}
	return b.Bytes()
}

// delimiter is what a processor puts behind each record.
func delimiter(d *types.ExtendedS3DestinationDescription) string {
	for _, p := range processors(d) {
		if p.Type == types.ProcessorTypeAppendDelimiterToRecord {
			text := parameter(&p, types.ProcessorParameterNameDelimiter)
			return strings.ReplaceAll(text, `\n`, "\n")
		}
	}
	return ""
}

// An object is where an object goes, and how.
type object struct {
	bucketARN, roleARN *string
	compression        types.CompressionFormat
	encryption         *types.EncryptionConfiguration
	extension          *string
}

// put puts an object into a bucket as the role of the destination.
func (w *work) put(to *object, prefix string, at time.Time, body []byte) error {
	session, err := w.assume(w.ctx, w.id, *to.roleARN)
	if err != nil {
		return err
	}
	extension := aws.ToString(to.extension)
	if to.compression == types.CompressionFormatGzip {
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		if _, err := z.Write(body); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		body = zipped.Bytes()
		if extension == "" {
			extension = ".gz"
		}
	}
	bucket := (*to.bucketARN)[strings.LastIndexByte(*to.bucketARN, ':')+1:]
	in := &s3.PutObjectInput{
		Bucket: &bucket, Key: aws.String(prefix + suffix(w.world, w.id, w.version, extension, at)), Body: bytes.NewReader(body),
		ContentLength: aws.Int64(int64(len(body))), ContentType: aws.String("application/octet-stream"),
	}
	if e := to.encryption; e != nil && e.KMSEncryptionConfig != nil {
		in.ServerSideEncryption, in.SSEKMSKeyId = s3types.ServerSideEncryptionAwsKms, e.KMSEncryptionConfig.AWSKMSKeyARN
	}
	_, err = fakeaws.Do[s3.PutObjectOutput](w.ctx, w.world, session.Actor, in)
	return err
}

// A failure is a record whose transformation failed.
type failure struct {
	record        *record
	code, message string
	attempts      int
	ended         time.Time
	function      string
}

// failedDocument is what Firehose writes of records whose transformation failed: a JSON
// document in each line ("Handle failure in data transformation").
func failedDocument(failed []failure) []byte {
	var b bytes.Buffer
	for _, f := range failed {
		line, err := json.Marshal(struct {
			AttemptsMade           int    `json:"attemptsMade"`
			ArrivalTimestamp       int64  `json:"arrivalTimestamp"`
			ErrorCode              string `json:"errorCode"`
			ErrorMessage           string `json:"errorMessage"`
			AttemptEndingTimestamp int64  `json:"attemptEndingTimestamp"`
			RawData                string `json:"rawData"`
			LambdaArn              string `json:"lambdaArn"`
		}{f.attempts, f.record.arrived.UnixMilli(), f.code, f.message, f.ended.UnixMilli(), base64.StdEncoding.EncodeToString(f.record.data), f.function})
		if err != nil {
			panic("firehose: " + err.Error()) // it has texts and numbers
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes()
}
