// Package dynamotest seeds and inspects the DynamoDB tables of the accounts of package
// awstest. Only tests that import it link the fake of DynamoDB:
//
//	acct := awstest.New(t, dynamotest.With())
//	orders := dynamotest.Of(acct).Create("orders", "customer", "id")
//	orders.Put(dynamotest.Item{"customer": "c1", "id": 7, "total": 12.5})
//	role := acct.NewRole("api", awstest.Allow("dynamodb:GetItem").On(orders.ARN()))
package dynamotest

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/internal/fixture"
	"github.com/leastpriv/leastpriv/fakeaws"
	fake "github.com/leastpriv/leastpriv/fakeaws/dynamodb"
)

// With gives a World DynamoDB and DynamoDB Streams: an option of [awstest.New].
func With() awstest.Option { return awstest.With(fake.Service, fake.StreamsService) }

// Tables are those of an account in one region, for Go code that seeds and inspects them
// past the clients: no policy is asked, and [awstest.Account.Calls] shows nothing of it.
// What goes wrong ends the test.
type Tables struct {
	account *awstest.Account
	region  string
}

// Of returns the account's tables in its region.
func Of(a *awstest.Account) *Tables { return &Tables{a, a.Region()} }

// In returns the account's tables in another region.
func (s *Tables) In(region string) *Tables { return &Tables{s.account, region} }

// Create makes an on-demand table whose keys are of type S. It has no sort key where that is
// empty or not given.
func (s *Tables) Create(name, partitionKey string, sortKey ...string) *Table {
	s.account.TB().Helper()
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	for i, key := range append([]string{partitionKey}, sortKey...) {
		if key == "" {
			continue
		}
		kind := types.KeyTypeHash
		if i > 0 {
			kind = types.KeyTypeRange
		}
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(key), KeyType: kind})
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(key), AttributeType: types.ScalarAttributeTypeS})
	}
	return s.CreateTable(in)
}

// CreateTable makes a table with all that CreateTable can give it.
func (s *Tables) CreateTable(in *dynamodb.CreateTableInput) *Table {
	s.account.TB().Helper()
	do[dynamodb.CreateTableOutput](s, aws.ToString(in.TableName), in)
	return s.Table(aws.ToString(in.TableName))
}

// Table returns a table that exists.
func (s *Tables) Table(name string) *Table {
	t := s.account.TB()
	t.Helper()
	if s.fake().Items(s.account.ID(), s.region, name) == nil {
		t.Fatalf("dynamotest: no table %s in %s of %s; there are: %s", name, s.region, s.account.ID(), strings.Join(s.Names(), ", "))
		return nil
	}
	return &Table{s, name}
}

// Names returns the names of the tables, in order.
func (s *Tables) Names() []string { return s.fake().Names(s.account.ID(), s.region) }

func (s *Tables) fake() *fake.Fake {
	s.account.TB().Helper()
	fixture.Require(s.account, "dynamodb", "DynamoDB", "dynamotest")
	return fake.Of(s.account.World())
}

// do performs an operation by the World's own hand.
func do[O any](s *Tables, subject string, in any) *O {
	s.account.TB().Helper()
	s.fake()
	return fixture.Do[O](s.account, s.region, "dynamotest: "+subject, in)
}

// A Table is one table that Go code seeds and inspects.
type Table struct {
	tables *Tables
	name   string
}

// Name returns the table's name.
func (x *Table) Name() string { return x.name }

// ARN returns the table's ARN.
func (x *Table) ARN() string {
	return fakeaws.ARN("dynamodb", x.tables.region, x.tables.account.ID(), "table/"+x.name)
}

// IndexARN returns the ARN of an index of the table.
func (x *Table) IndexARN(index string) string { return x.ARN() + "/index/" + index }

// StreamARN returns the ARN of the table's latest stream. A table without one fails the test:
// [Table.EnableStream] gives it one.
func (x *Table) StreamARN() string {
	t := x.tables.account.TB()
	t.Helper()
	out := do[dynamodb.DescribeTableOutput](x.tables, x.name, &dynamodb.DescribeTableInput{TableName: &x.name})
	if out.Table.LatestStreamArn == nil {
		t.Fatalf("dynamotest: the table %s has no stream: enable it with EnableStream", x.name)
		return ""
	}
	return *out.Table.LatestStreamArn
}

// EnableStream gives the table a stream, whose records have what the view type says, and
// returns its ARN.
func (x *Table) EnableStream(view types.StreamViewType) (arn string) {
	x.tables.account.TB().Helper()
	do[dynamodb.UpdateTableOutput](x.tables, x.name, &dynamodb.UpdateTableInput{
		TableName: &x.name, StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: view},
	})
	return x.StreamARN()
}

// Put stores items, in place of those with their keys.
func (x *Table) Put(items ...Item) {
	t := x.tables.account.TB()
	t.Helper()
	for _, item := range items {
		attributes, err := item.attributes()
		if err != nil {
			t.Fatalf("dynamotest: an item of %s: %v", x.name, err)
		}
		do[dynamodb.PutItemOutput](x.tables, x.name, &dynamodb.PutItemInput{TableName: &x.name, Item: attributes})
	}
}

// Get returns the item with a key; nil where there is none.
func (x *Table) Get(key Item) Item {
	t := x.tables.account.TB()
	t.Helper()
	attributes, err := key.attributes()
	if err != nil {
		t.Fatalf("dynamotest: a key of %s: %v", x.name, err)
	}
	out := do[dynamodb.GetItemOutput](x.tables, x.name, &dynamodb.GetItemInput{TableName: &x.name, Key: attributes})
	if out.Item == nil {
		return nil
	}
	return itemOf(out.Item)
}

// Items returns all items, in the order of scans.
func (x *Table) Items() []Item {
	x.tables.account.TB().Helper()
	var all []Item
	for _, attributes := range x.tables.fake().Items(x.tables.account.ID(), x.tables.region, x.name) {
		all = append(all, itemOf(attributes))
	}
	return all
}

// SetPolicy gives the table a resource policy, in JSON.
func (x *Table) SetPolicy(document string) {
	x.tables.account.TB().Helper()
	arn := x.ARN()
	do[dynamodb.PutResourcePolicyOutput](x.tables, x.name, &dynamodb.PutResourcePolicyInput{ResourceArn: &arn, Policy: &document})
}

// SetTag gives the table a tag.
func (x *Table) SetTag(key, value string) {
	x.tables.account.TB().Helper()
	arn := x.ARN()
	do[dynamodb.TagResourceOutput](x.tables, x.name, &dynamodb.TagResourceInput{ResourceArn: &arn, Tags: []types.Tag{{Key: &key, Value: &value}}})
}
