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

// NewWorld makes a World with every service that there is a fake of.
func NewWorld(cfg fakeaws.Config) *fakeaws.World {
	cfg.Services = append(cfg.Services,
		iam.Service,
		organizations.Service,
		s3.Service,
		s3.ControlService,
		sqs.Service,
		sts.Service,
	)
	return fakeaws.NewWorld(cfg)
}
