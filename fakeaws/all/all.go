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
		fakeaws.Registration{Name: "iam", New: func(w *fakeaws.World) fakeaws.Service { return iam.New(w) }},
		fakeaws.Registration{Name: "organizations", New: func(w *fakeaws.World) fakeaws.Service { return organizations.New(w) }},
		fakeaws.Registration{Name: "s3", Anonymous: true, New: func(w *fakeaws.World) fakeaws.Service { return s3.New(w) }},
		fakeaws.Registration{Name: "s3-control", New: func(w *fakeaws.World) fakeaws.Service { return s3.NewControl(w.Service("s3").(*s3.Service)) }},
		fakeaws.Registration{Name: "sqs", Anonymous: true, New: func(w *fakeaws.World) fakeaws.Service { return sqs.New(w) }},
		fakeaws.Registration{Name: "sts", New: func(w *fakeaws.World) fakeaws.Service { return sts.New(w) }},
	)
	return fakeaws.NewWorld(cfg)
}
