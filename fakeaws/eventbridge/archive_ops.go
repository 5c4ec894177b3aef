package eventbridge

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

func (s *Fake) archiveOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createArchive),
		fakeaws.Bind(s.updateArchive),
		fakeaws.Bind(s.deleteArchive),
		fakeaws.Bind(s.describeArchive),
		fakeaws.Bind(s.listArchives),
	}
}

// An archive keeps the events of a bus that match its pattern. (AWS fills it by a managed
// rule of the bus, which lists of rules show there and do not here.)
type archive struct {
	id          named
	bus         busID
	description *string
	kmsKey      *string
	patternText *string
	pattern     *eventpattern.Pattern
	days        int32 // 0 is for ever
	created     time.Time
	events      []*event
	size        int64
	gone        bool
}

// maxArchived is how many events an archive keeps here: the latest. AWS's have no bound.
const maxArchived = 10_000

func (id named) arn(kind string) string {
	return fakeaws.ARN("events", id.region, id.account, kind+"/"+id.name)
}

// archive has the archives of a bus keep an event. The lock is held.
func (s *Fake) archive(b *bus, e *event) {
	for _, a := range s.archives {
		if a.bus != b.id || a.pattern != nil && !a.pattern.Match(e.parsed) {
			continue
		}
		a.expire(s.now())
		if len(a.events) == maxArchived {
			a.size -= int64(len(a.events[0].document))
			a.events = slices.Clone(a.events[1:])
		}
		a.events = append(a.events, e)
		a.size += int64(len(e.document))
	}
}

// expire forgets the events whose retention is over.
func (a *archive) expire(now time.Time) {
	if a.days == 0 {
		return
	}
	before := now.AddDate(0, 0, -int(a.days))
	for len(a.events) > 0 && a.events[0].record.Published.Before(before) {
		a.size -= int64(len(a.events[0].document))
		a.events = a.events[1:]
	}
}

// needNamed is the permission on something by its name.
func needNamed(call *fakeaws.Call, kind string, id named) fakeaws.Need {
	return fakeaws.Need{Action: "events:" + call.Operation, Resource: id.arn(kind), ResourceAccount: id.account}
}

func (s *Fake) createArchive(call *fakeaws.Call, in *eb.CreateArchiveInput) (*fakeaws.Plan[*eb.CreateArchiveOutput], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	source, ok := parseBusARN(*in.EventSourceArn)
	if !ok {
		return nil, invalidf(textArchiveSource, *in.EventSourceArn)
	}
	a := &archive{
		id: named{call.Account, call.Region, *in.ArchiveName}, bus: source, description: in.Description, kmsKey: in.KmsKeyIdentifier,
		days: aws.ToInt32(in.RetentionDays), created: s.now(),
	}
	if err := a.setPattern(in.EventPattern); err != nil {
		return nil, err
	}
	s.mu.Lock()
	_, onBus := s.need("events:CreateArchive", source)
	s.mu.Unlock()
	return planned(s, []fakeaws.Need{needNamed(call, "archive", a.id), onBus}, func() (*eb.CreateArchiveOutput, error) {
		if s.archives[a.id] != nil {
			return nil, exists(textArchiveExists, a.id.name)
		}
		if b := s.bus(source); b == nil {
			return nil, noBus(source.name)
		}
		s.archives[a.id] = a
		return &eb.CreateArchiveOutput{ArchiveArn: aws.String(a.id.arn("archive")), CreationTime: aws.Time(a.created), State: types.ArchiveStateEnabled}, nil
	}), nil
}

func (a *archive) setPattern(text *string) (err error) {
	a.patternText, a.pattern = text, nil
	if aws.ToString(text) == "" {
		return nil
	}
	if a.pattern, err = eventpattern.Parse(*text); err != nil {
		return badPattern(err)
	}
	return nil
}

// onArchive plans an operation on one archive of the caller.
func onArchive[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*archive) (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id := named{call.Account, call.Region, *name}
	s.mu.Lock()
	a := s.archives[id]
	s.mu.Unlock()
	return planned(s, []fakeaws.Need{needNamed(call, "archive", id)}, func() (none O, err error) {
		if a == nil || a.gone {
			return none, notFound(textNoArchive, id.name)
		}
		a.expire(s.now())
		return do(a)
	}), nil
}

func (s *Fake) updateArchive(call *fakeaws.Call, in *eb.UpdateArchiveInput) (*fakeaws.Plan[*eb.UpdateArchiveOutput], error) {
	return onArchive(s, call, in, in.ArchiveName, func(a *archive) (*eb.UpdateArchiveOutput, error) {
		if in.EventPattern != nil {
			if err := a.setPattern(in.EventPattern); err != nil {
				return nil, err
			}
		}
		if in.Description != nil {
			a.description = in.Description
		}
		if in.KmsKeyIdentifier != nil {
			a.kmsKey = in.KmsKeyIdentifier
		}
		if in.RetentionDays != nil {
			a.days = *in.RetentionDays
		}
		return &eb.UpdateArchiveOutput{ArchiveArn: aws.String(a.id.arn("archive")), CreationTime: aws.Time(a.created), State: types.ArchiveStateEnabled}, nil
	})
}

func (s *Fake) deleteArchive(call *fakeaws.Call, in *eb.DeleteArchiveInput) (*fakeaws.Plan[*eb.DeleteArchiveOutput], error) {
	return onArchive(s, call, in, in.ArchiveName, func(a *archive) (*eb.DeleteArchiveOutput, error) {
		a.gone = true
		delete(s.archives, a.id)
		return &eb.DeleteArchiveOutput{}, nil
	})
}

func (s *Fake) describeArchive(call *fakeaws.Call, in *eb.DescribeArchiveInput) (*fakeaws.Plan[*eb.DescribeArchiveOutput], error) {
	return onArchive(s, call, in, in.ArchiveName, func(a *archive) (*eb.DescribeArchiveOutput, error) {
		e := a.entry()
		return &eb.DescribeArchiveOutput{
			ArchiveArn: aws.String(a.id.arn("archive")), ArchiveName: e.ArchiveName, CreationTime: e.CreationTime, Description: a.description,
			EventCount: e.EventCount, EventPattern: a.patternText, EventSourceArn: e.EventSourceArn, KmsKeyIdentifier: a.kmsKey,
			RetentionDays: e.RetentionDays, SizeBytes: e.SizeBytes, State: e.State,
		}, nil
	})
}

func (a *archive) entry() types.Archive {
	return types.Archive{
		ArchiveName: aws.String(a.id.name), CreationTime: aws.Time(a.created), EventCount: int64(len(a.events)), SizeBytes: a.size,
		EventSourceArn: aws.String(a.bus.arn()), RetentionDays: aws.Int32(a.days), State: types.ArchiveStateEnabled,
	}
}

func (s *Fake) listArchives(call *fakeaws.Call, in *eb.ListArchivesInput) (*fakeaws.Plan[*eb.ListArchivesOutput], error) {
	return onAccount(s, call, in, func() (*eb.ListArchivesOutput, error) {
		all := ofAccount(call, s.archives, func(a *archive) bool {
			a.expire(s.now())
			return (in.EventSourceArn == nil || a.bus.arn() == *in.EventSourceArn) && (in.State == "" || in.State == types.ArchiveStateEnabled)
		})
		p, err := listed(all, in.NextToken, in.Limit, in.NamePrefix, func(a *archive) string { return a.id.name }, (*archive).entry)
		if err != nil {
			return nil, err
		}
		return &eb.ListArchivesOutput{Archives: p.Items, NextToken: p.Next}, nil
	})
}

// ofAccount are the values of the caller in its region, by name.
func ofAccount[V any](call *fakeaws.Call, m map[named]V, keep func(V) bool) []V {
	var ids []named
	for id, v := range m {
		if id.account == call.Account && id.region == call.Region && keep(v) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b named) int { return strings.Compare(a.name, b.name) })
	all := make([]V, len(ids))
	for i, id := range ids {
		all[i] = m[id]
	}
	return all
}
