package iam

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A usage is one operation that a principal called in one region, and when last.
// Denied calls count, as they do in AWS (User Guide "Refine permissions in AWS
// using last accessed information").
type usage = fakeaws.Use

// trackingPeriod is for how long IAM reports the use of a role or service (data
// type "RoleLastUsed"). Access keys tell of their last use for ever.
const trackingPeriod = 400 * 24 * time.Hour

func (a *account) forgotten(use usage) bool { return a.now().Sub(use.Time) > trackingPeriod }

// used returns what a principal was used for in the tracking period, the latest
// first.
func (e *entity) used() []usage {
	uses := e.uses.All()
	for i := range uses {
		if e.account.forgotten(uses[i]) {
			return uses[:i]
		}
	}
	return uses
}

// notUsed is what IAM says of a key that was never used, in place of a service
// and region.
const notUsed = "N/A"

func (k *accessKey) lastUsed() *types.AccessKeyLastUsed {
	last, ok := k.uses.Last()
	if !ok {
		return &types.AccessKeyLastUsed{Region: aws.String(notUsed), ServiceName: aws.String(notUsed)}
	}
	return &types.AccessKeyLastUsed{
		LastUsedDate: aws.Time(last.Time.Truncate(time.Second)),
		Region:       aws.String(last.Region),
		ServiceName:  aws.String(last.Service),
	}
}

// roleLastUsed is the latest call of any session of a role.
func (e *entity) roleLastUsed() *types.RoleLastUsed {
	last, ok := e.uses.Last()
	if !ok || e.account.forgotten(last) {
		return &types.RoleLastUsed{}
	}
	return &types.RoleLastUsed{LastUsedDate: aws.Time(last.Time.Truncate(time.Second)), Region: aws.String(last.Region)}
}
