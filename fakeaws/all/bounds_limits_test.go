package all_test

import (
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sts/saml"
)

// A multiplied is a request in which something is there n times.
type multiplied struct {
	most int // that is accepted
	of   func(n int) protocol
	// accepted and refused are the codes of the answers to root; empty is success.
	accepted, refused string
	// huge is how often it is there in a request of nearly 1 MB; 0: as in the smallest
	// that is refused.
	huge int
}

// repeat repeats a text that has the number in it, from 1.
func repeat(n int, format, separator string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(separator)
		}
		fmt.Fprintf(&b, format, i+1)
	}
	return b.String()
}

func sqsJSON(op, members string) protocol {
	return protocol{service: "sqs", method: "POST", target: "/", header: json10(op),
		body: `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/` + account + `/queue"` + members + `}`}
}

func orgJSON(op, body string) protocol {
	return protocol{service: "organizations", method: "POST", target: "/", body: body,
		header: json11("AWSOrganizationsV20161128." + op)}
}

func kmsJSON(op, body string) protocol {
	return protocol{service: "kms", method: "POST", target: "/", body: body, header: json11("TrentService." + op)}
}

func secretsJSON(op, body string) protocol {
	return protocol{service: "secretsmanager", method: "POST", target: "/", body: body, header: json11("secretsmanager." + op)}
}

func snsForm(text string) protocol {
	return protocol{service: "sns", method: "POST", target: "/", header: form, body: "Version=2010-03-31&" + text}
}

func iamForm(text string) protocol {
	return protocol{service: "iam", method: "POST", target: "/", header: form, body: "Version=2010-05-08&" + text}
}

func s3XML(target, body string) protocol {
	sum := md5.Sum([]byte(body))
	return protocol{service: "s3", method: "PUT", target: target, body: body,
		header: map[string]string{"Content-Md5": base64.StdEncoding.EncodeToString(sum[:])}}
}

// selecting is a request for an object that is not there.
func selecting(expression string) protocol {
	return posted(s3XML("/bucket/none?select&select-type=2", "<SelectRequest><Expression>"+expression+"</Expression><ExpressionType>SQL</ExpressionType>"+
		"<InputSerialization><CSV/></InputSerialization><OutputSerialization><CSV/></OutputSerialization></SelectRequest>"))
}

func posted(p protocol) protocol { p.method = "POST"; return p }

const simulate = "Action=SimulateCustomPolicy&PolicyInputList.member.1=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D"

// limits are what a request can multiply, one of each kind.
var limits = map[string]multiplied{
	"TagQueue tags":   {50, func(n int) protocol { return sqsJSON("TagQueue", `,"Tags":{`+repeat(n, `"k%d":"v"`, ",")+`}`) }, "", "InvalidParameterValueException", 60_000},
	"UntagQueue keys": {50, func(n int) protocol { return sqsJSON("UntagQueue", `,"TagKeys":[`+repeat(n, `"k%d"`, ",")+`]`) }, "", "InvalidParameterValueException", 100_000},
	"CreateQueue tags": {50, func(n int) protocol {
		return sqsJSON("CreateQueue", `,"QueueName":"other","tags":{`+repeat(n, `"k%d":"v"`, ",")+`}`)
	}, "", "InvalidParameterValueException", 60_000},
	"SendMessageBatch": {10, func(n int) protocol {
		return sqsJSON("SendMessageBatch", `,"Entries":[`+repeat(n, `{"Id":"i%d","MessageBody":"b"}`, ",")+`]`)
	}, "", "TooManyEntriesInBatchRequest", 25_000},
	"SendMessage attributes": {10, func(n int) protocol {
		return sqsJSON("SendMessage", `,"MessageBody":"b","MessageAttributes":{`+repeat(n, `"a%d":{"DataType":"String","StringValue":"v"}`, ",")+`}`)
	}, "", "InvalidParameterValueException", 16_000},
	"ReceiveMessage names": {1000, func(n int) protocol {
		return sqsJSON("ReceiveMessage", `,"MessageAttributeNames":[`+repeat(n, `"a%d.*"`, ",")+`]`)
	}, "", "InvalidParameterValueException", 90_000},
	"CreatePolicy tags": {50, func(n int) protocol {
		return orgJSON("CreatePolicy", `{"Name":"n","Description":"","Type":"SERVICE_CONTROL_POLICY","Content":"{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}}","Tags":[`+repeat(n, `{"Key":"k%d","Value":"v"}`, ",")+`]}`)
	}, "", "ConstraintViolationException", 30_000},
	"UntagResource keys": {50, func(n int) protocol {
		return orgJSON("UntagResource", `{"ResourceId":"`+account+`","TagKeys":[`+repeat(n, `"k%d"`, ",")+`]}`)
	}, "", "ConstraintViolationException", 90_000},
	"parameters":        {20_000, func(n int) protocol { return iamForm("Action=ListUsers&" + repeat(n-2, "a%d", "&")) }, "", "MalformedQueryString", 120_000},
	"simulated actions": {1000, func(n int) protocol { return iamForm(simulate + repeat(n, "&ActionNames.member.%[1]d=s3:A%[1]d", "")) }, "", "ValidationError", 19_000},
	"TagUser tags": {50, func(n int) protocol {
		return iamForm("Action=TagUser&UserName=user" + repeat(n, "&Tags.member.%[1]d.Key=k%[1]d&Tags.member.%[1]d.Value=v", ""))
	}, "", "ValidationError", 9000},
	"depth of JSON": {99, func(n int) protocol {
		return sqsJSON("ListQueueTags", `,"Ignored":`+strings.Repeat("[", n)+strings.Repeat("]", n))
	}, "", "SerializationException", 450_000},
	"DeleteObjects keys": {1000, func(n int) protocol {
		return posted(s3XML("/bucket?delete", "<Delete>"+repeat(n, "<Object><Key>k%d</Key></Object>", "")+"</Delete>"))
	}, "", "MalformedXML", 25_000},
	"parts of an upload": {10_000, func(n int) protocol {
		return posted(s3XML("/bucket/key?uploadId=none", "<CompleteMultipartUpload>"+repeat(n, "<Part><PartNumber>%d</PartNumber><ETag>e</ETag></Part>", "")+"</CompleteMultipartUpload>"))
	}, "NoSuchUpload", "MalformedXML", 15_000},
	"bucket tags": {50, func(n int) protocol {
		return s3XML("/bucket?tagging", "<Tagging><TagSet>"+repeat(n, "<Tag><Key>k%d</Key><Value>v</Value></Tag>", "")+"</TagSet></Tagging>")
	}, "", "BadRequest", 20_000},
	"tags of a header": {10, func(n int) protocol {
		return protocol{service: "s3", method: "PUT", target: "/bucket/key", header: map[string]string{"X-Amz-Tagging": repeat(n, "k%d=v", "&")}}
	}, "", "BadRequest", 7000},
	"tags of a topic": {50, func(n int) protocol {
		return snsForm("Action=TagResource&ResourceArn=" + topicARN + repeat(n, "&Tags.member.%[1]d.Key=k%[1]d&Tags.member.%[1]d.Value=v", ""))
	}, "", "TagLimitExceeded", 9000},
	"messages of a batch": {10, func(n int) protocol {
		return snsForm("Action=PublishBatch&TopicArn=" + topicARN + repeat(n, "&PublishBatchRequestEntries.member.%[1]d.Id=i%[1]d&PublishBatchRequestEntries.member.%[1]d.Message=m", ""))
	}, "", "TooManyEntriesInBatchRequest", 8000},
	"tags of a key": {50, func(n int) protocol {
		return kmsJSON("TagResource", `{"KeyId":"alias/key","Tags":[`+repeat(n, `{"TagKey":"k%d","TagValue":"v"}`, ",")+`]}`)
	}, "NotFoundException", "LimitExceededException", 25_000},
	"tags of a secret": {50, func(n int) protocol {
		return secretsJSON("TagResource", `{"SecretId":"secret","Tags":[`+repeat(n, `{"Key":"k%d","Value":"v"}`, ",")+`]}`)
	}, "", "InvalidParameterException", 30_000},
	"secrets of a batch": {20, func(n int) protocol {
		return secretsJSON("BatchGetSecretValue", `{"SecretIdList":[`+repeat(n, `"s%d"`, ",")+`]}`)
	}, "", "ValidationException", 100_000},
	"CORS rules": {100, func(n int) protocol {
		return s3XML("/bucket?cors", "<CORSConfiguration>"+strings.Repeat("<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>", n)+"</CORSConfiguration>")
	}, "", "MalformedXML", 10_000},
	"texts of CORS": {(64<<10 - 4 - 2) / 6, func(n int) protocol {
		return s3XML("/bucket?cors", "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"+strings.Repeat("<AllowedHeader>a*bcd</AllowedHeader>", n)+"</CORSRule></CORSConfiguration>")
	}, "", "MalformedXML", 20_000},
	"headers of a preflight": {100, func(n int) protocol {
		return protocol{service: "s3", method: "OPTIONS", target: "/bucket/key", header: map[string]string{"Origin": "https://example.com", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": repeat(n, "h%d", ",")}}
	}, "AccessForbidden", "BadRequest", 9000},
	"notifications": {100, func(n int) protocol {
		return s3XML("/bucket?notification", "<NotificationConfiguration>"+repeat(n, "<QueueConfiguration><Queue>arn:aws:sqs:us-east-1:"+account+":none</Queue><Event>s3:ObjectCreated:*</Event><Filter><S3Key><FilterRule><Name>prefix</Name><Value>p%d/</Value></FilterRule></S3Key></Filter></QueueConfiguration>", "")+"</NotificationConfiguration>")
	}, "InvalidArgument", "InvalidArgument", 4000},
	"events": {100, func(n int) protocol {
		return s3XML("/bucket?notification", "<NotificationConfiguration>"+repeat(2, "<QueueConfiguration><Id>%d</Id><Queue>arn:aws:sqs:us-east-1:"+account+":none</Queue>"+strings.Repeat("<Event>s3:ObjectCreated:*</Event>", n)+"</QueueConfiguration>", "")+"</NotificationConfiguration>")
	}, "InvalidArgument", "MalformedXML", 14_000},
	"tags of a filter": {10, func(n int) protocol {
		return s3XML("/bucket?lifecycle", "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter><And><Prefix>p</Prefix>"+repeat(n, "<Tag><Key>k%d</Key><Value>v</Value></Tag>", "")+"</And></Filter><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>")
	}, "", "MalformedXML", 20_000},
	"lifecycle rules": {1000, func(n int) protocol {
		return s3XML("/bucket?lifecycle", "<LifecycleConfiguration>"+repeat(n, "<Rule><ID>%d</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><Expiration><Days>1</Days></Expiration></Rule>", "")+"</LifecycleConfiguration>")
	}, "", "MalformedXML", 7000},
	"grants": {100, func(n int) protocol {
		return protocol{service: "s3", method: "PUT", target: "/open?acl", header: map[string]string{"X-Amz-Grant-Read": strings.TrimSuffix(strings.Repeat(`uri="http://acs.amazonaws.com/groups/s3/LogDelivery",`, n), ",")}}
	}, "", "InvalidRequest", 1000},
	"operators of an expression": {6666, func(n int) protocol {
		return selecting("SELECT * FROM S3Object WHERE 1=1" + strings.Repeat(" OR 1=1", n-1))
	}, "NoSuchKey", "MaxOperatorsExceeded", 130_000},
	"depth of an expression": {199, func(n int) protocol {
		return selecting("SELECT " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) + " FROM S3Object")
	}, "NoSuchKey", "MaxOperatorsExceeded", 130_000},
	"columns of an expression": {10_000, func(n int) protocol {
		return selecting("SELECT " + strings.TrimSuffix(strings.Repeat("_1,", n), ",") + " FROM S3Object")
	}, "NoSuchKey", "OverMaxColumn", 80_000},
	"fields of an inventory": {len(s3types.InventoryOptionalField("").Values()), func(n int) protocol {
		return s3XML("/bucket?inventory&id=i", "<InventoryConfiguration><Id>i</Id><IsEnabled>true</IsEnabled><IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule><Destination><S3BucketDestination><Bucket>arn:aws:s3:::bucket</Bucket><Format>CSV</Format></S3BucketDestination></Destination><OptionalFields>"+strings.Repeat("<Field>Size</Field>", n)+"</OptionalFields></InventoryConfiguration>")
	}, "", "MalformedXML", 45_000},
}

// topicARN is the topic of newLimited.
const topicARN = "arn:aws:sns:us-east-1:" + account + ":topic"

// newLimited makes a World with what the limits' requests name.
func newLimited(t testing.TB) *fakeaws.World {
	t.Helper()
	w := newSignedWorld(t)
	_, err := w.AddAccount("444455556666", foreign.AccessKeyID, foreign.SecretAccessKey)
	require.NoError(t, err)
	saml.Enable(w)
	config := worldtest.FixtureConfig(w, account, "us-east-1")
	ctx := t.Context()
	storage := s3.NewFromConfig(config)
	_, err = storage.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	_, err = storage.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("open"), ObjectOwnership: "ObjectWriter"})
	require.NoError(t, err)
	_, err = sqs.NewFromConfig(config).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("queue")})
	require.NoError(t, err)
	_, err = organizations.NewFromConfig(config).CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	require.NoError(t, err)
	_, err = iam.NewFromConfig(config).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("user")})
	require.NoError(t, err)
	for _, in := range []any{
		&sns.CreateTopicInput{Name: aws.String("topic"), Attributes: map[string]string{"MaximumMessageSize": "1048576"}}, &sns.SubscribeInput{TopicArn: aws.String(topicARN), Protocol: aws.String("sqs"),
			Endpoint: aws.String("arn:aws:sqs:us-east-1:" + account + ":queue"), Attributes: map[string]string{"FilterPolicyScope": "MessageBody", "FilterPolicy": `{"a":["b"]}`}},
		&secretsmanager.CreateSecretInput{Name: aws.String("secret"), SecretString: aws.String("value")},
	} {
		_, err = w.Do(ctx, w.Fixture(account, "us-east-1"), in)
		require.NoError(t, err)
	}
	return w
}

// codeOf sends a request, and returns the code of the answer.
func codeOf(t testing.TB, w *fakeaws.World, s signing, p protocol) string {
	t.Helper()
	resp, err := w.Door().Do(s.request(t, "https://localhost", p))
	require.NoError(t, err)
	a, _ := readAnswer(t, resp)
	code, _, _ := strings.Cut(a.code, " ")
	if i := strings.LastIndexByte(code, '.'); i >= 0 {
		code = code[i+1:]
	}
	if code == "" && resp.StatusCode >= http.StatusMultipleChoices {
		return resp.Status
	}
	return code
}

// Of all that a request can multiply, the most is accepted, and one more is refused: also
// from who may not do what is asked, wherever the answer is not the same for both.
func TestLimits(t *testing.T) {
	t.Parallel()
	w := newLimited(t)
	for name, test := range limits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.accepted, codeOf(t, w, signing{}, test.of(test.most)))
			assert.Equal(t, test.refused, codeOf(t, w, signing{}, test.of(test.most+1)))
			for who, s := range map[string]signing{"a stranger": {creds: foreign}, "nobody": {plain: true}} {
				assert.NotEmpty(t, codeOf(t, w, s, test.of(test.most+1)), who)
			}
		})
	}
}
