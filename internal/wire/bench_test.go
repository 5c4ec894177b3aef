package wire

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func BenchmarkReadSchema(b *testing.B) {
	for _, name := range []string{"sts", "sqs", "iam", "s3"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := readService(name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// exchange measures a request from Match to the answer.
func benchmark[I any](b *testing.B, service string, r *Request, out any) {
	b.Helper()
	s, _ := Load(service)
	b.ReportAllocs()
	for b.Loop() {
		req := *r
		o, p, err := s.Match(&req)
		if err != nil {
			b.Fatal(err)
		}
		in := new(I)
		if err := o.Decode(p, &req, in); err != nil {
			b.Fatal(err)
		}
		if _, err := o.Encode(p, out, "01234567-89ab-cdef-0123-456789abcdef"); err != nil {
			b.Fatal(err)
		}
	}
}

const benchQueue = "https://sqs.us-east-1.amazonaws.com/123456789012/MyQueue"

func BenchmarkSendMessage(b *testing.B) {
	out := &sqs.SendMessageOutput{MD5OfMessageBody: ptr("fafb00f5732ab283681e124bf8747ed1"), MessageId: ptr("01234567-89ab-cdef-0123-456789abcdef")}
	b.Run("JSON", func(b *testing.B) {
		benchmark[sqs.SendMessageInput](b, "sqs", jsonRequest("AmazonSQS.SendMessage", `{"MessageBody":"This is a test message","QueueUrl":"`+benchQueue+`"}`), out)
	})
	b.Run("Query", func(b *testing.B) {
		benchmark[sqs.SendMessageInput](b, "sqs", formRequest("/", "Action=SendMessage&MessageBody=This+is+a+test+message&QueueUrl="+strings.ReplaceAll(benchQueue, ":", "%3A")+"&Version=2012-11-05"), out)
	})
	b.Run("attributes", func(b *testing.B) {
		benchmark[sqs.SendMessageInput](b, "sqs", jsonRequest("AmazonSQS.SendMessage", `{"MessageBody":"m","QueueUrl":"`+benchQueue+`","MessageAttributes":{"a":{"DataType":"String","StringValue":"x"},"b":{"DataType":"Number","StringValue":"1"}}}`), out)
	})
}

func BenchmarkGetCallerIdentity(b *testing.B) {
	out := &sts.GetCallerIdentityOutput{Arn: ptr("arn:aws:iam::123456789012:user/Alice"), UserId: ptr("AIDACKCEVSQ6C2EXAMPLE"), Account: ptr("123456789012")}
	benchmark[sts.GetCallerIdentityInput](b, "sts", formRequest("/", "Action=GetCallerIdentity&Version=2011-06-15"), out)
}

func BenchmarkEncodeGetCallerIdentity(b *testing.B) {
	s, _ := Load("sts")
	out := &sts.GetCallerIdentityOutput{Arn: ptr("arn:aws:iam::123456789012:user/Alice"), UserId: ptr("AIDACKCEVSQ6C2EXAMPLE"), Account: ptr("123456789012")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Operation("GetCallerIdentity").Encode(AWSQuery, out, "01234567-89ab-cdef-0123-456789abcdef"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateRole(b *testing.B) {
	benchmark[iam.CreateRoleInput](b, "iam", formRequest("/", "Action=CreateRole&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%7D&Path=%2F&RoleName=worker&Tags.member.1.Key=team&Tags.member.1.Value=blue&Version=2010-05-08"), &iam.CreateRoleOutput{})
}

func BenchmarkObjects(b *testing.B) {
	header := http.Header{
		"Content-Type": {"application/octet-stream"}, "User-Agent": {"aws-sdk-go-v2"}, "X-Amz-Date": {"20260101T000000Z"},
		"X-Amz-Checksum-Crc32": {"AAAAAA=="}, "X-Amz-Sdk-Checksum-Algorithm": {"CRC32"}, "Authorization": {"AWS4-HMAC-SHA256 …"},
	}
	b.Run("Put", func(b *testing.B) {
		r := &Request{Method: "PUT", Path: "/key", Bucket: "bucket", RawQuery: "x-id=PutObject", Header: header, ContentLength: 1024, Stream: strings.NewReader("")}
		benchmark[s3.PutObjectInput](b, "s3", r, &s3.PutObjectOutput{ETag: ptr(`"fafb00f5732ab283681e124bf8747ed1"`), ChecksumCRC32: ptr("AAAAAA==")})
	})
	b.Run("Get", func(b *testing.B) {
		r := &Request{Method: "GET", Path: "/key", Bucket: "bucket", RawQuery: "x-id=GetObject", Header: header}
		benchmark[s3.GetObjectInput](b, "s3", r, &s3.GetObjectOutput{
			ETag: ptr(`"fafb00f5732ab283681e124bf8747ed1"`), ContentLength: aws.Int64(1024), ContentType: ptr("text/plain"),
			LastModified: &instant, Body: io.NopCloser(strings.NewReader("")), AcceptRanges: ptr("bytes"),
		})
	})
	b.Run("List1000", func(b *testing.B) {
		out := &s3.ListObjectsV2Output{Name: ptr("bucket"), KeyCount: aws.Int32(1000), MaxKeys: aws.Int32(1000), IsTruncated: aws.Bool(false)}
		for range 1000 {
			out.Contents = append(out.Contents, s3types.Object{Key: ptr("prefix/key-0001"), Size: aws.Int64(1), ETag: ptr(`"fafb00f5732ab283681e124bf8747ed1"`), LastModified: &instant, StorageClass: "STANDARD"})
		}
		benchmark[s3.ListObjectsV2Input](b, "s3", &Request{Method: "GET", Path: "/", Bucket: "bucket", RawQuery: "list-type=2&prefix=prefix%2F", Header: header}, out)
	})
	b.Run("PutTagging", func(b *testing.B) {
		r := &Request{
			Method: "PUT", Path: "/key", Bucket: "bucket", RawQuery: "tagging=", Header: header,
			Body: []byte(`<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>`),
		}
		benchmark[s3.PutObjectTaggingInput](b, "s3", r, &s3.PutObjectTaggingOutput{})
	})
}
