package anyservice

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// What follows is about services whose requests name a resource in other ways than by the
// variables of its ARN.

// partialFunctionARN is what Lambda takes for a function beside its name and its ARN:
// "111122223333:function:orders".
var partialFunctionARN = regexp.MustCompile(`^\d{12}:function:`)

// wholeARN makes an ARN of what Lambda calls a partial ARN. Other texts stay as they are.
func wholeARN(action *catalog.Action, region, text string) string {
	if action != nil && action.Service.Prefix == "lambda" && partialFunctionARN.MatchString(text) {
		return "arn:aws:lambda:" + region + ":" + text
	}
	return text
}

// aliased returns the ARN of the key that an alias is of, which KMS takes for a key's id, also
// by the alias's ARN. Of an alias that the World does not have it is not known, and "".
func (r *request) aliased(action *catalog.Action, t *catalog.Resource, text string) (key string, isAlias bool) {
	if action == nil || action.Service.Prefix != "kms" || t.Name != "key" {
		return "", false
	}
	account := r.call.Account
	if a, err := arn.Parse(text); err == nil && strings.HasPrefix(a.Resource, "alias/") {
		account = a.AccountID
	} else if !strings.HasPrefix(text, "alias/") {
		return "", false
	}
	if _, service, managed := strings.Cut(text, "alias/aws/"); managed {
		if _, ok := catalog.Lookup(service); !ok {
			return "", true // the World makes the key of a service when it is first named
		}
	}
	if key, err := r.call.World.Keys().Find(account, r.call.Region, text); err == nil {
		return key.ARN, true
	}
	return "", true
}

// complete adds to the ARN of a resource what the service adds when it asks IAM.
func (r *request) complete(action *catalog.Action, one *resource) {
	if action == nil || one.kind == nil {
		return
	}
	switch action.Service.Prefix {
	case "lambda":
		// "Granting access to function versions and aliases" of Lambda's guide: a version or an
		// alias that the request names is part of the resource.
		if one.kind.Name != "function" || strings.Count(one.arn, ":") != functionColons {
			return
		}
		for _, qualifier := range r.msg.Param("Qualifier") {
			one.arn += ":" + qualifier
			return
		}
	case "events":
		// The rules of the default event bus have ARNs without it.
		if one.kind.Name == "rule-on-custom-event-bus" {
			one.arn = strings.Replace(one.arn, ":rule/default/", ":rule/", 1)
		}
	case "logs":
		// A log group has ":*" after it in policies, except for the actions of tags
		// ("CloudWatch Logs resources and operations" of the guide): what is asked has the name
		// of no stream, as denials show it.
		if one.kind.Name == "log-group" && !logGroupAlone[action.Name] {
			one.arn = strings.TrimSuffix(one.arn, ":*") + noStream
		}
	}
}

// functionColons is how many colons the ARN of a function has that no version or alias is in.
const functionColons = 6

// noStream follows the ARN of a log group when IAM is asked about it.
const noStream = ":log-stream:"

// logGroupAlone are the actions that are asked on a log group's ARN as it is.
var logGroupAlone = map[string]bool{"TagResource": true, "UntagResource": true, "ListTagsForResource": true}

// knownAs is the ARN under which is known what is known of a resource: that of a table for its
// indexes, which the table's policy is about too.
func knownAs(text string) string {
	if strings.HasPrefix(text, "arn:aws:logs:") {
		return strings.TrimSuffix(text, noStream)
	}
	if strings.HasPrefix(text, "arn:aws:dynamodb:") {
		table, _, _ := strings.Cut(text, "/index/")
		return table
	}
	return text
}

// apiPath is the path in the ARNs of API Gateway: of its version 2 it is without the version.
func apiPath(path string) string {
	if after, ok := strings.CutPrefix(path, "/v2/"); ok {
		return "/" + after
	}
	return path
}

// label is the label of a URI in the form of an ARN: "/restapis/{restApiId}", not "${Region}".
var label = regexp.MustCompile(`\$?\{(\w+)\+?\}`)

// withLabels puts the labels of the request's path into the form of an ARN that has them.
func (r *request) withLabels(form string) string {
	return label.ReplaceAllStringFunc(form, func(text string) string {
		if strings.HasPrefix(text, "$") {
			return text
		}
		if value, ok := r.msg.Operation.Label(r.msg.Request, strings.Trim(text, "{+}")); ok {
			return value
		}
		return "*"
	})
}

// setID sets the condition key that is called as the id in the ARN of a resource: EC2 has
// ec2:InstanceID for instances, ec2:VpcID for VPCs.
func setID(on *resource, keys *enforce.Context) {
	if on.kind == nil || on.partial || !strings.HasPrefix(on.arn, "arn:aws:ec2:") {
		return
	}
	for _, k := range on.kind.Keys {
		name, _ := strings.CutPrefix(k.Name, "ec2:")
		if strings.HasSuffix(strings.ToLower(on.kind.ARNs[0]), "/${"+strings.ToLower(name)+"}") {
			keys.Set(k.Name, on.arn[strings.LastIndexByte(on.arn, '/')+1:])
		}
	}
}
