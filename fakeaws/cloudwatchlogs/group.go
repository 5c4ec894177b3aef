package cloudwatchlogs

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A groupID names a log group.
type groupID struct{ account, region, name string }

func (id groupID) place() place { return place{id.account, id.region} }

// arn is the ARN of a log group, without the ":*" behind it.
func (id groupID) arn() string {
	return fakeaws.ARN(serviceName, id.region, id.account, "log-group:"+id.name)
}

// The resources of permissions. What is asked about a log group has the name of no stream, as
// denials show it ("log-group:NAME:log-stream:"): so a policy needs the ":*" behind the name.
// The actions of tags are about the ARN alone ("CloudWatch Logs resources and operations" of
// the user guide).
func (id groupID) whole() string { return id.arn() + noStream }

func (id groupID) stream(name string) string { return id.arn() + noStream + name }

const noStream = ":log-stream:"

// A group is a log group.
type group struct {
	id        groupID
	class     types.LogGroupClass
	created   time.Time
	key       string // the ARN of a KMS key
	retention int32  // in days; 0 is for ever
	protected bool
	tags      map[string]string
	policy    *scopedPolicy // of the group itself; nil is none
	streams   btree.Map[string, *stream]
	metrics   btree.Map[string, *metricFilter]
	filters   btree.Map[string, *subscription]
	stored    int64 // bytes
	gone      bool
}

// noPolicy stands for the policy of a resource that has none.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// named reads the name of a log group of the caller's. A service, which has no account, names
// one by its ARN: only Go code can.
func named(call *fakeaws.Call, name *string) groupID {
	if id, _, ok := delivered(call, name); ok {
		return id
	}
	return groupID{call.Account, call.Region, aws.ToString(name)}
}

// delivered reads the ARN by which a service names a log group to which it delivers.
func delivered(call *fakeaws.Call, name *string) (groupID, string, bool) {
	if call.Host() != "" || name == nil {
		return groupID{}, "", false
	}
	return parseARN(*name)
}

// parseARN reads the ARN of a log group, with or without ":*", or of a stream.
func parseARN(text string) (id groupID, stream string, ok bool) {
	parsed, err := awsarn.Parse(text)
	rest, found := strings.CutPrefix(parsed.Resource, "log-group:")
	if err != nil || !found || parsed.Service != serviceName || parsed.Partition != "aws" || parsed.Region == "" || !awsid.IsAccount(parsed.AccountID) {
		return groupID{}, "", false
	}
	name, stream, _ := strings.Cut(rest, noStream)
	name = strings.TrimSuffix(name, ":*")
	return groupID{parsed.AccountID, parsed.Region, name}, stream, isGroupName(name)
}

const maxName = 512

func isGroupName(name string) bool {
	return name != "" && len(name) <= maxName && strings.IndexFunc(name, func(c rune) bool {
		return c >= utf8.RuneSelf || !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(".-_/#", c))
	}) < 0
}

// identified reads the name or the identifier of a log group, which is a name or an ARN.
func identified(call *fakeaws.Call, name, identifier *string) (groupID, error) {
	switch {
	case name != nil && identifier != nil:
		return groupID{}, invalid(textBothIdentifiers)
	case name != nil:
		return named(call, name), nil
	case identifier == nil:
		return groupID{}, invalidParameter(textNoIdentifier)
	}
	return identify(call, *identifier)
}

// identify reads the identifier of a log group. An ARN has no ":*" behind it: "If you specify
// the ARN, it must not end with an asterisk". It is of the call's region.
func identify(call *fakeaws.Call, identifier string) (groupID, error) {
	if !strings.HasPrefix(identifier, "arn:") {
		if !isGroupName(identifier) {
			return groupID{}, invalidParameter(textIdentifier)
		}
		return groupID{call.Account, call.Region, identifier}, nil
	}
	id, stream, ok := parseARN(identifier)
	if !ok || stream != "" || strings.HasSuffix(identifier, "*") || id.region != call.Region {
		return groupID{}, invalidParameter(textIdentifier)
	}
	return id, nil
}

// checkNames refuses names that are too long in the words that CloudWatch Logs has for it.
func checkNames(names ...*string) error {
	for _, name := range names {
		if utf8.RuneCountInString(aws.ToString(name)) > maxName {
			return invalidParameter(textLongName)
		}
	}
	return nil
}

// find finds a log group; nil where there is none. The lock is held.
func (s *Fake) find(id groupID) *group {
	g, _ := s.at(id.place()).groups.Get(id.name)
	return g
}

// exists returns the error of a log group that is missing, or was deleted since it was found.
func (g *group) exists() error {
	if g == nil || g.gone {
		return notFound(textNoGroup)
	}
	return nil
}

// need is a permission on a log group or what belongs to it. A group that does not exist is
// judged like one without a policy, so that only who may see it learns that it is missing.
// The lock is held.
func (s *Fake) need(call *fakeaws.Call, action string, id groupID, resource string) fakeaws.Need {
	g := s.find(id)
	need := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: id.account, Policy: s.guarding(call, id, g, action)}
	if g != nil {
		for key, value := range g.tags {
			need.Context.Set("aws:ResourceTag/"+key, value)
		}
	}
	return need
}

// anywhere is a permission on no resource in particular.
func anywhere(call *fakeaws.Call, action string) fakeaws.Need {
	return fakeaws.Need{Action: action, Resource: "*", ResourceAccount: call.Account}
}

// onAccount plans an operation that is about no log group.
func onAccount[O any](s *Fake, call *fakeaws.Call, in any, do func() (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{anywhere(call, "logs:"+call.Operation)}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do()
	}}, nil
}

// onGroup plans an operation on one log group, which takes one permission on it. The function
// do performs it under the lock on the group that was judged: one that was deleted meanwhile
// does not exist, also if there is another of its name.
func onGroup[O any](s *Fake, call *fakeaws.Call, id groupID, do func(*group) (O, error)) *fakeaws.Plan[O] {
	g, need := s.lookUp(call, "logs:"+call.Operation, id, id.whole())
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: doOn(s, g, do)}
}

// lookUp finds a log group, nil where there is none, and makes a permission.
func (s *Fake) lookUp(call *fakeaws.Call, action string, id groupID, resource string) (*group, fakeaws.Need) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(id), s.need(call, action, id, resource)
}

func doOn[O any](s *Fake, g *group, do func(*group) (O, error)) func() (O, error) {
	return func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := g.exists(); err != nil {
			return none, err
		}
		return do(g)
	}
}
