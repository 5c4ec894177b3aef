package lambda

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A functionID names a function: Lambda knows functions by account, region and name.
type functionID struct{ account, region, name string }

func (id functionID) arn() string {
	return fakeaws.ARN("lambda", id.region, id.account, "function:"+id.name)
}

// latestVersion is the version of a function that changes.
const latestVersion = "$LATEST"

// A reference is a function as a call names it, with the version or alias if it names one.
type reference struct {
	id        functionID
	qualifier string
}

func (r reference) arn() string {
	if r.qualifier == "" {
		return r.id.arn()
	}
	return r.id.arn() + ":" + r.qualifier
}

// refer reads the name of a function: "f", "f:alias", "111122223333:function:f" or an ARN,
// each with a version or alias if one is named. The form was checked.
func refer(call *fakeaws.Call, name, qualifier *string) (reference, error) {
	r := parseName(*name)
	if r.id.account == "" {
		r.id.account = call.Account
	}
	switch r.id.region {
	case "":
		r.id.region = call.Region
	case call.Region:
	default:
		return r, resourceNotFound("Functions from '" + r.id.region + "' are not reachable in this region ('" + call.Region + "')")
	}
	if qualifier != nil && *qualifier != "" {
		if r.qualifier != "" && r.qualifier != *qualifier {
			return r, invalidParameter(textQualifier)
		}
		r.qualifier = *qualifier
	}
	return r, nil
}

// parseName reads the parts of a function's name.
func parseName(name string) (r reference) {
	arn := false
	if rest, ok := strings.CutPrefix(name, "arn:"); ok {
		arn = true
		_, rest, _ = strings.Cut(rest, ":") // the partition
		name = strings.TrimPrefix(rest, "lambda:")
	}
	parts := strings.Split(name, ":")
	if len(parts) > 1 && strings.Count(parts[0], "-") >= 2 && (arn || awsid.IsAccount(parts[1])) {
		r.id.region, parts = parts[0], parts[1:]
	}
	if len(parts) > 1 && awsid.IsAccount(parts[0]) {
		r.id.account, parts = parts[0], parts[1:]
	}
	if len(parts) > 1 && parts[0] == "function" {
		parts = parts[1:]
	}
	r.id.name = parts[0]
	if len(parts) > 1 {
		r.qualifier = parts[1]
	}
	return r
}

// parseFunctionARN reads the ARN of a function, version or alias.
func parseFunctionARN(text string) (reference, bool) {
	a, err := awsarn.Parse(text)
	if err != nil || a.Service != "lambda" || a.Region == "" || !awsid.IsAccount(a.AccountID) {
		return reference{}, false
	}
	rest, ok := strings.CutPrefix(a.Resource, "function:")
	name, qualifier, qualified := strings.Cut(rest, ":")
	if !ok || name == "" || qualified && qualifier == "" || strings.Contains(qualifier, ":") {
		return reference{}, false
	}
	return reference{functionID{a.AccountID, a.Region, name}, qualifier}, true
}
