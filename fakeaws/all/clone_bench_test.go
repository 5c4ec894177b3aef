package all_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// largeWorld is a World with a thousand resources, users and roles with policies, managed
// policies, queues and buckets, and ten thousand objects.
func largeWorld(b *testing.B) *fakeaws.World {
	w := worldtest.NewWorld(b, fakeaws.Config{Services: all.Services()})
	do := func(in any) {
		_, err := w.Do(b.Context(), w.Fixture(worldtest.Account, worldtest.Region), in)
		require.NoError(b, err)
	}
	policy := worldtest.AllowAll
	for i := range 200 {
		name := fmt.Sprintf("the-%d", i)
		do(&iam.CreateUserInput{UserName: &name})
		do(&iam.CreateAccessKeyInput{UserName: &name})
		do(&iam.PutUserPolicyInput{UserName: &name, PolicyName: &name, PolicyDocument: &policy})
		trust := trustEC2
		do(&iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
		do(&iam.PutRolePolicyInput{RoleName: &name, PolicyName: &name, PolicyDocument: &policy})
		do(&iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &policy})
		do(&sqs.CreateQueueInput{QueueName: &name})
		do(&s3.CreateBucketInput{Bucket: &name})
		for j := range 50 {
			key := fmt.Sprint(j)
			do(&s3.PutObjectInput{Bucket: &name, Key: &key})
		}
	}
	return w
}

// BenchmarkClone measures clones of a large World: those between two changes, the first
// after a change, and what each service costs that a clone uses.
func BenchmarkClone(b *testing.B) {
	w := largeWorld(b)
	clone := func(b *testing.B) *fakeaws.World {
		c, err := w.Clone()
		require.NoError(b, err)
		return c
	}
	clone(b)
	b.Run("clone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			clone(b)
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.CloseAccount("000000000000") // a change
			clone(b)
		}
	})
	uses := map[string]func(*fakeaws.World){"accounts": func(w *fakeaws.World) { w.Accounts() }}
	for _, service := range []string{"iam", "sts", "s3", "sqs", "organizations"} {
		uses[service] = func(w *fakeaws.World) { w.Fake(service) }
	}
	for name, use := range uses {
		b.Run("use/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				use(clone(b))
			}
			_ = 0
		})
	}
}
