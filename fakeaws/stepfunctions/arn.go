package stepfunctions

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A reference is the ARN of something of Step Functions, taken apart.
type reference struct {
	resourceID
	text string
	// kind is the resource's type: "stateMachine", "execution", "express", "activity", "mapRun".
	kind string
	// rest is what follows the name: the qualifier of a state machine, the name of an execution.
	rest string
}

// Types of resources in ARNs.
const (
	kindMachine   = "stateMachine"
	kindExecution = "execution"
	kindExpress   = "express"
	kindActivity  = "activity"
	kindMapRun    = "mapRun"
)

// parts are how many fields the resource part of an ARN has at least and at most, by type.
var parts = map[string][2]int{kindMachine: {2, 3}, kindExecution: {3, 3}, kindExpress: {4, 4}, kindActivity: {2, 2}, kindMapRun: {3, 3}}

// parse reads an ARN; false where it is none of Step Functions.
func parse(text string) (*reference, bool) {
	a, err := awsarn.Parse(text)
	if err != nil || a.Partition != "aws" || a.Service != "states" || a.Region == "" || !awsid.IsAccount(a.AccountID) {
		return nil, false
	}
	fields := strings.Split(a.Resource, ":")
	bounds, ok := parts[fields[0]]
	if !ok || len(fields) < bounds[0] || len(fields) > bounds[1] || fields[1] == "" {
		return nil, false
	}
	r := &reference{resourceID: resourceID{place{a.AccountID, a.Region}, fields[1]}, text: text, kind: fields[0], rest: strings.Join(fields[2:], ":")}
	return r, len(fields) == 2 || fields[2] != ""
}

// refer reads the ARN of a call, which must be of one of some types and of the call's region.
func refer(call *fakeaws.Call, text *string, kinds ...string) (*reference, error) {
	arn := ""
	if text != nil {
		arn = *text
	}
	r, ok := parse(arn)
	if !ok || r.region != call.Region {
		return nil, invalidARN(textPrefix, arn)
	}
	for _, kind := range kinds {
		if r.kind == kind {
			return r, nil
		}
	}
	return nil, invalidARN(textResourceType, arn)
}

func (id resourceID) arn(kind string) string {
	return fakeaws.ARN("states", id.region, id.account, kind+":"+id.name)
}

// isName reports whether a text can be the name of a state machine, an execution or an
// activity ("A name must not contain" of the API reference).
func isName(name string) bool {
	for _, r := range name {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r >= 0xd800 && r <= 0xdfff || r == 0xfffe || r == 0xffff || r == 0xfffd || strings.ContainsRune(" <>{}[]?*\"#%\\^|~`$&,;:/", r) {
			return false
		}
	}
	return name != ""
}
