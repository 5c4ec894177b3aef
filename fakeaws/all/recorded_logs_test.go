package all_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

var logsScenarios = map[string]scenario{
	"logs_groups::TestLogsGroups::test_create_log_group_duplicate_error": func(p *player) {
		logGroup(p, "group")
		p.answer("error-duplicate-log-group", &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("group")})
	},
	"logs_groups::TestLogsGroups::test_create_log_group_invalid_name_length": func(p *player) {
		p.answer("error-invalid-name-length", &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(strings.Repeat("a", 513))})
	},
	"logs_groups::TestLogsGroups::test_create_log_group_with_kms_key": func(p *player) {
		key, err := p.world.Keys().Create(worldtest.Account, worldtest.Region, enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"logs.us-east-1.amazonaws.com"},"Action":"kms:*","Resource":"*"}}`, enforce.KeyPolicy))
		require.NoError(p, err)
		p.call(&cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("group"), KmsKeyId: &key.ARN})
		p.answer("describe-log-groups-with-kms", &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("group")})
	},
	"logs_groups::TestLogsGroups::test_describe_log_groups_with_prefix": func(p *player) {
		for _, name := range []string{"group-1", "group-2", "group-3"} {
			logGroup(p, name)
		}
		p.answer("describe-log-groups-prefix", &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("group")})
	},
	"logs_groups::TestLogsGroups::test_list_log_groups_with_pattern": func(p *player) {
		logGroup(p, "a-group")
		p.answer("list-log-groups-no-match", &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("nothing")})
	},
	"logs_groups::TestLogsGroupsTags::test_create_log_group_with_tags": func(p *player) {
		p.call(&cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("group"), Tags: map[string]string{"env": "testing"}})
		p.answer("list-tags-after-create", &cloudwatchlogs.ListTagsLogGroupInput{LogGroupName: aws.String("group")})
	},
	"logs_groups::TestLogsGroupsTags::test_tag_log_group": func(p *player) {
		logGroup(p, "group")
		p.call(&cloudwatchlogs.TagLogGroupInput{LogGroupName: aws.String("group"), Tags: map[string]string{"tag_key_1": "tag_value_1"}})
		p.answer("list-tags-after-tag", &cloudwatchlogs.ListTagsLogGroupInput{LogGroupName: aws.String("group")})
	},
	"logs_groups::TestLogsGroupsTags::test_untag_log_group": func(p *player) {
		p.call(&cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("group"), Tags: map[string]string{"tag_key_1": "tag_value_1", "tag_key_2": "tag_value_2"}})
		p.call(&cloudwatchlogs.UntagLogGroupInput{LogGroupName: aws.String("group"), Tags: []string{"tag_key_1"}})
		p.answer("list-tags-after-untag", &cloudwatchlogs.ListTagsLogGroupInput{LogGroupName: aws.String("group")})
	},
	"logs_events::TestLogsEvents::test_put_log_events_too_old": func(p *player) { logTime(p, "response-too-old", -15*24*time.Hour) },
	"logs_events::TestLogsEvents::test_put_log_events_too_new": func(p *player) { logTime(p, "response-too-new", 3*time.Hour) },
	"logs_events::TestLogsEventsErrors::test_resource_does_not_exist": func(p *player) {
		in := &cloudwatchlogs.GetLogEventsInput{LogGroupName: aws.String("group"), LogStreamName: aws.String("stream")}
		p.answer("error-log-group-does-not-exist", in)
		logGroup(p, "group")
		p.answer("error-log-stream-does-not-exist", in)
	},
	"logs_metric_filters::TestMetricFilters::test_describe_metric_filters_by_prefix": func(p *player) {
		for i := range 2 {
			name := fmt.Sprint("group-", i)
			logGroup(p, name)
			p.call(&cloudwatchlogs.PutMetricFilterInput{LogGroupName: &name, FilterName: aws.String(fmt.Sprint("filter-", i)), FilterPattern: aws.String(fmt.Sprint("filterPattern", i)),
				MetricTransformations: []types.MetricTransformation{{MetricName: aws.String(fmt.Sprint("metric-", i)), MetricNamespace: aws.String(fmt.Sprint("space-", i)), MetricValue: aws.String(fmt.Sprint(i))}}})
		}
		p.answer("describe-by-prefix", &cloudwatchlogs.DescribeMetricFiltersInput{FilterNamePrefix: aws.String("filter-")})
	},
	"logs_metric_filters::TestMetricFilters::test_put_metric_filter_basic": func(p *player) {
		logGroup(p, "group")
		p.call(&cloudwatchlogs.PutMetricFilterInput{LogGroupName: aws.String("group"), FilterName: aws.String("filter"), FilterPattern: aws.String(" "),
			MetricTransformations: []types.MetricTransformation{{MetricName: aws.String("metric"), MetricNamespace: aws.String("space"), MetricValue: aws.String("1"), DefaultValue: aws.Float64(0)}}})
		p.answer("describe-metric-filters", &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("group")})
	},
	"logs_metric_filters::TestMetricFiltersValidation::test_put_metric_filter_invalid_filter_name": func(p *player) {
		logGroup(p, "group")
		p.answer("error-invalid-filter-name", &cloudwatchlogs.PutMetricFilterInput{LogGroupName: aws.String("group"), FilterName: aws.String(strings.Repeat("X", 513)), FilterPattern: aws.String(" "),
			MetricTransformations: []types.MetricTransformation{{MetricName: aws.String("metric"), MetricNamespace: aws.String("space"), MetricValue: aws.String("1")}}})
	},
	"logs_queries::TestCloudWatchLogsInsightsQueries::test_start_query_basic": func(p *player) {
		logGroup(p, "group")
		p.answer("start-query", logQuery(p, "group"))
	},
	"logs_queries::TestCloudWatchLogsInsightsQueries::test_start_query_log_group_not_found": func(p *player) {
		p.answer("error-log-group-not-found", logQuery(p, "group"))
	},
	"logs_queries::TestCloudWatchLogsInsightsQueries::test_describe_queries_with_status_filter": func(p *player) {
		logGroup(p, "group")
		p.call(logQuery(p, "group"))
		p.answer("describe-queries-scheduled", &cloudwatchlogs.DescribeQueriesInput{LogGroupName: aws.String("group"), Status: types.QueryStatusScheduled})
		p.answer("describe-queries-complete", &cloudwatchlogs.DescribeQueriesInput{LogGroupName: aws.String("group"), Status: types.QueryStatusComplete})
	},
	"logs_resource_policies::TestResourcePolicies::test_describe_resource_policies": func(p *player) {
		for i := range 3 {
			logPolicy(p, fmt.Sprint("policy-", i))
		}
		p.answer("describe-resource-policies", &cloudwatchlogs.DescribeResourcePoliciesInput{})
	},
	"logs_resource_policies::TestResourcePoliciesLimits::test_put_resource_policy_limit_exceeded": func(p *player) {
		for i := range 10 {
			logPolicy(p, fmt.Sprint("policy-", i))
		}
		p.answer("error-limit-exceeded", &cloudwatchlogs.PutResourcePolicyInput{PolicyName: aws.String("eleventh"), PolicyDocument: aws.String(route53)})
	},
	"logs_streams::TestLogsStreams::test_create_and_delete_log_stream": func(p *player) { logStreams(p, "describe-log-streams-after-create", false) },
	"logs_streams::TestLogsStreams::test_log_stream_arn_format":        func(p *player) { logStreams(p, "describe-log-streams-with-arn", false) },
	"logs_streams::TestLogsStreams::test_describe_log_streams_with_log_group_identifier": func(p *player) {
		logStreams(p, "describe-streams-identifier-name", true)
		p.answer("describe-streams-identifier-arn", &cloudwatchlogs.DescribeLogStreamsInput{LogGroupIdentifier: aws.String(fakeaws.ARN("logs", worldtest.Region, worldtest.Account, "log-group:group"))})
		p.answer("error-both-name-and-identifier", &cloudwatchlogs.DescribeLogStreamsInput{LogGroupIdentifier: aws.String("group"), LogGroupName: aws.String("group")})
	},
	"logs_subscription_filters::TestSubscriptionFilterUpdates::test_delete_subscription_filter_errors": func(p *player) {
		in := &cloudwatchlogs.DeleteSubscriptionFilterInput{LogGroupName: aws.String("group"), FilterName: aws.String("test")}
		p.answer("error-log-group-not-found", in)
		logGroup(p, "group")
		p.answer("error-filter-not-found", in)
	},
	"logs_subscription_filters::TestSubscriptionFilters::test_describe_subscription_filters_empty": func(p *player) {
		logGroup(p, "group")
		p.answer("describe-subscription-filters-empty", &cloudwatchlogs.DescribeSubscriptionFiltersInput{LogGroupName: aws.String("group")})
	},
}

func logGroup(p *player, name string) {
	p.call(&cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name})
}

// logTime puts an event of another time than now.
func logTime(p *player, answer string, ahead time.Duration) {
	logGroup(p, "group")
	p.call(&cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("group"), LogStreamName: aws.String("stream")})
	at := p.world.Clock().Now().Add(ahead).UnixMilli()
	p.answer(answer, &cloudwatchlogs.PutLogEventsInput{LogGroupName: aws.String("group"), LogStreamName: aws.String("stream"), LogEvents: []types.InputLogEvent{{Message: aws.String("x"), Timestamp: &at}}})
}

func logQuery(p *player, group string) *cloudwatchlogs.StartQueryInput {
	now := p.world.Clock().Now().Unix()
	return &cloudwatchlogs.StartQueryInput{LogGroupName: &group, StartTime: aws.Int64(now - 60), EndTime: aws.Int64(now), QueryString: aws.String("fields @message")}
}

const route53 = `{"Version":"2012-10-17","Statement":[{"Sid":"Route53LogsToCloudWatchLogs","Effect":"Allow","Principal":{"Service":"route53.amazonaws.com"},"Action":"logs:PutLogEvents","Resource":"log_arn"}]}`

func logPolicy(p *player, name string) {
	p.call(&cloudwatchlogs.PutResourcePolicyInput{PolicyName: &name, PolicyDocument: aws.String(route53)})
}

// logStreams lists the only stream of a log group.
func logStreams(p *player, answer string, identifier bool) {
	logGroup(p, "group")
	p.call(&cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("group"), LogStreamName: aws.String("stream")})
	in := &cloudwatchlogs.DescribeLogStreamsInput{LogGroupName: aws.String("group")}
	if identifier {
		in.LogGroupName, in.LogGroupIdentifier = nil, aws.String("group")
	}
	p.answer(answer, in)
}
