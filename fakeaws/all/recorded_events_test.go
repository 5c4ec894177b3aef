package all_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func init() {
	packages["eventbridge"] = "events"
	knownDifferences["events *.message: should be missing*"] = "boto3's model of EventBridge has no members of errors"
	knownDifferences["events *test_create_connection_name_validation create-connection-invalid-name-error no text *"] = "the scenario has the text: the code makes it of a pattern"
	recordedServices["events"] = recordedService{schema: "events", folder: "eventbridge", scenarios: eventsScenarios}
}

const eventsTests = "events::TestEventRule::test_"

// eventsScenarios make the calls of recorded tests of EventBridge.
var eventsScenarios = map[string]scenario{
	eventsTests + "describe_nonexistent_rule": func(p *player) {
		p.answer("describe-not-existing-rule-error", &eventbridge.DescribeRuleInput{Name: aws.String("missing")})
	},
	eventsTests + "delete_rule_with_targets": func(p *player) {
		p.call(&eventbridge.PutRuleInput{Name: aws.String("r"), EventPattern: aws.String(updateAccount)})
		p.call(&eventbridge.PutTargetsInput{Rule: aws.String("r"), Targets: []ebtypes.Target{{Id: aws.String("t"), Arn: aws.String("arn:aws:sqs:us-east-1:000000000000:q")}}})
		p.answer("delete-rule-with-targets-error", &eventbridge.DeleteRuleInput{Name: aws.String("r")})
	},
	eventsTests + "disable_re_enable_rule": func(p *player) {
		bus := p.bus()
		name := aws.String("r")
		p.call(&eventbridge.PutRuleInput{Name: name, EventBusName: bus, EventPattern: aws.String(updateAccount)})
		p.answer("disable-rule", &eventbridge.DisableRuleInput{Name: name, EventBusName: bus})
		p.answer("describe-rule-disabled", &eventbridge.DescribeRuleInput{Name: name, EventBusName: bus})
		p.answer("enable-rule", &eventbridge.EnableRuleInput{Name: name, EventBusName: bus})
		p.answer("describe-rule-enabled", &eventbridge.DescribeRuleInput{Name: name, EventBusName: bus})
	},
	eventsTests + "put_multiple_rules_with_same_name": func(p *player) {
		p.call(&eventbridge.CreateEventBusInput{Name: aws.String("bus")})
		in := &eventbridge.PutRuleInput{Name: aws.String("r"), EventBusName: aws.String("bus"), EventPattern: aws.String(updateAccount)}
		p.answer("put-rule", in)
		p.answer("re-put-rule", in)
		p.answer("list-rules", &eventbridge.ListRulesInput{EventBusName: aws.String("bus")})
	},
	"events::TestEventBus::test_describe_delete_not_existing_event_bus": func(p *player) {
		p.answer("describe-not-existing-event-bus-error", &eventbridge.DescribeEventBusInput{Name: aws.String("missing")})
		p.answer("delete-not-existing-event-bus", &eventbridge.DeleteEventBusInput{Name: aws.String("missing")})
	},
	"api_destinations_and_connection::TestEventBridgeConnections::test_create_connection_name_validation": func(p *player) {
		p.answer("create-connection-invalid-name-error", &eventbridge.CreateConnectionInput{Name: aws.String("Invalid Name With Spaces!"),
			AuthorizationType: ebtypes.ConnectionAuthorizationTypeBasic, AuthParameters: &ebtypes.CreateConnectionAuthRequestParameters{
				BasicAuthParameters: &ebtypes.CreateConnectionBasicAuthRequestParameters{Username: aws.String("u"), Password: aws.String("p")}}})
	},
	"events::TestEvents::test_put_event_without_detail": func(p *player) {
		p.answer("put-events", &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{Source: aws.String("s"), DetailType: aws.String("t")}}})
	},
	"events::TestEvents::test_put_event_without_detail_type": func(p *player) {
		p.answer("put-events", &eventbridge.PutEventsInput{Entries: []ebtypes.PutEventsRequestEntry{{Source: aws.String("s"), Detail: aws.String("{}")}}})
	},
}

// updateAccount is the pattern of recorded rules.
const updateAccount = `{"source": ["core.update-account-command"], "detail-type": ["core.update-account-command"], "detail": {"command": ["update-account"]}}`

// bus is the bus that a recorded test is about.
func (p *player) bus() *string {
	if p.param != "custom" {
		return nil
	}
	p.call(&eventbridge.CreateEventBusInput{Name: aws.String("bus")})
	return aws.String("bus")
}
