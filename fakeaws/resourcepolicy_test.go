package fakeaws

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestResourcePolicy(t *testing.T) {
	t.Parallel()
	w := NewWorld(Config{})
	_, err := w.AddAccount("111122223333", "", "")
	require.NoError(t, err)
	const (
		alice, renamed = "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/eng/alice"
		aliceID, bobID = "AIDAAAAAAAAAAAAAAALIC", "AIDAAAAAAAAAAAAAAABOB"
		bob            = "arn:aws:iam::111122223333:user/bob"
	)
	document := func(principals ...string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["` + strings.Join(principals, `","`) + `"]},"Action":"sts:AssumeRole"}]}`
	}
	bind := func(document string) (*ResourcePolicy, error) {
		p, err := enforce.Parse(document, enforce.TrustPolicy, enforce.Source{})
		require.NoError(t, err)
		return w.Bind(p)
	}
	var unknown *UnknownPrincipalError
	for _, missing := range []string{alice, "arn:aws:iam::111122223333:role/r", "arn:aws:sts::111122223333:assumed-role/r/s", aliceID} {
		_, err := bind(document(missing))
		require.ErrorAs(t, err, &unknown)
		assert.Equal(t, missing, unknown.Principal)
	}
	w.Principals().Set(aliceID, alice)
	w.Principals().Set(bobID, bob)
	w.Principals().Set("AROAAAAAAAAAAAAAAAAAR", "arn:aws:iam::111122223333:role/path/r")
	r, err := bind(document(alice, bob, "111122223333", "arn:aws:iam::444455556666:user/x", "arn:aws:sts::111122223333:assumed-role/r/s"))
	require.NoError(t, err)
	first := r.Policy()
	assert.Same(t, first, r.Policy(), "nothing has changed")

	rest := []string{"111122223333", "arn:aws:iam::444455556666:user/x", "arn:aws:sts::111122223333:assumed-role/r/s"}
	shown := func(principals ...string) string { return document(append(principals, rest...)...) }
	w.Principals().Set(aliceID, renamed)
	assert.Equal(t, shown(renamed, bob), r.Document())
	w.Principals().Set(bobID, alice) // the name that alice had
	assert.Equal(t, shown(renamed, alice), r.Document())
	w.Principals().Delete(aliceID)
	assert.Equal(t, shown(aliceID, alice), r.Document())
	w.Principals().Set("AIDAAAAAAAAAAAAAANEW1", renamed)
	assert.Equal(t, shown(aliceID, alice), r.Document(), "another user of the same name is another user")

	r, err = bind(document(bobID))
	require.NoError(t, err)
	w.Principals().Set(bobID, bob)
	assert.Equal(t, document(bob), r.Document(), "an id is shown as an ARN while there is one")

	assert.Nil(t, (*ResourcePolicy)(nil).Policy())
	assert.Empty(t, (*ResourcePolicy)(nil).Document())
	assert.Equal(t, []string{"unrecognized principal: a policy names the account 444455556666, which this World does not have"}, w.UnrecognizedPrincipals())
}

func TestUnrecognizedServices(t *testing.T) {
	t.Parallel()
	for principal, known := range map[string]bool{
		"ec2.amazonaws.com": true, "lambda.amazonaws.com": true, "ecs-tasks.amazonaws.com": true, "delivery.logs.amazonaws.com": true,
		"logs.eu-west-1.amazonaws.com": true, "ec2.amazonaws.com.cn": true, "kms.amazonaws.com": true, "cloudformation.amazonaws.com": true,
		"lamda.amazonaws.com": false, "lambda.amazon.com": false, "lambda": false,
	} {
		assert.Equal(t, known, knownService(principal), principal)
	}
}

func TestUses(t *testing.T) {
	t.Parallel()
	var u Uses
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	call := func(service, operation string, after time.Duration) *Call {
		return &Call{Service: service, Operation: operation, Region: "us-east-1", Time: at.Add(after)}
	}
	_, ok := u.Last()
	assert.False(t, ok)
	u.record(call("s3", "GetObject", 0))
	u.record(call("sqs", "SendMessage", time.Second))
	again := call("s3", "GetObject", time.Minute)
	u.record(again)
	assert.Equal(t, []Use{
		{"s3", "GetObject", "us-east-1", at.Add(time.Minute)},
		{"sqs", "SendMessage", "us-east-1", at.Add(time.Second)},
	}, u.All())
	(*Uses)(nil).record(again)
	assert.Empty(t, (*Uses)(nil).All())
}

func TestUsesAllocateNothing(t *testing.T) {
	var u Uses
	call := &Call{Service: "s3", Operation: "GetObject", Region: "us-east-1", Time: time.Now()}
	u.record(call)
	assert.Zero(t, testing.AllocsPerRun(10, func() { u.record(call) }))
}

// The role that was probably meant by one that does not exist is of the same account.
func TestRoleLike(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::111122223333:role/"
	w := NewWorld(Config{})
	for id, arn := range map[string]string{
		"AROA1": role + "jobs/worker", "AROA2": role + "b/same", "AROA3": role + "a/same",
		"AROA4": "arn:aws:iam::444455556666:role/reader", "AIDA5": "arn:aws:iam::111122223333:user/writer",
	} {
		w.Principals().Set(id, arn)
	}
	for missing, want := range map[string]string{
		role + "worker": role + "jobs/worker", role + "jobs/wroker": role + "jobs/worker", role + "same": role + "a/same",
		role + "reader": "", role + "writer": "", "arn:aws:iam::111122223333:user/worker": "", role + "something": "",
	} {
		assert.Equal(t, want, w.Principals().RoleLike(missing), missing)
	}
}
