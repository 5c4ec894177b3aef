package all_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var recordings = flag.String("recordings", "", "compare the answers of the fakes with AWS's recorded answers in this directory")

// Recorded answers are SERVICE.json files in one directory, such as iam.json. Each is an
// object: the name of a test, the name of an answer, and the answer as boto3 returns it,
// with members as the service's model names them. A test's name is FILE::CLASS::TEST, with
// its parameters in brackets at the end. Values that vary are placeholders in angle brackets:
// a numbered one, <role-name:1>, has the same value in all answers of a test. An error has
// its status as ResponseMetadata, a success has none unless its headers are recorded.
type recordedAnswers map[string]map[string]any

// recordedServices are the services with fakes, by the name that boto3 has for them.
var recordedServices = map[string]recordedService{
	"apigateway":    {schema: "apigateway", folder: "apigateway"},
	"firehose":      {schema: "firehose", folder: "firehose"},
	"kinesis":       {schema: "kinesis", folder: "kinesis"},
	"iam":           {schema: "iam", folder: "iam", scenarios: iamScenarios},
	"logs":          {schema: "logs", folder: "cloudwatchlogs", scenarios: logsScenarios},
	"organizations": {schema: "organizations", folder: "organizations"},
	"s3":            {schema: "s3", folder: "s3", scenarios: s3Scenarios},
	"s3control":     {schema: "s3-control", folder: "s3", scenarios: s3controlScenarios},
	"sqs":           {schema: "sqs", folder: "sqs", scenarios: sqsScenarios},
	"sts":           {schema: "sts", folder: "sts", scenarios: stsScenarios},
}

type recordedService struct {
	schema, folder string
	scenarios      map[string]scenario
	shared         []string // further folders that answer for the service
}

// knownDifferences are the differences that are left as they are, each with its reason: by
// service, test, answer and member, where "*" stands for anything.
var knownDifferences = map[string]string{
	"apigateway *no member *":                                                                               "members are copied by their names, which code that is read does not tell",
	"apigateway *validation errors detected*":                                                               "the text is put together of those of single members",
	"apigateway *update-api-key-immutable-field*":                                                           "the text lists the paths that can be changed",
	"apigateway *put-integration-response-invalid-responseTemplates-1*":                                     "a number in place of a text is refused with another text",
	"apigateway apigateway_s3::*get-deleted-object*":                                                        "the answer is that of Amazon S3",
	"iam iam::TestIAMServiceRoles::test_service_role_lifecycle[*.RoleLastUsed*":                             "the recorded account had the role already, and used it",
	"iam iam::TestIAMServiceRoles::test_service_role_lifecycle[*.Description*":                              "the recorded account had the role already: the service made it with a description",
	"iam iam::TestIAMServiceRoles::test_service_role_lifecycle[lex.amazonaws.com] attached-role-policies *": "AmazonLexBotPolicy is none of AWS's managed policies any more: Amazon Lex V1 ended on 2025-09-15 (Amazon Lex V1 developer guide)",
	"logs *.message: should be missing*":                                                                    "botocore's model of the errors of CloudWatch Logs has no member message: the text is in Error",
	"logs *: want \"create-time\"*":                                                                         "the recording has a placeholder there",
	"logs *: want \"last-updated-time\"*":                                                                   "the same",
	"logs *: want \"too-*":                                                                                  "the same",
	"logs *error-log-group-not-found .Error.Message: *":                                                     "the text has the id of the request",
	"logs logs_delivery::*":                                                                                 "deliveries of logs are answered NotImplemented",
	"logs logs_export_tasks::*":                                                                             "export tasks are answered NotImplemented",
	"s3 *no member .ExpiresString":                                                                          "no member of S3's answer: boto3 adds it to Expires",
	"sqs sqs::TestSqsProvider::test_delete_message_batch_invalid_msg_id[sqs_query*.Error.Detail*":           "the same error of SendMessageBatch is recorded with an empty Detail, as all others of the Query protocol",
	"sts sts::TestSTSIntegrations::test_get_federation_token get-federation-token .SessionToken*":           "SessionTokenSize and SessionTokenUtilization are newer than the answer (API reference, GetFederationToken)",
}

// TestRecorded compares the fakes with AWS's recorded answers in two ways: what their code
// can answer at all with every recorded answer, and what they answer in the scenarios with
// the recorded answers of the same calls.
func TestRecorded(t *testing.T) {
	if *recordings == "" {
		t.Skip("-recordings is not set: the fakes are not compared with AWS's recorded answers")
	}
	for _, name := range slices.Sorted(maps.Keys(recordedServices)) {
		text, err := os.ReadFile(filepath.Join(*recordings, name+".json"))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		var answers recordedAnswers
		require.NoError(t, json.Unmarshal(text, &answers))
		service := recordedServices[name]
		t.Run(name, func(t *testing.T) {
			r := &recordedReport{service: name, fail: func(text string) { t.Error(text) }}
			m := readRecordedModel(t, service.schema)
			r.possible(m, readAnswerable(t, m, service.folder, service.shared...), answers)
			r.played(t, m, service.scenarios, answers)
			t.Log(r.String())
		})
	}
}

// A recordedReport counts what agrees, and has what does not.
type recordedReport struct {
	service string
	fail    func(text string)

	answers, named, byMembers, unattributed int
	errors, members, headers                int // looked for in the code
	possibleDiffers                         int
	compared, agreed, known, unplayed       int // of the scenarios
}

// differ reports one difference, unless it is known, and whether it is.
func (r *recordedReport) differ(test, answer, text string) bool {
	key := r.service + " " + test + " " + answer + " " + text
	for pattern := range knownDifferences {
		if matches(pattern, key) {
			return true
		}
	}
	r.fail(fmt.Sprintf("%s\n    %s: %s", test, answer, text))
	return false
}

// matches reports whether a text is of a pattern, in which "*" stands for anything.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	for i, part := range parts {
		at := strings.Index(text, part)
		if at < 0 || i == 0 && at > 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return text == "" || parts[len(parts)-1] == ""
}

func (r *recordedReport) String() string {
	return fmt.Sprintf("%d answers: the operation of %d by the answer's name, of %d by its members, of %d unknown\n", r.answers, r.named, r.byMembers, r.unattributed) +
		fmt.Sprintf("    the code can answer: of %d errors, %d members, %d headers all but %d\n", r.errors, r.members, r.headers, r.possibleDiffers) +
		fmt.Sprintf("    scenarios: %d answers compared, %d agree, %d have known differences; %d answers have no scenario", r.compared, r.agreed, r.known, r.unplayed)
}
