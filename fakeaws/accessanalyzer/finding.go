package accessanalyzer

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A finding is one finding of an analyzer.
type finding struct {
	id           string
	kind         types.FindingType
	status       types.FindingStatus
	resource     string
	resourceType types.ResourceType
	account      string
	created      time.Time
	updated      time.Time
	analyzed     time.Time
	// access is what a finding of external access is about.
	access
	// details are those of a finding of unused access.
	details []types.FindingDetails
}

func (x *finding) set(status types.FindingStatus, now time.Time) {
	if x.status != status {
		x.status, x.updated = status, now
	}
}

// An analyzed is a resource that an analyzer looks at.
type analyzed struct {
	arn, account string
	kind         types.ResourceType
	created      time.Time
	updated      time.Time
	at           time.Time
	fingerprint  string // of what accesses was found in
	accesses     []*access
}

// resolvedFor is how long findings that are resolved are kept ("Resolved findings are deleted
// 90 days after the last update" of the User Guide).
const resolvedFor = 90 * 24 * time.Hour

// A seen is what a look at the World has found under a key.
type seen map[string]*finding

// scan looks at the World, and brings the findings of an analyzer up to date. It is done when
// somebody asks for them: AWS looks at a resource some minutes after it was changed, and
// nobody can tell the difference but by the times. No lock is held when it begins.
func (s *Fake) scan(ctx context.Context, a *analyzer) error {
	s.mu.Lock()
	status, _ := s.status(a)
	known := maps.Clone(a.analyzed)
	s.mu.Unlock()
	if status != types.AnalyzerStatusActive {
		return nil
	}
	var found seen
	var resources map[string]*analyzed
	var err error
	if a.unused() {
		found, resources, err = s.lookForUnused(ctx, a)
	} else {
		found, resources, err = s.lookForExternal(ctx, a, known)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	changed := s.update(a, found, resources)
	var events []*fakeaws.ServiceEvent
	for _, x := range changed {
		events = append(events, a.event(x, s.now()))
	}
	s.mu.Unlock()
	for _, e := range events {
		s.world.PutServiceEvent(ctx, e)
	}
	return nil
}

// lookForExternal finds what is shared outside of the zone of trust.
func (s *Fake) lookForExternal(ctx context.Context, a *analyzer, known map[string]*analyzed) (seen, map[string]*analyzed, error) {
	found, resources, now := make(seen), make(map[string]*analyzed), s.now()
	for _, r := range s.shared(ctx, s.zoneOf(a)) {
		if r.Region != "" && r.Region != a.id.region {
			continue
		}
		entry := &analyzed{arn: r.ARN, account: r.Account, kind: types.ResourceType(r.Type), created: now, updated: now, at: now, fingerprint: r.fingerprint()}
		if old := known[r.ARN]; old != nil {
			entry.created, entry.updated = old.created, old.updated
			if old.fingerprint == entry.fingerprint {
				entry.accesses = old.accesses
			} else {
				entry.updated = now
			}
		}
		if old := known[r.ARN]; old == nil || old.fingerprint != entry.fingerprint {
			var err error
			if entry.accesses, err = r.accesses(ctx); err != nil {
				return nil, nil, err
			}
		}
		resources[r.ARN] = entry
		for _, x := range entry.accesses {
			found[r.ARN+"\n"+x.key()] = &finding{kind: types.FindingTypeExternalAccess, resource: r.ARN, resourceType: entry.kind, account: r.Account, access: *x}
		}
	}
	return found, resources, nil
}

// fingerprint is all that what is found in a resource depends on.
func (r *shared) fingerprint() string {
	var b strings.Builder
	write := func(text string) { b.WriteString(text + "\n") }
	for _, account := range r.zone.accounts {
		write(account)
	}
	write(r.zone.organization)
	if r.Policy != nil {
		write(r.Policy.Version())
		for _, st := range r.Policy.Statements() {
			write(st.Document())
		}
	}
	if r.Beside != nil {
		for _, st := range r.Beside.Statements() {
			write("beside " + st.Document())
		}
	}
	if r.restricted {
		write("RCP")
	}
	return b.String()
}

// update brings the findings up to date, and returns those that are new or changed. The lock is held.
func (s *Fake) update(a *analyzer, found seen, resources map[string]*analyzed) (changed []*finding) {
	now := s.now()
	for _, key := range slices.Sorted(maps.Keys(found)) {
		if x := s.see(a, key, found[key], now); x != nil {
			changed = append(changed, x)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.findings)) {
		x := a.findings[key]
		if found[key] != nil {
			continue
		}
		if x.status != types.FindingStatusResolved {
			x.analyzed = now
			x.set(types.FindingStatusResolved, now)
			changed = append(changed, x)
		} else if now.Sub(x.updated) > resolvedFor {
			delete(a.findings, key)
		}
	}
	a.analyzed = resources
	if last := slices.Sorted(maps.Keys(resources)); len(last) > 0 {
		a.last, a.lastAt = last[len(last)-1], now
	}
	return changed
}

// see enters what was found under a key; nil when it is as it was.
func (s *Fake) see(a *analyzer, key string, x *finding, now time.Time) *finding {
	old := a.findings[key]
	x.analyzed, x.status = now, types.FindingStatusActive
	switch {
	case old == nil:
		x.id, x.created, x.updated = s.world.IDs().UUID(), now, now
	case old.status == types.FindingStatusResolved:
		x.id, x.created, x.updated = old.id, old.created, now
	default:
		x.id, x.created, x.updated, x.status = old.id, old.created, old.updated, old.status
		same := reflect.DeepEqual(old.access, x.access) && reflect.DeepEqual(old.details, x.details)
		if !same {
			x.updated = now
		}
		a.findings[key] = x
		if same {
			return nil
		}
		return x
	}
	if a.archives(x) {
		x.status = types.FindingStatusArchived
	}
	a.findings[key] = x
	return x
}

// sorted are the findings of the analyzer by their ids.
func (a *analyzer) sorted(f filter) []*finding {
	var all []*finding
	for _, x := range a.findings {
		if f.admits(x) {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(x, y *finding) int { return strings.Compare(x.id, y.id) })
	return all
}
