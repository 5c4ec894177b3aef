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

// used returns what a user or role was used for, the latest first. The lock is
// held.
func (s *Service) used(entityID string) []usage {
	if e, ok := s.byID[entityID]; ok {
		return e.uses.All()
	}
	return nil
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
	if !ok {
		return &types.RoleLastUsed{}
	}
	return &types.RoleLastUsed{LastUsedDate: aws.Time(last.Time.Truncate(time.Second)), Region: aws.String(last.Region)}
}
