package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func formRequest(path, body string) *Request {
	return &Request{
		Method: http.MethodPost, Path: path, ContentLength: int64(len(body)), Body: []byte(body),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}},
	}
}

// The requests of the SQS API reference's Query examples.
func TestSQSQueryRequests(t *testing.T) {
	t.Parallel()
	const queueURL = "https://sqs.us-east-1.amazonaws.com/123456789012/MyQueue/"
	s, _ := Load("sqs")
	for _, tt := range []struct {
		path, form string
		want       any
	}{
		{
			"/", "Action=CreateQueue&QueueName=MyQueue&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=40&Attribute.2.Name=DelaySeconds&Attribute.2.Value=5&Tag.1.Key=QueueType&Tag.1.Value=Production&Version=2012-11-05",
			&sqs.CreateQueueInput{
				QueueName: ptr("MyQueue"), Attributes: map[string]string{"VisibilityTimeout": "40", "DelaySeconds": "5"},
				Tags: map[string]string{"QueueType": "Production"},
			},
		},
		{
			"/123456789012/MyQueue/", "Action=SendMessage&MessageBody=This+is+a+test+message%26more&MessageAttribute.1.Name=my_attribute&MessageAttribute.1.Value.StringValue=v&MessageAttribute.1.Value.DataType=String&MessageAttribute.2.Name=bin&MessageAttribute.2.Value.BinaryValue=YmxvYg%3D%3D&MessageAttribute.2.Value.DataType=Binary&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.StringValue=Root%3D1&MessageSystemAttribute.1.Value.DataType=String&DelaySeconds=45",
			&sqs.SendMessageInput{
				QueueUrl: ptr("/123456789012/MyQueue/"), MessageBody: ptr("This is a test message&more"), DelaySeconds: 45,
				MessageAttributes: map[string]sqstypes.MessageAttributeValue{
					"my_attribute": {DataType: ptr("String"), StringValue: ptr("v")},
					"bin":          {DataType: ptr("Binary"), BinaryValue: []byte("blob")},
				},
				MessageSystemAttributes: map[string]sqstypes.MessageSystemAttributeValue{
					"AWSTraceHeader": {DataType: ptr("String"), StringValue: ptr("Root=1")},
				},
			},
		},
		{
			"/", "Action=SendMessageBatch&QueueUrl=" + url.QueryEscape(queueURL) + "&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=two&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=one&SendMessageBatchRequestEntry.10.Id=c&SendMessageBatchRequestEntry.10.MessageBody=ten&SendMessageBatchRequestEntry.2.DelaySeconds=60",
			&sqs.SendMessageBatchInput{
				QueueUrl: ptr(queueURL),
				Entries: []sqstypes.SendMessageBatchRequestEntry{
					{Id: ptr("a"), MessageBody: ptr("one")},
					{Id: ptr("b"), MessageBody: ptr("two"), DelaySeconds: 60},
					{Id: ptr("c"), MessageBody: ptr("ten")},
				},
			},
		},
		{
			"/123456789012/MyQueue", "Action=ReceiveMessage&MaxNumberOfMessages=5&VisibilityTimeout=15&AttributeName.1=All&MessageAttributeName.1=a&MessageAttributeName.2=b&MessageSystemAttributeNames.1=SentTimestamp",
			&sqs.ReceiveMessageInput{
				QueueUrl: ptr("/123456789012/MyQueue"), MaxNumberOfMessages: 5, VisibilityTimeout: 15,
				AttributeNames:              []sqstypes.QueueAttributeName{"All"},
				MessageAttributeNames:       []string{"a", "b"},
				MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"SentTimestamp"},
			},
		},
		{
			"/1/q", "Action=DeleteMessageBatch&DeleteMessageBatchRequestEntry.1.Id=m1&DeleteMessageBatchRequestEntry.1.ReceiptHandle=h%2B1",
			&sqs.DeleteMessageBatchInput{QueueUrl: ptr("/1/q"), Entries: []sqstypes.DeleteMessageBatchRequestEntry{{Id: ptr("m1"), ReceiptHandle: ptr("h+1")}}},
		},
		{
			"/1/q", "Action=SetQueueAttributes&Attribute.Name=x&Attribute.1.Name=Policy&Attribute.1.Value=",
			nil,
		},
		{
			"/1/q", "Action=AddPermission&Label=l&AWSAccountId.1=125074342641&AWSAccountId.2=125074342642&ActionName.1=SendMessage",
			&sqs.AddPermissionInput{QueueUrl: ptr("/1/q"), Label: ptr("l"), AWSAccountIds: []string{"125074342641", "125074342642"}, Actions: []string{"SendMessage"}},
		},
		{
			"/1/q", "Action=UntagQueue&TagKey.1=QueueType&TagKey.2=Owner",
			&sqs.UntagQueueInput{QueueUrl: ptr("/1/q"), TagKeys: []string{"QueueType", "Owner"}},
		},
		{"/", "Action=ListQueues&QueueNamePrefix=M&Expires=2020-10-15T12%3A00%3A00Z", &sqs.ListQueuesInput{QueueNamePrefix: ptr("M")}},
	} {
		action, _ := url.ParseQuery(tt.form)
		t.Run(action.Get("Action"), func(t *testing.T) {
			t.Parallel()
			r := formRequest(tt.path, tt.form)
			assert.True(t, s.NeedsBody(r))
			o, p, err := s.Match(r)
			require.NoError(t, err)
			require.Equal(t, AWSQuery, p)
			require.Equal(t, action.Get("Action"), o.Name())
			if tt.want == nil {
				var e *Error
				require.ErrorAs(t, o.Decode(p, r, new(sqs.SetQueueAttributesInput)), &e)
				assert.Equal(t, malformedInput, e.Code)
				return
			}
			in := reflect.New(reflect.TypeOf(tt.want).Elem())
			require.NoError(t, o.Decode(p, r, in.Interface()))
			assert.Empty(t, diffSDK(tt.want, in.Interface()))

			// The same by GET, as the oldest clients send it.
			r = &Request{Method: http.MethodGet, Path: tt.path, RawQuery: tt.form, Header: http.Header{}}
			o, p, err = s.Match(r)
			require.NoError(t, err)
			in = reflect.New(reflect.TypeOf(tt.want).Elem())
			require.NoError(t, o.Decode(p, r, in.Interface()))
			assert.Empty(t, diffSDK(tt.want, in.Interface()))
		})
	}
}

func TestQueueURLOfHost(t *testing.T) {
	t.Parallel()
	s, _ := Load("sqs")
	r := formRequest("/1/q", "Action=PurgeQueue")
	r.Header.Set("Host", "sqs.us-east-1.amazonaws.com")
	var in sqs.PurgeQueueInput
	require.NoError(t, s.Operation("PurgeQueue").Decode(AWSQuery, r, &in))
	assert.Equal(t, "https://sqs.us-east-1.amazonaws.com/1/q", *in.QueueUrl)
}

// The answers of the SQS API reference's Query examples.
func TestSQSQueryResponses(t *testing.T) {
	t.Parallel()
	s, _ := Load("sqs")
	open := func(op string) string {
		return "<" + op + `Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">`
	}
	shut := func(op string) string {
		return "<ResponseMetadata><RequestId>R</RequestId></ResponseMetadata></" + op + "Response>"
	}
	for op, tt := range map[string]struct {
		out  any
		want string
	}{
		"DeleteMessage": {&sqs.DeleteMessageOutput{}, ""},
		"ListQueues": {
			&sqs.ListQueuesOutput{QueueUrls: []string{"https://a", "https://b"}},
			"<ListQueuesResult><QueueUrl>https://a</QueueUrl><QueueUrl>https://b</QueueUrl></ListQueuesResult>",
		},
		"ReceiveMessage": {
			&sqs.ReceiveMessageOutput{Messages: []sqstypes.Message{{
				MessageId: ptr("id"), ReceiptHandle: ptr("h"), MD5OfBody: ptr("m"), Body: ptr("a<b&\r"),
				Attributes:        map[string]string{"SentTimestamp": "2", "SenderId": "1"},
				MessageAttributes: map[string]sqstypes.MessageAttributeValue{"k": {DataType: ptr("Binary"), BinaryValue: []byte("blob")}},
			}}},
			"<ReceiveMessageResult><Message><MessageId>id</MessageId><ReceiptHandle>h</ReceiptHandle><MD5OfBody>m</MD5OfBody><Body>a&lt;b&amp;&#xd;</Body>" +
				"<Attribute><Name>SenderId</Name><Value>1</Value></Attribute><Attribute><Name>SentTimestamp</Name><Value>2</Value></Attribute>" +
				"<MessageAttribute><Name>k</Name><Value><DataType>Binary</DataType><BinaryValue>YmxvYg==</BinaryValue></Value></MessageAttribute></Message></ReceiveMessageResult>",
		},
		"SendMessageBatch": {
			&sqs.SendMessageBatchOutput{
				Successful: []sqstypes.SendMessageBatchResultEntry{{Id: ptr("a"), MessageId: ptr("1"), MD5OfMessageBody: ptr("m")}},
				Failed:     []sqstypes.BatchResultErrorEntry{{Id: ptr("b"), Code: ptr("C"), SenderFault: true}},
			},
			"<SendMessageBatchResult><SendMessageBatchResultEntry><Id>a</Id><MessageId>1</MessageId><MD5OfMessageBody>m</MD5OfMessageBody></SendMessageBatchResultEntry>" +
				"<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>C</Code></BatchResultErrorEntry></SendMessageBatchResult>",
		},
		"GetQueueAttributes": {
			&sqs.GetQueueAttributesOutput{Attributes: map[string]string{"QueueArn": "a"}},
			"<GetQueueAttributesResult><Attribute><Name>QueueArn</Name><Value>a</Value></Attribute></GetQueueAttributesResult>",
		},
		"ListQueueTags": {
			&sqs.ListQueueTagsOutput{Tags: map[string]string{"k": "v"}},
			"<ListQueueTagsResult><Tag><Key>k</Key><Value>v</Value></Tag></ListQueueTagsResult>",
		},
	} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			res, err := s.Operation(op).Encode(AWSQuery, tt.out, "R")
			require.NoError(t, err)
			assert.Equal(t, open(op)+tt.want+shut(op), string(res.Body))
			assert.Equal(t, "text/xml", res.Header.Get("Content-Type"))
			assert.Equal(t, "R", res.Header.Get("x-amzn-RequestId"))
		})
	}
}

func TestQueryMatch(t *testing.T) {
	t.Parallel()
	s, _ := Load("iam")
	for _, tt := range []struct{ method, query, body, want string }{
		{"POST", "", "Action=GetUser&Version=2010-05-08", ""},
		{"POST", "Action=GetUser", "Version=2010-05-08", ""},
		{"GET", "Action=GetUser&Version=2010-05-08", "", ""},
		{"POST", "", "Version=2010-05-08", "MissingAction"},
		{"POST", "", "Action=", "MissingAction"},
		{"POST", "", "", "MissingAction"},
		{"GET", "", "Action=GetUser&Version=2010-05-08", "MissingAction"},
		{"POST", "", "Action=Fly&Version=2010-05-08", "InvalidAction: Could not find operation Fly for version 2010-05-08"},
		{"POST", "", "Action=GetUser&Version=2009", "InvalidAction: Could not find operation GetUser for version 2009"},
		{"POST", "", "Action=GetUser", "InvalidAction: Could not find operation GetUser for version NO_VERSION_SPECIFIED"},
		{"PUT", "", "Action=GetUser&Version=2010-05-08", "InvalidAction"},
		{"POST", "", "Action=%zz&Version=2010-05-08", "MissingAction"},
	} {
		r := formRequest("/", tt.body)
		r.Method, r.RawQuery = tt.method, tt.query
		o, p, err := s.Match(r)
		assert.Equal(t, AWSQuery, p)
		if tt.want == "" {
			require.NoError(t, err, tt)
			assert.Equal(t, "GetUser", o.Name())
			continue
		}
		require.Error(t, err, tt)
		assert.Contains(t, err.Error(), tt.want)
	}
}

func TestBadForms(t *testing.T) {
	t.Parallel()
	s, _ := Load("iam")
	const head = "Action=CreateRole&Version=2010-05-08&"
	for form, want := range map[string]string{
		"RoleName=a&RoleName=b":                          malformedInput,
		"RoleName=%zz":                                   malformedQueryString,
		"RoleName=%f":                                    malformedQueryString,
		"RoleName=%ff":                                   malformedInput, // not UTF-8
		"MaxSessionDuration=long":                        malformedInput,
		"MaxSessionDuration=99999999999999999999":        malformedInput,
		"MaxSessionDuration=":                            malformedInput,
		"RoleName.x=a":                                   malformedInput,
		"Tags.member.0.Key=a":                            malformedInput,
		"Tags.member.-1.Key=a":                           malformedInput,
		"Tags.member.x.Key=a":                            malformedInput,
		"Tags.member.99999999999.Key=a":                  malformedInput,
		"Tags.member.1.Key=a&Tags.member.01.Key=b":       malformedInput,
		"Tags.member.1.Key=a&Tags.member.1.Key=b":        malformedInput,
		"RoleName=a&" + strings.Repeat("x=1&", 2):        malformedInput,
		"Tags.member.1.Key.deep=a":                       malformedInput,
		"Tags=":                                          "",
		"Tags.member.999999999.Key=a":                    "",
		"Unknown=1&Tags.member.7.Key=a&Tags.other.1.x=2": "",
		"Tags.member.1=":                                 "",
		"Tags.member.1=x":                                malformedInput,
		"Tags=x":                                         malformedInput,
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			var in iam.CreateRoleInput
			err := s.Operation("CreateRole").Decode(AWSQuery, formRequest("/", head+form), &in)
			if want == "" {
				require.NoError(t, err)
				assert.LessOrEqual(t, len(in.Tags), 1)
				assert.NotNil(t, in.Tags)
				return
			}
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, want, e.Code)
		})
	}
}

func TestQueryUnion(t *testing.T) {
	t.Parallel()
	s, _ := Load("iam")
	decode := func(form string) (*iam.SimulatePrincipalPolicyInput, error) {
		var in iam.SimulatePrincipalPolicyInput
		err := s.Operation("SimulatePrincipalPolicy").Decode(AWSQuery, formRequest("/", form), &in)
		return &in, err
	}
	in, err := decode("PolicyExclusionList.member.1.PolicyArn=arn&PolicyExclusionList.member.2.InlinePolicyIdentifier.PolicyName=p")
	require.NoError(t, err)
	assert.Empty(t, diffSDK(&iam.SimulatePrincipalPolicyInput{PolicyExclusionList: []iamtypes.PolicyIdentifier{
		&iamtypes.PolicyIdentifierMemberPolicyArn{Value: "arn"},
		&iamtypes.PolicyIdentifierMemberInlinePolicyIdentifier{Value: iamtypes.InlinePolicyIdentifierType{PolicyName: ptr("p")}},
	}}, in))
	_, err = decode("PolicyExclusionList.member.1.PolicyArn=arn&PolicyExclusionList.member.1.PolicyType=inline")
	require.Error(t, err)
	_, err = decode("PolicyExclusionList.member.1.Other=arn")
	require.Error(t, err)
}

// The sample answer of GetCallerIdentity in the STS API reference.
func TestSTSResponse(t *testing.T) {
	t.Parallel()
	s, _ := Load("sts")
	res, err := s.Operation("GetCallerIdentity").Encode(AWSQuery, &sts.GetCallerIdentityOutput{
		Arn: ptr("arn:aws:iam::123456789012:user/Alice"), UserId: ptr("AIDACKCEVSQ6C2EXAMPLE"), Account: ptr("123456789012"),
	}, "01234567-89ab-cdef-0123-456789abcdef")
	require.NoError(t, err)
	assert.Equal(t, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
		`<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/Alice</Arn>`+
		`</GetCallerIdentityResult><ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>`,
		string(res.Body))
}

// IAM says of most lists that they are not truncated, and nothing of this one.
func TestTruthLeftOut(t *testing.T) {
	t.Parallel()
	s, _ := Load("iam")
	body := func(operation string, out any) string {
		res, err := s.Operation(operation).Encode(AWSQuery, out, "id")
		require.NoError(t, err)
		return string(res.Body)
	}
	assert.Contains(t, body("ListUsers", &iam.ListUsersOutput{}), "<IsTruncated>false</IsTruncated>")
	assert.NotContains(t, body("ListServiceSpecificCredentials", &iam.ListServiceSpecificCredentialsOutput{}), "IsTruncated")
	more := &iam.ListServiceSpecificCredentialsOutput{IsTruncated: true}
	assert.Contains(t, body("ListServiceSpecificCredentials", more), "<IsTruncated>true</IsTruncated>")
}

// Who asks for JSON gets the answer of the Query protocol in it.
func TestQueryAnswersInJSON(t *testing.T) {
	t.Parallel()
	match := func(service, form string) (*Service, *Operation, Protocol) {
		s, _ := Load(service)
		r := formRequest("/", form)
		r.Header["Accept"] = []string{"application/json"}
		o, p, err := s.Match(r)
		require.NoError(t, err)
		assert.Equal(t, AWSQueryJSON, p)
		return s, o, p
	}
	for _, tt := range []struct {
		service, form string
		out           any
		want          string
	}{
		{"sqs", "Action=ListQueues", &sqs.ListQueuesOutput{QueueUrls: []string{"https://q/1/a"}}, `{"ListQueuesResponse":{"ListQueuesResult":{"queueUrls":["https://q/1/a"]},"ResponseMetadata":{"RequestId":"R"}}}`},
		{"sqs", "Action=GetQueueAttributes", &sqs.GetQueueAttributesOutput{Attributes: map[string]string{"VisibilityTimeout": "30", "DelaySeconds": "0"}},
			`{"GetQueueAttributesResponse":{"GetQueueAttributesResult":{"Attributes":[{"Name":"DelaySeconds","Value":"0"},{"Name":"VisibilityTimeout","Value":"30"}]},"ResponseMetadata":{"RequestId":"R"}}}`},
		{"sqs", "Action=ReceiveMessage", &sqs.ReceiveMessageOutput{Messages: []sqstypes.Message{{Body: ptr("a\"b")}}},
			`{"ReceiveMessageResponse":{"ReceiveMessageResult":{"messages":[{"Body":"a\"b"}]},"ResponseMetadata":{"RequestId":"R"}}}`},
		{"sqs", "Action=PurgeQueue", &sqs.PurgeQueueOutput{}, `{"PurgeQueueResponse":{"ResponseMetadata":{"RequestId":"R"}}}`},
		{"sts", "Action=GetCallerIdentity&Version=2011-06-15", &sts.GetCallerIdentityOutput{Account: ptr("1"), Arn: ptr("a"), UserId: ptr("u")},
			`{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"UserId":"u","Account":"1","Arn":"a"},"ResponseMetadata":{"RequestId":"R"}}}`},
		{"iam", "Action=GetUser&Version=2010-05-08", &iam.GetUserOutput{User: &iamtypes.User{UserName: ptr("u"), CreateDate: ptr(time.Unix(1400000000, 0))}},
			`{"GetUserResponse":{"GetUserResult":{"User":{"UserName":"u","CreateDate":1400000000}},"ResponseMetadata":{"RequestId":"R"}}}`},
	} {
		_, o, p := match(tt.service, tt.form)
		res, err := o.Encode(p, tt.out, "R")
		require.NoError(t, err)
		assert.JSONEq(t, tt.want, string(res.Body))
		assert.Equal(t, "application/json", res.Header.Get("Content-Type"))
	}
	s, o, p := match("sqs", "Action=SendMessage&MessageBody=x&QueueUrl=u")
	in := new(sqs.SendMessageInput)
	require.NoError(t, o.Decode(p, formRequest("/", "Action=SendMessage&MessageBody=x&QueueUrl=u"), in))
	assert.Equal(t, "x", *in.MessageBody)
	res := s.EncodeError(p, &sqstypes.QueueDoesNotExist{}, ErrorContext{RequestID: "R"})
	assert.Equal(t, 400, res.Status)
	assert.JSONEq(t, `{"Error":{"Type":"Sender","Code":"AWS.SimpleQueueService.NonExistentQueue","Message":"The specified queue does not exist for this wsdl version.","Detail":null},"RequestId":"R"}`, string(res.Body))
}
