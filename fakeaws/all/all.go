// Package all makes Worlds that have every service.
package all

import (
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/organizations"
	"github.com/leastpriv/leastpriv/fakeaws/s3"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// Services returns every service that there is a fake of.
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

// NewWorld makes a World with every service that there is a fake of.
func NewWorld(cfg fakeaws.Config) *fakeaws.World {
	cfg.Services = append(cfg.Services, Services()...)
	return fakeaws.NewWorld(cfg)
}
