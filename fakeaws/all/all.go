// Package all makes Worlds that have every service.
package all

import (
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/accessanalyzer"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/apigateway"
	"github.com/leastpriv/leastpriv/fakeaws/cloudformation"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/firehose"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
	"github.com/leastpriv/leastpriv/fakeaws/lambda"
	"github.com/leastpriv/leastpriv/fakeaws/organizations"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/scheduler"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
	"github.com/leastpriv/leastpriv/fakeaws/ses"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// Services returns the services that every World has.
func Services() []fakeaws.Service {
	return []fakeaws.Service{
		iam.Service,
		organizations.Service,
		s3.Service,
		s3.ControlService,
		sqs.Service,
		sts.Service,
	}
}

// OptIn returns the fakes that Worlds have only when asked, as awstest.With does: in other
// Worlds a stub or another emulator answers for the service.
func OptIn() []fakeaws.Service {
	return []fakeaws.Service{accessanalyzer.Service, apigateway.Service, cloudformation.Service, cloudwatchlogs.Service, dynamodb.Service, dynamodb.StreamsService, eventbridge.Service, firehose.Service, kinesis.Service, kms.Service, lambda.Service, scheduler.Service, secretsmanager.Service, ses.Service, ses.ServiceV2, sns.Service, stepfunctions.Service}
}

// Every returns every service that there is a fake of.
func Every() []fakeaws.Service { return slices.Concat(Services(), Previews(), OptIn()) }

// Previews returns the fakes of services that AWS has as previews. Worlds have them only
// when asked: with IAM Toolbox the texts of denials end with authorization ids.
func Previews() []fakeaws.Service { return []fakeaws.Service{iamtoolbox.Service} }

// NewWorld makes a World with the services of a config and with [Services].
func NewWorld(cfg fakeaws.Config) *fakeaws.World {
	cfg.Services = append(cfg.Services, Services()...)
	if cfg.Others == nil {
		cfg.Others = anyservice.Services{}
	}
	return fakeaws.NewWorld(cfg)
}
