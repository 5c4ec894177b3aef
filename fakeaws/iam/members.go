package iam

import (
	"reflect"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

// members has the constraints of IAM's service model, which gives a member of
// one name the same ones in nearly every operation.
var members = constraint.Table{
	"UserName":     named("userName", 128),
	"NewUserName":  named("newUserName", 64).Optional(),
	"GroupName":    named("groupName", 128),
	"NewGroupName": named("newGroupName", 128).Optional(),
	"RoleName":     named("roleName", 64),
	"PolicyName":   named("policyName", 128),

	"Path":       pathMember("path"),
	"NewPath":    pathMember("newPath"),
	"PathPrefix": {Min: 1, Max: 512, Pattern: pathPrefix, Invalid: invalidPathPrefix},

	"PolicyArn":                arnMember,
	"PermissionsBoundary":      arnMember,
	"PolicyDocument":           documentMember,
	"AssumeRolePolicyDocument": documentMember,
	"VersionId":                {Required: true, Pattern: versionID},

	"AccessKeyId": {Required: true, Min: 16, Max: 128, Pattern: constraint.Chars(`[\w]+`, constraint.WordAnd(""))},
	"Status":      {Required: true, Enum: []string{"Active", "Inactive"}},

	"Description":        {Max: 1000, Pattern: constraint.Chars(`[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`, constraint.Between("\t\n\r", ' ', '~', 0xA1, 0xFF))},
	"MaxSessionDuration": {Min: 3600, Max: 43200},

	"Tags":    constraint.Tags,
	"TagKeys": constraint.TagKeys,

	"Marker":            {Min: 1, Pattern: constraint.Chars(`[\u0020-\u00FF]+`, constraint.Between("", ' ', 0xFF))},
	"MaxItems":          {Min: 1, Max: 1000},
	"Scope":             {Enum: []string{"All", "AWS", "Local"}},
	"PolicyUsageFilter": {Enum: []string{"PermissionsPolicy", "PermissionsBoundary"}},
	"EntityFilter":      {Enum: []string{"User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"}},
}

// exceptions has, by operation, the members that differ from the others of
// their name.
var exceptions = map[string]constraint.Table{
	"CreateUser": {
		"UserName":            named("userName", 64),
		"Tags":                constraint.Tags.Optional(),
		"PermissionsBoundary": members["PermissionsBoundary"].Optional(),
	},
	"CreateRole": {
		"Tags":                constraint.Tags.Optional(),
		"PermissionsBoundary": members["PermissionsBoundary"].Optional(),
	},
	"CreatePolicy":          {"Tags": constraint.Tags.Optional(), "Path": policyPath, "Description": {Max: 1000}},
	"GetUser":               callerByDefault,
	"CreateAccessKey":       callerByDefault,
	"DeleteAccessKey":       callerByDefault,
	"ListAccessKeys":        callerByDefault,
	"UpdateAccessKey":       callerByDefault,
	"UpdateRoleDescription": {"Description": required(members["Description"])},
}

// callerByDefault is for operations on the caller's own user when the request
// names none.
var callerByDefault = constraint.Table{"UserName": named("userName", 128).Optional()}

func required(m constraint.Member) constraint.Member {
	m.Required = true
	return m
}

// invalidPathPrefix is unverified; the texts for names and paths are IAM's.
const invalidPathPrefix = "The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters."

var (
	nameChars  = constraint.Chars(`[\w+=,.@-]+`, constraint.WordAnd("+=,.@-"))
	pathPrefix = &constraint.Pattern{Text: `\u002F[\u0021-\u007F]*`, Match: func(s string) bool {
		return strings.HasPrefix(s, "/") && printable(s)
	}}
	pathText = &constraint.Pattern{Text: `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, Match: func(s string) bool {
		return s == "/" || len(s) > 2 && s[0] == '/' && s[len(s)-1] == '/' && printable(s)
	}}
	versionID = &constraint.Pattern{Text: `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`, Match: func(s string) bool {
		return len(s) > 1 && s[0] == 'v' && '1' <= s[1] && s[1] <= '9'
	}}
	policyPathChars = &constraint.Pattern{Text: `((/[A-Za-z0-9\.,\+@=_-]+)*)/`, Match: func(s string) bool {
		return strings.HasPrefix(s, "/") && strings.HasSuffix(s, "/") && !strings.Contains(s, "//") &&
			strings.IndexFunc(s, func(r rune) bool { return !policyPathRune(r) }) < 0
	}}
	policyPathRune = constraint.WordAnd("/.,+@=-")
	policyPath     = constraint.Member{Min: 1, Max: 512, Pattern: policyPathChars, Invalid: invalidPath("path")}

	arnMember = constraint.Member{
		Required: true, Min: 20, Max: 2048,
		Pattern: &constraint.Pattern{Match: validARN}, Invalid: "Invalid ARN:  Could not be parsed!",
	}

	documentMember = constraint.Member{
		Required: true, Min: 1, Max: 131072,
		Pattern: constraint.Chars(`[\u0009\u000A\u000D\u0020-\u00FF]+`, constraint.Between("\t\n\r", ' ', 0xFF)),
	}
)

func printable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '!' || r > '~' }) < 0
}

// named is the name of an IAM resource. IAM answers a name with other
// characters with a sentence of its own.
func named(member string, longest int) constraint.Member {
	return constraint.Member{
		Required: true, Min: 1, Max: longest, Pattern: nameChars,
		Invalid: "The specified value for " + member + " is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
	}
}

func pathMember(member string) constraint.Member {
	return constraint.Member{Min: 1, Max: 512, Pattern: pathText, Invalid: invalidPath(member)}
}

func invalidPath(member string) string {
	return "The specified value for " + member + " is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
}

// A shape is what the package needs to know of the type of an input. It is made
// once for the process and shared by all Worlds.
type shape struct {
	operation string
	fields    map[string]int // by name
	plan      *constraint.Plan
}

var shapes sync.Map // of *shape by reflect.Type

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	op := strings.TrimSuffix(t.Name(), "Input")
	s := &shape{operation: op, fields: make(map[string]int), plan: constraint.Compile(t, exceptions[op], members)}
	for i := range t.NumField() {
		s.fields[t.Field(i).Name] = i
	}
	stored, _ := shapes.LoadOrStore(t, s)
	return stored.(*shape)
}

// check answers an input that breaks the model's constraints.
func check(in any) error { return shapeOf(reflect.TypeOf(in).Elem()).plan.Check(in) }
