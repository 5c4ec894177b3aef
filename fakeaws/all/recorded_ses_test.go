package all_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	sestypes "github.com/aws/aws-sdk-go-v2/service/ses/types"
)

func init() {
	packages["ses"] = "ses"
	recordedServices["ses"] = recordedService{schema: "ses", folder: "ses", scenarios: sesScenarios}
}

const sesTests = "ses::TestSES::test_"

// sesScenarios make the calls of recorded tests of Amazon SES.
var sesScenarios = map[string]scenario{
	sesTests + "creating_event_destination_without_configuration_set": func(p *player) {
		p.answer("create-error", &awsses.CreateConfigurationSetEventDestinationInput{ConfigurationSetName: aws.String("<config-set>"), EventDestination: destinationOfRecording})
	},
	sesTests + "deleting_non_existent_configuration_set": func(p *player) {
		p.answer("delete-error", &awsses.DeleteConfigurationSetInput{ConfigurationSetName: aws.String("<config-set>")})
	},
	sesTests + "delete_template": func(p *player) {
		p.answer("list-templates-empty", &awsses.ListTemplatesInput{})
		p.call(helloWorld)
		p.answer("list-templates-after-create", &awsses.ListTemplatesInput{})
		p.answer("delete-template", &awsses.DeleteTemplateInput{TemplateName: aws.String("hello-world")})
		p.answer("list-templates-after-delete", &awsses.ListTemplatesInput{})
	},
	sesTests + "list_templates": func(p *player) {
		p.answer("create-template", helloWorld)
		p.answer("list-templates-1", &awsses.ListTemplatesInput{})
		p.answer("list-templates-2", &awsses.ListTemplatesInput{})
	},
	sesTests + "set_identity_headers_in_notifications_enabled_failure_invalid_type": func(p *player) {
		p.answer("set-headers-error-invalidtype", &awsses.SetIdentityHeadersInNotificationsEnabledInput{Identity: aws.String("a@example.com"), NotificationType: "InvalidType", Enabled: true})
	},
}

var (
	helloWorld             = &awsses.CreateTemplateInput{Template: &sestypes.Template{TemplateName: aws.String("hello-world"), SubjectPart: aws.String("Subject"), TextPart: aws.String("hello world")}}
	destinationOfRecording = &sestypes.EventDestination{Name: aws.String("d"), Enabled: true, MatchingEventTypes: []sestypes.EventType{sestypes.EventTypeSend}, SNSDestination: &sestypes.SNSDestination{TopicARN: aws.String("arn:aws:sns:us-east-1:000000000000:t")}}
)
