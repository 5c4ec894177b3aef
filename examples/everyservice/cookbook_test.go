package everyservice

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// TestStub is docs/cookbook.md's.
func TestStub(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	awstest.Stub(acct, func(_ context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
		if *in.TableName != "orders" {
			return nil, &types.ResourceNotFoundException{Message: aws.String("Requested resource not found")}
		}
		return &dynamodb.GetItemOutput{Item: in.Key}, nil
	})
	role := acct.NewRole("orders-api", awstest.Allow("dynamodb:GetItem").On("arn:aws:dynamodb:*:*:table/orders"))
	client := dynamodb.NewFromConfig(role.Config())
	get := func(table string) (*dynamodb.GetItemOutput, error) {
		key := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}}
		return client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(table), Key: key})
	}

	out, err := get("orders")
	awstest.RequireAllowed(t, err)
	_, err = get("invoices")
	awstest.RequireDenied(t, err, "dynamodb:GetItem")
	require.Contains(t, out.Item, "id")
}

// TestUpstream is docs/cookbook.md's.
func TestUpstream(t *testing.T) {
	t.Parallel()
	local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"TableNames":["orders"]}`))
	}))
	defer local.Close()
	acct := awstest.New(t, awstest.WithUpstream("dynamodb", local.URL))
	reader := acct.NewRole("reader", awstest.Allow("dynamodb:ListTables"))
	out, err := dynamodb.NewFromConfig(reader.Config()).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	awstest.RequireAllowed(t, err)
	assert.Equal(t, []string{"orders"}, out.TableNames)
}

// TestResourceTags is docs/cookbook.md's.
func TestResourceTags(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	awstest.Stub(acct, func(context.Context, *dynamodb.DescribeTableInput) (*dynamodb.DescribeTableOutput, error) {
		return nil, nil
	})
	role := acct.NewRole("dev", awstest.Allow("dynamodb:*").If("StringEquals", "aws:ResourceTag/env", "dev"))
	describe := func() error {
		_, err := dynamodb.NewFromConfig(role.Config()).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("orders")})
		return err
	}

	awstest.RequireDenied(t, describe(), "dynamodb:DescribeTable") // nobody has said how it is tagged
	acct.SetResourceTags("arn:aws:dynamodb:us-east-1:"+acct.ID()+":table/orders", map[string]string{"env": "dev"})
	awstest.RequireAllowed(t, describe())
}
