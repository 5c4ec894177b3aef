package iam_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// What the directory costs every authorized call of every service.
func BenchmarkPolicies(b *testing.B) {
	w := newWorld(b)
	made, err := w.fixture.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("u")})
	require.NoError(b, err)
	for i := range 10 {
		arn := w.policy(b, fmt.Sprint("p", i), allowAll)
		_, err := w.fixture.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: aws.String("u"), PolicyArn: &arn})
		require.NoError(b, err)
	}
	caller := &fakeaws.Caller{EntityID: *made.User.UserId}
	tags := func(string, string) {}
	b.ReportAllocs()
	for b.Loop() {
		var set enforce.PolicySet
		if !w.service.Policies(caller, &set, tags) {
			b.Fatal("no such user")
		}
	}
}

// An account with as many users as AWS lets it have.
func BenchmarkFullAccount(b *testing.B) {
	w := newWorld(b)
	for i := range 5000 {
		_, err := w.fixture.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String(fmt.Sprint("user", i))})
		require.NoError(b, err)
	}
	b.Run("GetUser", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.fixture.GetUser(w.root, &sdk.GetUserInput{UserName: aws.String("user4999")}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ListUsers last page", func(b *testing.B) {
		out, err := w.fixture.ListUsers(w.root, &sdk.ListUsersInput{MaxItems: aws.Int32(1000)})
		require.NoError(b, err)
		for range 3 {
			out, err = w.fixture.ListUsers(w.root, &sdk.ListUsersInput{MaxItems: aws.Int32(1000), Marker: out.Marker})
			require.NoError(b, err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.fixture.ListUsers(w.root, &sdk.ListUsersInput{Marker: out.Marker}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkCreateUser(b *testing.B) {
	w := newWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.fixture.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("u")}); err != nil {
			b.Fatal(err)
		}
		if _, err := w.fixture.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: aws.String("u")}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewWorld(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newWorld(b)
	}
}
