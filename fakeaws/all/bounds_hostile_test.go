//go:build linux

package all_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// whos are those who send a hostile request.
var whos = map[string]signing{"root": {}, "a stranger": {creds: foreign}, "nobody": {plain: true}}

func recordOf(t testing.TB, s signing, p protocol) recorded {
	t.Helper()
	return recorded{s.request(t, "https://localhost", p), []byte(p.body)}
}

// The most that is accepted of each thing, the least that is refused, and as much as goes
// into 1 MB: none of it costs more than the bounds.
func TestLimitsBoundTheCost(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: CPU time at the limits is not measured")
	}
	w := newLimited(t)
	for name, test := range limits {
		for _, n := range []int{test.most, test.most + 1, test.huge} {
			p := test.of(n)
			require.Less(t, len(p.body), 1<<20, "%s: %d", name, n)
			for who, s := range whos {
				isBounded(t, w, fmt.Sprintf("%s x%d by %s", name, n, who), recordOf(t, s, p))
			}
		}
	}
}

// wide makes a policy document of nearly so many bytes of statements.
func wide(size int, statement string) string {
	n := max(1, (size-50)/(len(statement)+1))
	return `{"Version":"2012-10-17","Statement":[` + strings.TrimSuffix(strings.Repeat(statement+",", n), ",") + `]}`
}

// listed is a list of JSON of nearly so many bytes.
func listed(size int, item string) string {
	n := max(1, size/(len(item)+3))
	return "[" + strings.TrimSuffix(strings.Repeat(`"`+item+`",`, n), ",") + "]"
}

// documents are policies that are much work for their size.
var documents = map[string]func(size int) string{
	"statements": func(size int) string { return wide(size, `{"Effect":"Allow","Action":"*","Resource":"*"}`) },
	"principals": func(size int) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":` + listed(size-100, "111122223333") + `},"Action":"s3:*","Resource":"arn:aws:s3:::bucket/*"}]}`
	},
	"actions": func(size int) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + listed(size-100, "s3:*?*?*?") + `,"Resource":"*"}]}`
	},
	"resources": func(size int) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":` + listed(size-100, "arn:aws:s3:::*?*?*x") + `}]}`
	},
	"conditions": func(size int) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":` + listed(size-200, "*?b") + `}}}]}`
	},
	"condition keys": func(size int) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{` + repeat((size-200)/30, `"aws:RequestTag/%06d":"v"`, ",") + `}}}]}`
	},
	"lists of lists": func(size int) string {
		return `{"Version":"2012-10-17","Statement":` + strings.Repeat("[", size/2-50) + strings.Repeat("]", size/2-50) + `}`
	},
	"elements": func(size int) string {
		return `{"Version":"2012-10-17","Statement":[{` + repeat(size/15, `"e%06d":0`, ",") + `}]}`
	},
	"text": func(size int) string { return strings.Repeat("a", size) },
}

// ofBucket makes a bucket's policy of a policy.
func ofBucket(doc string) string {
	return strings.NewReplacer(`"Effect":"Allow",`, `"Effect":"Allow","Principal":"*",`, `"Action":"*"`, `"Action":"s3:*"`, `"Resource":"*"`, `"Resource":"arn:aws:s3:::bucket/*"`,
		`arn:aws:s3:::*`, `arn:aws:s3:::bucket/*`).Replace(doc)
}

// newPublic makes a World with a bucket that may have any policy.
func newPublic(t testing.TB) *fakeaws.World {
	t.Helper()
	w := newLimited(t)
	_, err := s3.NewFromConfig(worldtest.FixtureConfig(w, account, "us-east-1")).DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	return w
}

// Policy documents of any form and size are refused or stored, simulated and applied to a
// request with long values, for no more than the bounds.
func TestDocumentsAreBounded(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: CPU time of policy documents is not measured")
	}
	w := newPublic(t)
	for name, document := range documents {
		encoded := func(size int) string { return url.QueryEscape(document(size)) }
		stored := false
		for _, size := range []int{2 << 10, 6 << 10, 20 << 10, 128 << 10, 900 << 10} {
			doc := document(size)
			bucket := ofBucket(doc)
			requests := map[string]protocol{
				"PutBucketPolicy":    s3XML("/bucket?policy", bucket),
				"SetQueueAttributes": sqsJSON("SetQueueAttributes", fmt.Sprintf(`,"Attributes":{"Policy":%q}`, bucket)),
				"PutKeyPolicy":       kmsJSON("CreateKey", fmt.Sprintf(`{"Policy":%q}`, bucket)),
				"PutResourcePolicy":  secretsJSON("PutResourcePolicy", fmt.Sprintf(`{"SecretId":"secret","ResourcePolicy":%q}`, bucket)),
				"CreatePolicy":       orgJSON("CreatePolicy", fmt.Sprintf(`{"Name":"n","Description":"","Type":"SERVICE_CONTROL_POLICY","Content":%q}`, doc)),
			}
			if text := encoded(size); len(text) < 900<<10 {
				for _, attribute := range []string{"Policy", "DeliveryPolicy", "DataProtectionPolicy"} {
					requests["SetTopicAttributes "+attribute] = snsForm("Action=SetTopicAttributes&TopicArn=" + topicARN + "&AttributeName=" + attribute + "&AttributeValue=" + text)
				}
				requests["PutUserPolicy"] = iamForm("Action=PutUserPolicy&UserName=user&PolicyName=p&PolicyDocument=" + text)
				requests["UpdateAssumeRolePolicy"] = iamForm("Action=UpdateAssumeRolePolicy&RoleName=none&PolicyDocument=" + text)
				requests["GetContextKeys"] = iamForm("Action=GetContextKeysForCustomPolicy&PolicyInputList.member.1=" + text)
				requests["a simulation"] = iamForm("Action=SimulateCustomPolicy&PolicyInputList.member.1=" + text + repeat(100, "&ActionNames.member.%[1]d=s3:A%[1]d", "") +
					repeat(1000, "&ResourceArns.member.%[1]d=arn:aws:s3:::%[1]d", ""))
				requests["a simulation of long values"] = iamForm("Action=SimulateCustomPolicy&PolicyInputList.member.1=" + text + "&ActionNames.member.1=s3:A" +
					"&ContextEntries.member.1.ContextKeyName=aws:UserAgent&ContextEntries.member.1.ContextKeyType=string&ContextEntries.member.1.ContextKeyValues.member.1=" + strings.Repeat("a", 50<<10))
				requests["AssumeRole"] = protocol{service: "sts", method: "POST", target: "/", header: form, body: "Version=2011-06-15&Action=AssumeRole&RoleSessionName=s&RoleArn=arn:aws:iam::" + account + ":role/none&Policy=" + text}
			}
			for what, p := range requests {
				for who, s := range whos {
					isBounded(t, w, fmt.Sprintf("%s of %d bytes of %s by %s", what, size, name, who), recordOf(t, s, p))
				}
			}
			stored = stored || codeOf(t, w, signing{}, requests["PutBucketPolicy"]) == ""
			// What was stored decides about a request with long values.
			get := protocol{service: "s3", method: "GET", target: "/bucket/key", header: map[string]string{"User-Agent": strings.Repeat("a", 55<<10), "Referer": "abc"}}
			for who, s := range whos {
				isBounded(t, w, fmt.Sprintf("a request that %d bytes of %s decide, by %s", size, name, who), recordOf(t, s, get))
			}
		}
		assert.Equal(t, !slices.Contains([]string{"lists of lists", "elements", "text", "principals"}, name), stored, name)
	}
}

// Requests of other forms.
func TestHostileRequestsAreBounded(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: CPU time of hostile requests is not measured")
	}
	w := newLimited(t)
	config := worldtest.FixtureConfig(w, account, "us-east-1")
	provider, err := iam.NewFromConfig(config).CreateSAMLProvider(t.Context(), &iam.CreateSAMLProviderInput{Name: aws.String("idp"), SAMLMetadataDocument: aws.String(samlMetadata)})
	if err != nil {
		t.Log(err) // the metadata has no certificate
		provider = &iam.CreateSAMLProviderOutput{SAMLProviderArn: aws.String("arn:aws:iam::" + account + ":saml-provider/idp")}
	}
	_, err = s3.NewFromConfig(config).PutBucketCors(t.Context(), &s3.PutBucketCorsInput{Bucket: aws.String("bucket"), CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{
		{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}, AllowedHeaders: strings.Split(strings.TrimSuffix(strings.Repeat("A*bcd ", 10_000), " "), " ")}}}})
	require.NoError(t, err)
	const saml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r">`
	assume := func(text string) protocol {
		return protocol{service: "sts", method: "POST", target: "/", header: form, body: "Version=2011-06-15&Action=AssumeRoleWithSAML&RoleArn=arn:aws:iam::" + account + ":role/none&PrincipalArn=" +
			*provider.SAMLProviderArn + "&SAMLAssertion=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(saml+text+"</samlp:Response>")))}
	}
	upload := func(head string) protocol {
		return protocol{service: "s3", method: "POST", target: "/bucket", body: head, header: map[string]string{"Content-Type": "multipart/form-data; boundary=b"}}
	}
	get := func(target string, header ...string) protocol {
		p := protocol{service: "s3", method: "GET", target: target, header: map[string]string{}}
		for i := 0; i+1 < len(header); i += 2 {
			p.header[header[i]] = header[i+1]
		}
		return p
	}
	filter := func(policy string) protocol {
		return snsForm("Action=Subscribe&Protocol=sqs&Endpoint=arn:aws:sqs:us-east-1:" + account + ":queue&TopicArn=" + topicARN +
			"&Attributes.entry.1.key=FilterPolicy&Attributes.entry.1.value=" + url.QueryEscape(policy)[:min(len(url.QueryEscape(policy)), 900<<10)])
	}
	levels := func(n, namespaces int, inner string) string {
		return strings.Repeat("<a"+repeat(namespaces, ` xmlns:n%d="u"`, "")+">", n) + inner + strings.Repeat("</a>", n)
	}
	const signature = `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/><ds:Reference URI="#_r"/></ds:SignedInfo><ds:SignatureValue/></ds:Signature>`
	for name, p := range map[string]protocol{
		"SAML of many namespaces":    assume(levels(90, 30, signature)),
		"SAML of bounded namespaces": assume(levels(35, 30, signature) + signature),
		"SAML of many elements":      assume(strings.Repeat("<a/>", 4990) + signature),
		"SAML of many signatures":    assume(strings.Repeat(signature, 150)),
		"SAML of many attributes":    assume("<a" + repeat(4900, ` a%d="u"`, "") + "/>" + signature),
		"parts of nothing":           upload(strings.Repeat("--b\r\n\r\n\r\n", 100_000)),
		"a part of many headers":     upload("--b\r\n" + strings.Repeat("A: a\r\n", 160_000)),
		"no part":                    upload(strings.Repeat("a\r\n", 300_000)),
		"many parameters of a path":  get("/bucket/key?" + strings.Repeat("a&", 30_000)),
		"many subresources":          get("/bucket/key?" + strings.Repeat("acl&", 15_000)),
		"a long path":                get("/bucket/" + strings.Repeat("a/", 30_000)),
		"an escaped path":            get("/bucket/" + strings.Repeat("%61", 20_000)),
		"many entity tags":           get("/bucket/key", "If-Match", strings.Repeat("a,", 30_000)),
		"many ranges":                get("/bucket/key", "Range", "bytes="+strings.Repeat("0-1,", 15_000)+"0-1"),
		"many cross-origin headers":  {service: "s3", method: "OPTIONS", target: "/bucket/key", header: map[string]string{"Origin": "https://example.com", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": repeat(100, "h%d", ",")}},
		"many attributes of XML":     s3XML("/bucket?versioning", "<VersioningConfiguration"+repeat(60_000, ` a%d="u"`, "")+"/>"),
		"many entities of XML":       s3XML("/bucket?versioning", "<VersioningConfiguration><Status>"+strings.Repeat("&amp;", 180_000)+"</Status></VersioningConfiguration>"),
		"many comments of XML":       s3XML("/bucket?versioning", "<VersioningConfiguration>"+strings.Repeat("<!---->", 130_000)+"</VersioningConfiguration>"),
		"many namespaces of XML":     s3XML("/bucket?versioning", "<VersioningConfiguration"+repeat(60_000, ` xmlns:a%d="u"`, "")[:900_000]+`"/>`),
		"many members of JSON":       sqsJSON("ListQueueTags", `,`+repeat(80_000, `"k%d":0`, ",")),
		"one member again and again": sqsJSON("ListQueueTags", strings.Repeat(`,"QueueUrl":""`, 70_000)),
		"many entries of a map":      sqsJSON("SetQueueAttributes", `,"Attributes":{`+repeat(60_000, `"k%d":"v"`, ",")+`}`),
		"many names of attributes":   sqsJSON("GetQueueAttributes", `,"AttributeNames":[`+strings.TrimSuffix(strings.Repeat(`"VisibilityTimeout",`, 45_000), ",")+`]`),
		"many sources of a queue":    sqsJSON("SetQueueAttributes", fmt.Sprintf(`,"Attributes":{"RedriveAllowPolicy":%q}`, `{"redrivePermission":"byQueue","sourceQueueArns":`+listed(800<<10, "arn:aws:sqs:us-east-1:"+account+":q")+`}`)),
		"many accounts":              sqsJSON("AddPermission", `,"Label":"l","Actions":["SendMessage"],"AWSAccountIds":`+listed(900<<10, account)),
		"a long list of wrong items": iamForm("Action=TagUser&UserName=user" + repeat(15_000, "&Tags.member.%[1]d.Key=&Tags.member.%[1]d.Value=", "")),
		"many exclusions":            iamForm("Action=SimulatePrincipalPolicy&ActionNames.member.1=s3:A&PolicySourceArn=arn:aws:iam::" + account + ":user/user" + repeat(9000, "&PolicyExclusionList.member.%d.PolicyArn=arn:aws:iam::aws:policy/a", "")),
		"many actions and resources": iamForm(simulate + repeat(1000, "&ActionNames.member.%[1]d=s3:A%[1]d", "") + repeat(1000, "&ResourceArns.member.%[1]d=arn:aws:s3:::%[1]d", "")),
		"a filter of many names":     filter(`{` + repeat(40_000, `"k%d":["v"]`, ",") + `}`),
		"a filter of many values":    filter(`{"k":[` + repeat(60_000, `"v%d"`, ",") + `]}`),
		"a filter of many levels":    filter(strings.Repeat(`{"k":`, 60_000) + `["v"]` + strings.Repeat(`}`, 60_000)),
		"a filter of many choices":   filter(`{"$or":[` + repeat(30_000, `{"k%d":["v"]}`, ",") + `]}`),
		"a filter of wildcards":      filter(`{"k":[` + repeat(20_000, `{"wildcard":"*a*b%d*"}`, ",") + `]}`),
		"a filtered message":         snsForm("Action=Publish&TopicArn=" + topicARN + "&Message=" + url.QueryEscape(`{"a":"x"`+repeat(32_000, `,"p%d":"m"`, "")+`}`)),
		"messages by protocols":      snsForm("Action=Publish&MessageStructure=json&TopicArn=" + topicARN + "&Message=" + url.QueryEscape(`{"default":"m"`+repeat(20_000, `,"p%d":"m"`, "")+`}`)),
		"attributes of a message":    snsForm("Action=Publish&Message=m&TopicArn=" + topicARN + repeat(5_000, "&MessageAttributes.entry.%[1]d.Name=a%[1]d&MessageAttributes.entry.%[1]d.Value.DataType=String&MessageAttributes.entry.%[1]d.Value.StringValue=v", "")),
		"a context of many pairs":    kmsJSON("Encrypt", `{"KeyId":"alias/aws/s3","Plaintext":"aGk=","EncryptionContext":{`+repeat(50_000, `"k%d":"v"`, ",")+`}}`),
		"replicas of a secret":       secretsJSON("ReplicateSecretToRegions", `{"SecretId":"secret","AddReplicaRegions":[`+repeat(25_000, `{"Region":"eu-west-%d"}`, ",")+`]}`),
		"filters of secrets":         secretsJSON("ListSecrets", `{"Filters":[{"Key":"all","Values":[`+repeat(60_000, `"v%d"`, ",")+`]}]}`),
		"many services":              iamForm("Action=ListPoliciesGrantingServiceAccess&Arn=arn:aws:iam::" + account + ":user/user" + repeat(200, "&ServiceNamespaces.member.%d=s3", "")),
	} {
		for who, s := range whos {
			isBounded(t, w, name+" by "+who, recordOf(t, s, p))
		}
	}
	for name, change := range map[string]func(*http.Request){
		"many headers":           func(r *http.Request) { each(headersOf(4000)...)(r) },
		"many values of one":     func(r *http.Request) { r.Header["X-Amz-Meta-A"] = strings.Split(strings.Repeat("a ", 20_000), " ") },
		"many signed headers":    header("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;"+strings.TrimSuffix(strings.Repeat("a;", 25_000), ";")+", Signature="+strings.Repeat("0", 64)),
		"a long authorization":   header("Authorization", strings.Repeat("AWS4-HMAC-SHA256 Credential=,", 2000)),
		"many scopes":            header("Authorization", "AWS4-HMAC-SHA256 Credential="+key+strings.Repeat("/a", 25_000)+", SignedHeaders=host, Signature=00"),
		"spaces within a header": header("X-Amz-Meta-A", strings.Repeat("a  ", 20_000)),
	} {
		r := recordOf(t, signing{after: change}, get("/bucket/key"))
		isBounded(t, w, name, r)
		r = recordOf(t, signing{before: change}, get("/bucket/key"))
		isBounded(t, w, name+", signed", r)
	}
}

func headersOf(n int) (all []func(*http.Request)) {
	for i := range n {
		all = append(all, header(fmt.Sprintf("X-Amz-Meta-%d", i), "a"))
	}
	return all
}

// The log of 4,500 calls with user agents of 60 KB is bounded.
func TestLogIsBoundedByUserAgents(t *testing.T) {
	if !*measured {
		t.Skip("-bounds is not set: the log of 270 MB of requests is not measured")
	}
	w := newLimited(t)
	r := recordOf(t, signing{plain: true}, protocol{service: "s3", method: "GET", target: "/bucket/key"})
	held := heldBy(func() {
		for i := range 4500 {
			r.Header.Set("User-Agent", fmt.Sprint(i)+strings.Repeat("a", 60<<10))
			r.send(w)
		}
	})
	assert.Less(t, held, int64(48<<20))
	assert.NotEmpty(t, w.Log().Events())
}
