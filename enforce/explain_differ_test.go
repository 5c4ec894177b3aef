package enforce

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// notesOf returns what is noted of the one statement that nearly allowed.
func notesOf(t *testing.T, req *Request, set *PolicySet) []string {
	t.Helper()
	d := Evaluate(req, set)
	misses := d.NearMisses()
	require.Len(t, misses, 1, d.Explain())
	for _, note := range misses[0].Notes {
		assert.Contains(t, d.Explain(), "\n    "+note)
	}
	return misses[0].Notes
}

// What differs between a resource of a policy and that of the request is told.
func TestOtherResources(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, resource, want string }{
		{"arn:aws-cn:s3:::b/*", bucketObject, `the partition is "aws-cn" there, and "aws" in the request`},
		{"arn:aws:s4:::b/*", bucketObject, `the service is "s4" there, and "s3" in the request`},
		{"arn:aws:sqs:us-*:1:q", "arn:aws:sqs:eu-west-1:1:q", `the region is "us-*" there, and "eu-west-1" in the request`},
		{"arn:aws:sqs:eu-west-1:?:q", "arn:aws:sqs:eu-west-1:12:q", `the account is "?" there, and "12" in the request`},
		{"arn:aws:s3:::B/K*", bucketObject, "the letters differ in case"},
		{"arn:aws:s3:::b", bucketObject, `that is the bucket: its objects are "/*" after it`},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b", "those are objects: the bucket has the ARN without the slash and what follows it"},
		{"arn:aws:s3:::b/x/y", "arn:aws:s3:::b", "those are objects: the bucket has the ARN without the slash and what follows it"},
		{"arn:aws:x:::b/x", "arn:aws:x:::b", `the resource is "b/x" there, and "b" in the request`},
		{"arn:aws:s3:::c/x", "arn:aws:s3:::b", `the resource is "c/x" there, and "b" in the request`},
		{"arn:aws:s3:::c", "arn:aws:s3:::b", `the resource is "c" there, and "b" in the request`},
		{"arn:aws:s3:::b/k/*", "arn:aws:s3:::b/k", `that is what is under it: the ARN without "/*" is its own`},
		{"arn:aws:logs:r:1:log-group:g", "arn:aws:logs:r:1:log-group:g:x", "what is under it has a longer ARN"},
		{"arn:aws:dynamodb:r:1:table/t", "arn:aws:dynamodb:r:1:table/t/index/i", "what is under it has a longer ARN"},
		{"arn:aws:sqs:r:1:q", "arn:aws:sqs:r:1:q.fifo", "the name of a FIFO queue ends in .fifo"},
		{"arn:aws:sqs:r:1:q.fifo", "arn:aws:sqs:r:1:q", "the queue is no FIFO queue: .fifo is part of the name"},
		{"arn:aws:iam::111122223333:role/a/w", "arn:aws:iam::111122223333:role/w", "the path differs"},
		{"arn:aws:iam::111122223333:role/w", "arn:aws:iam::111122223333:role/b/w", "the path differs"},
		{"arn:aws:iam::111122223333:user/a/w", "arn:aws:iam::111122223333:role/w", `the resource is "user/a/w" there, and "role/w" in the request`},
		{"arn:aws:iam::111122223333:role/a/v", "arn:aws:iam::111122223333:role/w", `the resource is "role/a/v" there, and "role/w" in the request`},
		{"arn:aws:lambda:r:1:f/a/w", "arn:aws:lambda:r:1:f/w", `the resource is "f/a/w" there, and "f/w" in the request`},
		{"arn:aws:s3:::b/${aws:userid}", bucketObject, `the resource is "b/AIDAEXAMPLEALICE111122223333" there, and "b/k" in the request`},
		{"arn:aws:s3:::b/${aws:PrincipalTag/team}/*", bucketObject, "a variable in it has no value in the request"},
		{"arn:aws:s3:::b/x*", "*", `only the Resource "*" is about it`},
	} {
		req := ask(userOf(account, "alice"), "x:Y", c.resource)
		want := `it names other resources: "` + c.pattern + `", not "` + c.resource + `"; ` + c.want
		assert.Equal(t, []string{want}, notesOf(t, req, &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "*", c.pattern))}}))
	}
	req := ask(userOf(account, "alice"), "s3:GetObject", bucketObject)
	two := identity(t, `{"Effect":"Allow","Action":"*","Resource":["arn:aws:sqs:::b/k","arn:aws:s3:::b/l","arn:aws:s3:::a"]}`)
	assert.Equal(t, []string{`it names other resources: "arn:aws:s3:::b/l" and 2 more, not "arn:aws:s3:::b/k"; the resource is "b/l" there, and "b/k" in the request`},
		notesOf(t, req, &PolicySet{Identity: []*Policy{two}}))
	for _, more := range []string{"arn:aws:sqs:::b/k", "arn:aws:s3:::b/m"} { // one that is less near, and one that is as near
		two = identity(t, `{"Effect":"Allow","Action":"*","Resource":["arn:aws:s3:::b/l","`+more+`"]}`)
		assert.Contains(t, notesOf(t, req, &PolicySet{Identity: []*Policy{two}})[0], `it names other resources: "arn:aws:s3:::b/l" and 1 more, not`)
	}
	open := MustParse(`{"Statement":`+stmt("Allow", "*", "arn:aws:s3:::b/${k")+`}`, IdentityPolicy)
	assert.Contains(t, notesOf(t, req, &PolicySet{Identity: []*Policy{open}})[0], `the resource is "b/${k" there, and "b/k" in the request`)
	assert.Empty(t, func() []NearMiss {
		d := Evaluate(req, &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:PutObject", "*"))}})
		return d.NearMisses()
	}(), "another action")
	not := identity(t, `{"Effect":"Allow","Action":"*","NotResource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]}`)
	assert.Equal(t, []string{`it names other resources: all but arn:aws:s3:::b/*, arn:aws:s3:::c/*, and so not "arn:aws:s3:::b/k"`},
		notesOf(t, req, &PolicySet{Identity: []*Policy{not}}))
}

// Variables of a document without the current Version are none, and that is told.
func TestLiteralVariables(t *testing.T) {
	t.Parallel()
	const why = "its document has no Version 2012-10-17, so that ${aws:username} is no variable and is taken literally"
	req := ask(userOf(account, "alice"), "s3:GetObject", "arn:aws:s3:::home/alice", "k", "alice")
	old := func(statement string) *PolicySet {
		return &PolicySet{Identity: []*Policy{MustParse(`{"Statement":`+statement+`}`, IdentityPolicy)}}
	}
	assert.Equal(t, []string{`it names other resources: "arn:aws:s3:::home/${aws:username}", not "arn:aws:s3:::home/alice"; ` + why},
		notesOf(t, req, old(stmt("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}"))))
	assert.Equal(t, []string{why}, notesOf(t, req, old(stmt("Allow", "s3:*", "*", `"Condition":{"StringEquals":{"k":["x","${aws:username}","${aws:userid}"]},"StringLike":{"k":"${aws:userid}"}}`))))
	assert.Empty(t, notesOf(t, req, old(stmt("Allow", "s3:*", "*", `"Condition":{"StringNotEquals":{"k":"${aws:username}"},"Null":{"k":"true"}}`))), "that condition holds")
	assert.Empty(t, notesOf(t, req, old(stmt("Allow", "s3:*", "*", `"Condition":{"StringEquals":{"k":"${aws"},"Null":{"k":"true"}}`))))
	assert.Empty(t, notesOf(t, req, &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "s3:*", "*", `"Condition":{"StringNotEquals":{"k":"${aws:username}"}}`))}}))
}

// Which principal is named, and in what it differs from the caller, is told.
func TestOtherPrincipals(t *testing.T) {
	t.Parallel()
	const iam, sts = "arn:aws:iam::" + account + ":", "arn:aws:sts::" + account + ":"
	alice, worker := userOf(account, "alice"), sessionOf(account, "jobs/worker", "s1")
	const session = `", not "` + sts + `assumed-role/worker/s1", a session of "` + iam + `role/jobs/worker"`
	const byID = "; that is the id of a user or role, which AWS shows where it was deleted: one of the same name is another"
	for _, c := range []struct {
		caller    Principal
		principal string
		want      string
	}{
		{alice, aws("AIDAEXAMPLEEXAMPLEOLD"), `"AIDAEXAMPLEEXAMPLEOLD", not "` + iam + `user/alice"` + byID},
		{alice, `"Principal":{"AWS":["` + iam + `user/alic","AIDAEXAMPLEEXAMPLEOLD"]}`, `"AIDAEXAMPLEEXAMPLEOLD" and 1 more, not "` + iam + `user/alice"` + byID},
		{alice, `"Principal":{"AWS":["` + iam + `role/x","` + iam + `user/alic"]}`, `"` + iam + `user/alic" and 1 more, not "` + iam + `user/alice"`},
		{alice, aws(iam + "user/eng/alice"), `"` + iam + `user/eng/alice", not "` + iam + `user/alice"; the path differs`},
		{alice, aws(iam + "user/Alice"), `"` + iam + `user/Alice", not "` + iam + `user/alice"; the letters differ in case`},
		{alice, aws("arn:aws:iam::" + other + ":user/alice"), `"arn:aws:iam::` + other + `:user/alice", not "` + iam + `user/alice"; the account is "` + other + `" there, and "` + account + `" of the caller`},
		{alice, aws(iam + "role/alice"), `"` + iam + `role/alice", not "` + iam + `user/alice"`},
		{alice, aws(other), `"` + other + `", not "` + iam + `user/alice"`},
		{worker, aws(sts + "assumed-role/worker/s2"), `"` + sts + `assumed-role/worker/s2` + session + "; that is one session of the role: to name the role names all"},
		{worker, aws(sts + "assumed-role/walker/s2"), `"` + sts + `assumed-role/walker/s2` + session},
		{worker, aws(iam + "role/worker"), `"` + iam + `role/worker` + session + "; the path differs"},
		{worker, aws(iam + "role/jobs/Worker"), `"` + iam + `role/jobs/Worker` + session + "; the letters differ in case"},
		{worker, aws(iam + "user/worker"), `"` + iam + `user/worker` + session},
		{worker, `"Principal":{"AWS":["` + sts + `assumed-role/x/y","` + iam + `role/jobs/worker2"]}`, `"` + iam + `role/jobs/worker2" and 1 more` + session[1:]},
		{worker, `"Principal":{"AWS":["arn:aws:sts::` + other + `:assumed-role/x/y","arn:aws:iam::` + other + `:role/worker"]}`,
			`"arn:aws:sts::` + other + `:assumed-role/x/y" and 1 more` + session[1:] + `; the account is "` + other + `" there, and "` + account + `" of the caller`},
		{sessionOf(account, "alice", "alice"), aws(iam + "user/alice"), `"` + iam + `user/alice", not "` + sts + `assumed-role/alice/alice", a session of "` + iam + `role/alice"`},
		{Principal{Type: AssumedRole, ARN: sts + "assumed-role/worker/s1", Account: account}, aws(iam + "role/x"), `"` + iam + `role/x", not "` + sts + `assumed-role/worker/s1"`},
		{federatedOf(account, "alice", "bob"), aws(iam + "user/bob"), `"` + iam + `user/bob", not "` + sts + `federated-user/bob"`},
		{Principal{Type: Anonymous}, aws(iam + "user/alice"), `"` + iam + `user/alice", not "Anonymous"; the call is not signed`},
		{serviceCalled("sns.amazonaws.com"), `"Principal":{"Service":"sqs.amazonaws.com"}`, `"sqs.amazonaws.com", not "sns.amazonaws.com"`},
	} {
		set := &PolicySet{Resource: policy(t, BucketPolicy, stmt("Allow", "s3:GetObject", anyKey, c.principal))}
		req := ask(c.caller, "s3:GetObject", bucketObject)
		req.ResourceAccount = account
		assert.Equal(t, []string{"it names other principals: " + c.want}, notesOf(t, req, set), c.want)
	}
}

// An action that does not exist and is like the denied one is told, and an operation that
// needs the denied action.
func TestMisspelledActions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		actions, denied string
		want            []string
	}{
		{`"s3:PutObjct"`, "s3:PutObject", []string{"there is no action s3:PutObjct, did you mean s3:PutObject?"}},
		{`["s3:PutObject","S4:putobject"]`, "s3:PutObject", nil},
		{`["sqs:SendMessage","S4:putobject"]`, "s3:PutObject", nil},
		{`["sqss:SendMessage"]`, "sqs:SendMessage", []string{"there is no action sqss:SendMessage, did you mean sqs:SendMessage?"}},
		{`"s3:HeadObject"`, "s3:GetObject", []string{"there is no action s3:HeadObject, did you mean s3:GetObject?"}},
		{`"s3:ListObjectsV2"`, "s3:ListBucket", []string{"there is no action s3:ListObjectsV2: the operation ListObjectsV2 needs s3:ListBucket"}},
		{`"s3:ListObjectsV2"`, "s3:PutObject", nil},
		{`"s3:PutObjectAcl"`, "s3:PutObject", nil},
		{`"s3:Putobjct*"`, "s3:PutObject", nil},
		{`"s3:PutBucketPolicx*"`, "s3:PutBucketPolicy", nil},
		{`["s3:aPutObject","s3:bPutObject","s3:cPutObject","s3:dPutObject"]`, "s3:PutObject", []string{"aPutObject", "dPutObject"}},
		{`["s3:aPutObject","s3:bPutObject","s3:cPutObject","s3:dPutObject","s3:ePutObject","s3:fPutObject"]`, "s3:PutObject", []string{"dPutObject", "\n  and 2 more such actions"}},
	} {
		statement := `{"Sid":"Typo","Effect":"Allow","Action":` + c.actions + `,"Resource":"arn:aws:s3:::x"}`
		d := Evaluate(ask(userOf(account, "alice"), c.denied, "*"), &PolicySet{Identity: []*Policy{identity(t, statement)}})
		text := d.Explain()
		for _, want := range c.want {
			assert.Contains(t, text, want, c.actions)
		}
		if len(c.want) == 0 {
			assert.NotContains(t, text, "there is no action", c.actions)
		}
		if len(c.want) > 0 && strings.HasPrefix(c.want[0], "there") {
			assert.Contains(t, text, "\n  identity-based policy, Typo (policy:1:38): "+c.want[0])
		}
		assert.Equal(t, len(c.want) > 1 && strings.Contains(c.want[1], "more"), strings.Contains(text, "more such actions"))
	}
	notAction := identity(t, `{"Effect":"Allow","NotAction":["s3:PutObjct","s3:PutObject"],"Resource":"*"}`)
	d := Evaluate(ask(userOf(account, "alice"), "s3:PutObject", "*"), &PolicySet{Identity: []*Policy{notAction}})
	assert.NotContains(t, d.Explain(), "there is no action")
	typo := identity(t, stmt("Allow", "s3:PutObjct", "*"))
	d = Evaluate(ask(userOf(account, "alice"), "s3:PutObject", "*"), &PolicySet{Identity: []*Policy{typo, identity(t, stmt("Deny", "*", "*"))}})
	assert.NotContains(t, d.Explain(), "there is no action", "an Allow would not help")
	d = Evaluate(ask(federatedOf(account, "alice", "bob"), "iam:GetUser", "*"), &PolicySet{Identity: []*Policy{identity(t, stmt("Allow", "iam:GetUsr", "*"))}})
	assert.NotContains(t, d.Explain(), "there is no action", "nor here")
}
