package anyservice

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// What follows is about services whose requests name a resource in other ways than by the
// variables of its ARN.

// aliased returns the ARN of the key that an alias is of, which KMS takes for a key's id, also
// by the alias's ARN. Of an alias that the World does not have it is not known, and "".
func (r *request) aliased(action *catalog.Action, t *catalog.Resource, text string) (key string, isAlias bool) {
	if action == nil || action.Service.Prefix != "kms" || t.Name != "key" {
		return "", false
	}
	if a, err := arn.Parse(text); !strings.HasPrefix(text, "alias/") && (err != nil || !strings.HasPrefix(a.Resource, "alias/")) {
		return "", false
	}
	there := r.at(text)
	if key, err := r.call.World.Keys().Find(there.owner, there.region, text); err == nil {
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
