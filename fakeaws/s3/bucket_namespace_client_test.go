package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"
)

func TestAccountRegionalNamespace(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		create := func(client *awss3.Client, name string, namespace types.BucketNamespace) error {
			_, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: &name, BucketNamespace: namespace})
			return err
		}
		const regional, global = types.BucketNamespaceAccountRegional, types.BucketNamespaceGlobal
		const own = "data-" + owner + "-us-east-1-an"
		for what, c := range map[string]struct {
			name      string
			namespace types.BucketNamespace
			code      string
		}{
			"no header":       {own, "", "MissingNamespaceHeader"},
			"global":          {own, global, "InvalidBucketNamespace"},
			"no such":         {own, "local", "InvalidArgument"},
			"another account": {"data-" + stranger + "-us-east-1-an", regional, "InvalidBucketNamespace"},
			"another region":  {"data-" + owner + "-eu-west-1-an", regional, "InvalidBucketNamespace"},
			"no suffix":       {"data", regional, "InvalidBucketNamespace"},
			"no account":      {"german-an", "", "InvalidBucketName"},
		} {
			t.Log(what)
			requireAPIError(t, create(a.root, c.name, c.namespace), c.code, "")
		}
		_, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String(own), Key: aws.String("key")})
		requireAPIError(t, err, "NotFound", "")
		require.NoError(t, create(a.root, "data", global))

		a.allow(`{"Effect":"Allow","Action":"s3:CreateBucket","Resource":"*"},
			{"Effect":"Deny","Action":"s3:CreateBucket","Resource":"*","Condition":{"StringNotEquals":{"s3:x-amz-bucket-namespace":"account-regional"}}}`)
		requireAPIError(t, create(a.user, "other", ""), "AccessDenied", "")
		require.NoError(t, create(a.user, own, regional))
		requireAPIError(t, create(a.root, own, regional), "BucketAlreadyOwnedByYou", "")
		a.put(own, "key", "data")
		_, err = a.root.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("data"), Key: aws.String("key"), CopySource: aws.String(own + "/key")})
		require.NoError(t, err)
	})
}
