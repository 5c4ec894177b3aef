package all_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// A twin is a World whose answers are compared with those of another one.
type twin struct {
	*victim
	user aws.Config
}

// newTwin makes a World by a script that leaves nothing to chance.
func newTwin(t testing.TB) *twin {
	f := newFilledOf(t, worldtest.Other)
	return twinOf(t, f.World, f.filler, f.user)
}

func twinOf(t testing.TB, w *worldtest.World, f filler, user aws.Config) *twin {
	c, err := user.Credentials.Retrieve(t.Context())
	require.NoError(t, err)
	v := &victim{
		filled:     &filled{World: w, filler: filler{maps.Clone(f.values), f.text}},
		management: worldtest.Other, recorder: &recorder{door: w.Door()}, inputs: map[inputKey]any{},
	}
	maps.Copy(v.values, storedValues)
	v.values["UpdateLoginProfile.Password"] = hidden + "-2b"
	delete(v.values, "Body")
	return &twin{v, v.recorded(w.Config(c.AccessKeyID, c.SecretAccessKey, ""))}
}

// clone is the twin in a clone of its World.
func (w *twin) clone(t testing.TB) *twin {
	return twinOf(t, worldtest.Clone(t, w.World.World), w.filler, w.user)
}

// A step is a call of the test: with drawn input, as the World's own hand, as a root user or
// as a user without policies, or a time that passes.
type step struct {
	o       operation
	seed    uint64 // of members that are not required; zero is none of them
	account string
	as      string
	inClone bool
	waits   bool // a minute, before the call
}

func (s step) String() string {
	return fmt.Sprintf("%s %s as %s of %s", s.o.service, s.o.name, s.as, s.account)
}

// random are the operations whose answers no seed decides: what they make is of
// cryptography's own random numbers, or of a private key that was. SubscribeToShard goes on for
// five minutes, so that one of two twins is asked later than the other.
var random = map[operationName]bool{
	{"sts", "GetWebIdentityToken"}: true,
	{"kms", "Encrypt"}:             true, {"kms", "ReEncrypt"}: true, {"kms", "GenerateDataKey"}: true, {"kms", "GenerateDataKeyWithoutPlaintext"}: true,
	{"kms", "GenerateDataKeyPair"}: true, {"kms", "GenerateDataKeyPairWithoutPlaintext"}: true, {"kms", "GetParametersForImport"}: true,
	{"kinesis", "SubscribeToShard"}: true,
	{"kms", "GetPublicKey"}:         true, {"kms", "Sign"}: true, {"kms", "DeriveSharedSecret"}: true,
}

// drawn are the operations of the test: all but those whose answers are chance.
func drawn(t testing.TB, w *fakeaws.World) (ops []operation) {
	for _, service := range slices.Sorted(maps.Keys(clientsOf)) {
		for _, op := range w.Fake(service).Ops() {
			if !random[operationName{service, op.Name}] {
				ops = append(ops, newOperation(t, service, op.Name))
			}
		}
	}
	return ops
}

// repeated are the operations that must come often to change anything in many ways: those
// on the versions of an object, on uploads and on messages.
var repeated = map[string]bool{
	"PutBucketVersioning": true, "PutObject": true, "CopyObject": true, "DeleteObject": true, "PutObjectTagging": true, "PutObjectAcl": true,
	"ListObjectVersions": true, "GetObject": true, "GetObjectTagging": true, "CreateMultipartUpload": true, "UploadPart": true, "ListParts": true,
	"SendMessage": true, "ReceiveMessage": true, "DeleteMessage": true, "ChangeMessageVisibility": true,
}

// A script is what a round of the test does.
type script struct {
	// before is done in all Worlds before the clone is made, after it one of the two.
	before, after []step
	ofClone       bool // the clone is one of a clone
}

func drawScript(t *rapid.T, ops []operation) script {
	var often []operation
	for _, o := range ops {
		if repeated[o.name] {
			often = append(often, o)
		}
	}
	one := rapid.Custom(func(t *rapid.T) step {
		return step{
			rapid.OneOf(rapid.SampledFrom(ops), rapid.SampledFrom(often)).Draw(t, "operation"),
			rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64Range(1, 1<<32)).Draw(t, "seed"),
			rapid.SampledFrom([]string{worldtest.Account, worldtest.Account, worldtest.Other}).Draw(t, "account"),
			rapid.SampledFrom([]string{"fixture", "fixture", "root", "user"}).Draw(t, "as"),
			rapid.Bool().Draw(t, "in the clone"),
			rapid.IntRange(0, 9).Draw(t, "time") == 0,
		}
	})
	return script{rapid.SliceOfN(one, 0, 50).Draw(t, "before"), rapid.SliceOfN(one, 0, 80).Draw(t, "after"), rapid.Bool().Draw(t, "clone of a clone")}
}

// make makes the call of a step, and returns the answer as text.
func (w *twin) make(t testing.TB, s step) string {
	// An input is made of what the World has by now. One that was kept from before would be
	// another than that of a clone, which has made none yet.
	clear(w.inputs)
	in := w.inputOf(t, sweepCall{s.o, -1, 0})
	if s.seed != 0 {
		chosen := w.chosen(sweepCall{s.o, -1, s.seed})
		if err := w.add(t.Context(), s.o, chosen); !errors.Is(err, errSent) {
			return "" // it has a name that the client knows no endpoint for, or an empty one
		}
		in = chosen.Interface()
	}
	if in, ok := in.(*sqs.ReceiveMessageInput); ok {
		in.WaitTimeSeconds = 0 // the other twin would be asked later
	}
	if s.as == "fixture" {
		out, err := w.Do(t.Context(), w.Fixture(s.account, worldtest.Region), in)
		if err != nil {
			return err.Error()
		}
		w.harvest(s.o.service, w.filler, reflect.ValueOf(out))
		walk(reflect.ValueOf(out), func(name string, id reflect.Value) {
			if name == "VersionId" && s.o.service == "s3" && id.String() != "" {
				w.values["DeleteObject.VersionId"], w.values["PutObjectTagging.VersionId"] = id.String(), id.String()
			}
		})
		return textOfAnswer(t, out)
	}
	config := w.user
	if s.as == "root" {
		config = w.recorded(w.RootConfig(s.account))
	}
	w.recorder.answer.Reset()
	err := s.o.call(t.Context(), config, in)
	if err != nil && strings.Contains(err.Error(), "SignatureDoesNotMatch") {
		return "the SDK signs it wrongly" // and the answer repeats the ids that it gives each request
	}
	return fmt.Sprint(err) + "\n" + w.recorder.answer.String()
}

// A clone answers as its World would have, and neither sees what the other does. Two more
// Worlds show it, which are made by the same script as the first: one gets the calls that
// the first one gets, and the other one those of the clone. A clone that nobody calls
// meanwhile has at the end what it had, also of what it shares with the others.
func TestCloneGoesOnLikeItsWorld(t *testing.T) {
	t.Parallel()
	ops := drawn(t, newTwin(t).World.World)
	rapid.Check(t, func(rt *rapid.T) {
		script, wrong := drawScript(rt, ops), ""
		// Time stands still in a bubble, so that all Worlds have the same.
		synctest.Test(t, func(t *testing.T) { wrong = script.run(t) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

// run returns what is wrong.
func (c script) run(t *testing.T) string {
	world, like, cloneLike := newTwin(t), newTwin(t), newTwin(t)
	for _, s := range c.before {
		answer := world.make(t, s)
		if other := like.make(t, s); answer != other {
			return fmt.Sprintf("%s is chance, and the test must leave it out:\n%s\n%s", s, answer, other)
		}
		cloneLike.make(t, s)
	}
	idle, clone := world.clone(t), world.clone(t)
	idle.Close() // it does nothing by itself, also when time goes on
	before := stateOf(idle)
	if c.ofClone {
		clone = clone.clone(t)
	}
	for _, s := range c.after {
		if s.waits {
			time.Sleep(time.Minute)
			synctest.Wait() // until all have done what is due
		}
		one, other := world, like
		if s.inClone {
			one, other = clone, cloneLike
		}
		if a, b := one.make(t, s), other.make(t, s); a != b {
			return fmt.Sprintf("%s in the clone: %v\ngot:  %s\nwant: %s", s, s.inClone, a, b)
		}
	}
	if diff := firstDifference(before, stateOf(idle)); diff != "" {
		return "a clone that nobody called has changed: " + diff
	}
	return ""
}

// stateOf lists all that a World has.
func stateOf(w *twin) []string {
	w.Accounts()
	for service := range clientsOf {
		w.Fake(service)
	}
	return deepcopy.Dump(w.World.World, cached)
}

// cached are fields that change when somebody only looks, and make no difference: what is
// kept because it follows from the rest.
func cached(of reflect.Type, field string) bool {
	switch of.String() + "." + field {
	case "acl.ACL.policies", "fakeaws.ResourcePolicy.current", "fakeaws.World.log", "fakeaws.World.origin", "fakeaws.World.snapshots",
		"fakeaws.World.services", "fakeaws.World.workers", "fakeaws.room.reg", "fakeaws.room.handlers", "fakeaws.room.model":
		return true
	}
	return strings.HasPrefix(of.String(), "btree.") && field == "isoid"
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] + "\nand now " + b[i]
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d values, and now %d", len(a), len(b))
	}
	return ""
}
