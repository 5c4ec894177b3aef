package secretsmanager

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func (s *Fake) versionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.listSecretVersionIDs),
		fakeaws.Bind(s.updateSecretVersionStage),
	}
}

// The quotas of versions and labels (User Guide, "AWS Secrets Manager quotas").
const (
	maxLabels = 20
	// maxVersions is about how many versions a secret keeps. "Secrets Manager removes
	// unlabeled versions when there are more than 100, but it does not remove versions
	// created less than 24 hours ago." That the number is exact is unverified.
	maxVersions = 100
	keptFor     = 24 * time.Hour
)

// addVersion adds a version without labels. It makes room by removing the oldest ones that
// are deprecated.
func (c *content) addVersion(v *version, now time.Time) error {
	for len(c.versions) >= maxVersions {
		i := slices.IndexFunc(c.versions, func(old *version) bool {
			return now.Sub(old.created) >= keptFor && !c.labeled(old)
		})
		if i < 0 {
			return limitExceeded(textManyVersions)
		}
		c.versions = slices.Delete(c.versions, i, i+1)
	}
	c.versions = append(c.versions, v)
	return nil
}

func (c *content) labeled(v *version) bool {
	for _, of := range c.labels {
		if of == v {
			return true
		}
	}
	return false
}

// roomForLabels refuses labels that are too many.
func (c *content) roomForLabels(labels []string) error {
	all := make(map[string]bool, len(labels)+len(c.labels)+1)
	for label := range c.labels {
		all[label] = true
	}
	for _, label := range labels {
		if label == current && c.labels[current] != nil {
			all[previous] = true
		}
		all[label] = true
	}
	if len(all) > maxLabels {
		return limitExceeded(textManyLabels)
	}
	return nil
}

// attach attaches a label to a version, and takes it from another. AWSPREVIOUS follows
// AWSCURRENT: to the version that this was taken from.
func (c *content) attach(v *version, label string) error {
	if err := c.roomForLabels([]string{label}); err != nil {
		return err
	}
	if old := c.labels[label]; label == current && old != nil && old != v {
		c.labels[previous] = old
	}
	c.labels[label] = v
	return nil
}

// updateSecretVersionStage moves a label to a version, or removes it.
func (s *Fake) updateSecretVersionStage(call *fakeaws.Call, in *sm.UpdateSecretVersionStageInput) (*fakeaws.Plan[*sm.UpdateSecretVersionStageOutput], error) {
	return onSecret(s, call, in, in.SecretId, 0, func(x *secret) (*sm.UpdateSecretVersionStageOutput, error) {
		if err := x.move(*in.VersionStage, in.RemoveFromVersionId, in.MoveToVersionId); err != nil {
			return nil, err
		}
		now := s.now()
		x.changed = now
		x.rotation.labelsMoved(x.content, now)
		return &sm.UpdateSecretVersionStageOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name)}, nil
	}, setString("secretsmanager:VersionStage", in.VersionStage))
}

// move takes a label from one version and attaches it to another; either may be none.
func (c *content) move(label string, from, to *string) error {
	if from == nil && to == nil {
		return invalidParameter(textNoMove)
	}
	var target *version
	if to != nil {
		if target = c.version(*to); target == nil {
			return notFound(fmt.Sprintf(textNoVersion, *to))
		}
	}
	if from != nil && c.version(*from) == nil {
		return notFound(fmt.Sprintf(textNoVersion, *from))
	}
	holder := c.labels[label]
	switch {
	case from != nil && (holder == nil || holder.id != *from):
		return invalidParameterf(textNotOnVersion, label, *from)
	case from == nil && holder != nil && holder != target:
		return invalidParameterf(textLabelAttached, label, holder.id)
	case target == nil && label == current:
		return invalidParameter(textCurrentStays)
	case target == nil:
		delete(c.labels, label)
		return nil
	}
	return c.attach(target, label)
}

// listSecretVersionIDs lists the versions of a secret. That the newest is first is
// unverified.
func (s *Fake) listSecretVersionIDs(call *fakeaws.Call, in *sm.ListSecretVersionIdsInput) (*fakeaws.Plan[*sm.ListSecretVersionIdsOutput], error) {
	return onSecret(s, call, in, in.SecretId, deletedToo|replicasToo, func(x *secret) (*sm.ListSecretVersionIdsOutput, error) {
		after, ok := page.After(in.NextToken)
		if !ok {
			return nil, invalidToken()
		}
		newest := slices.Clone(x.versions)
		slices.Reverse(newest)
		show := func(v *version) (types.SecretVersionsListEntry, bool) {
			labels := x.labelsOf(v)
			return types.SecretVersionsListEntry{
				VersionId: aws.String(v.id), VersionStages: labels, CreatedDate: aws.Time(v.created),
				LastAccessedDate: timeOf(day(v.accessed)), KmsKeyIds: x.shownKeys(v),
			}, labels != nil || aws.ToBool(in.IncludeDeprecated)
		}
		p := page.Of(page.Numbered(newest), after, page.Size(in.MaxResults, maxListed), show)
		return &sm.ListSecretVersionIdsOutput{ARN: aws.String(x.arn()), Name: aws.String(x.id.name), Versions: p.Items, NextToken: p.Next}, nil
	})
}

// shownKeys are the KMS keys of a version as answers have them.
func (x *secret) shownKeys(v *version) []string {
	keys := slices.Clone(x.keysOf(v))
	for i, key := range keys {
		if isManaged(key) {
			keys[i] = "DefaultEncryptionKey"
		}
	}
	return keys
}
