package dynamodb

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) tableOps() []fakeaws.Op {
	return []fakeaws.Op{bindBounded(admitCreate, s.createTable), bind(s.describeTable), bind(s.deleteTable), bind(s.listTables)}
}

func admitCreate(in *dynamodb.CreateTableInput) error {
	return admitDefinitions(in.AttributeDefinitions)
}

// maxTables is how many tables an account has in a region ("Quotas": 2,500, by default).
const maxTables = 2500

// createTable makes a table. It is answered as CREATING, and is ACTIVE then.
func (s *Fake) createTable(call *fakeaws.Call, in *dynamodb.CreateTableInput) (*fakeaws.Plan[*dynamodb.CreateTableOutput], error) {
	t, err := s.target(call, in.TableName)
	if err != nil {
		return nil, err
	}
	if t.id.account != call.Account || t.id.region != call.Region {
		return nil, invalidf(textForeign, *in.TableName)
	}
	x, err := newTable(t.id, in)
	if err != nil {
		return nil, err
	}
	bound, parsed, err := s.readPolicy(call, in.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	needs := createNeeds(t.id, in)
	key, keyNeeds, err := s.newKey(call, t.id, in.SSESpecification)
	if err != nil {
		return nil, err
	}
	x.kmsKey = key
	return &fakeaws.Plan[*dynamodb.CreateTableOutput]{Needs: append(needs, keyNeeds...), Do: func() (*dynamodb.CreateTableOutput, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tables[t.id] != nil {
			return nil, inUse(textExistsOf(t.id.name))
		}
		if s.count(t.id.account, t.id.region) >= maxTables {
			return nil, limitExceeded(textTables())
		}
		x.created, x.uuid = s.now(), s.world.IDs().UUID()
		if x.billing == types.BillingModePayPerRequest {
			x.onDemandSince = x.created
		}
		if bound != nil {
			x.policy = s.newPolicy(bound)
			call.Stores(parsed)
		}
		s.tables[t.id] = x
		if spec := in.StreamSpecification; spec != nil && isTrue(spec.StreamEnabled) {
			s.openStream(x, spec.StreamViewType)
		}
		call.Finished()
		return &dynamodb.CreateTableOutput{TableDescription: x.creating()}, nil
	}}, nil
}

// createNeeds are the permissions to make a table: tags and a policy take those of their own
// operations.
func createNeeds(id tableID, in *dynamodb.CreateTableInput) []fakeaws.Need {
	create := fakeaws.Need{Action: "dynamodb:CreateTable", Resource: id.arn(), ResourceAccount: id.account}
	setRequestTags(&create.Context, in.Tags)
	needs := []fakeaws.Need{create}
	if len(in.Tags) > 0 {
		tag := create
		tag.Action = "dynamodb:TagResource"
		needs = append(needs, tag)
	}
	if in.ResourcePolicy != nil {
		needs = append(needs, fakeaws.Need{Action: "dynamodb:PutResourcePolicy", Resource: id.arn(), ResourceAccount: id.account})
	}
	return needs
}

func (s *Fake) count(account, region string) int {
	n := 0
	for id := range s.tables {
		if id.account == account && id.region == region {
			n++
		}
	}
	return n
}

// newTable reads what CreateTable says of a table.
func newTable(id tableID, in *dynamodb.CreateTableInput) (*table, error) {
	switch {
	case in.GlobalTableSourceArn != nil || in.GlobalTableSettingsReplicationMode != "":
		return nil, notImplemented("CreateTable of a replica")
	case in.VectorIndexes != nil:
		return nil, notImplemented("a vector index")
	}
	t := &table{id: id, definitions: in.AttributeDefinitions}
	d, err := readDefinitions(in.AttributeDefinitions)
	if err != nil {
		return nil, err
	}
	if t.keys, err = d.schema(in.KeySchema, in.AttributeDefinitions, false); err != nil {
		return nil, err
	}
	t.billing = cmp.Or(in.BillingMode, types.BillingModeProvisioned)
	if err := setThroughput(t.billing, in.ProvisionedThroughput, &t.throughput); err != nil {
		return nil, err
	}
	t.onDemand, t.warm, t.class = in.OnDemandThroughput, in.WarmThroughput, in.TableClass
	t.protected = isTrue(in.DeletionProtectionEnabled)
	if err := t.addIndexes(d, in); err != nil {
		return nil, err
	}
	if err := t.checkIndexes(); err != nil {
		return nil, err
	}
	if err := t.checkUse(d); err != nil {
		return nil, err
	}
	if err := checkStream(in.StreamSpecification); err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	t.tags = tagsOf(in.Tags)
	return t, nil
}

// addIndexes reads the indexes of a new table.
func (t *table) addIndexes(d definitions, in *dynamodb.CreateTableInput) error {
	for _, l := range in.LocalSecondaryIndexes {
		x, err := t.newIndex(d, l.IndexName, l.KeySchema, l.Projection, in.AttributeDefinitions, true)
		if err != nil {
			return err
		}
		if err := t.checkLocal(x); err != nil {
			return err
		}
		t.indexes = append(t.indexes, x)
	}
	for _, g := range in.GlobalSecondaryIndexes {
		x, err := t.newIndex(d, g.IndexName, g.KeySchema, g.Projection, in.AttributeDefinitions, false)
		if err != nil {
			return err
		}
		if err := setThroughput(t.billing, g.ProvisionedThroughput, &x.rate); err != nil {
			return err
		}
		x.limits, x.warm = g.OnDemandThroughput, g.WarmThroughput
		t.indexes = append(t.indexes, x)
	}
	return nil
}

// describeTable tells of a table.
func (s *Fake) describeTable(call *fakeaws.Call, in *dynamodb.DescribeTableInput) (*fakeaws.Plan[*dynamodb.DescribeTableOutput], error) {
	return onTable(s, call, in.TableName, func(t *table) (*dynamodb.DescribeTableOutput, error) {
		return &dynamodb.DescribeTableOutput{Table: t.described()}, nil
	})
}

// deleteTable removes a table with all that it has. It is answered as DELETING, and is gone
// then. Its stream is readable for a day.
func (s *Fake) deleteTable(call *fakeaws.Call, in *dynamodb.DeleteTableInput) (*fakeaws.Plan[*dynamodb.DeleteTableOutput], error) {
	return onTable(s, call, in.TableName, func(t *table) (*dynamodb.DeleteTableOutput, error) {
		if t.protected {
			return nil, invalid(textProtected)
		}
		out := t.deleting()
		s.closeStream(t)
		t.gone = true
		delete(s.tables, t.id)
		call.Finished()
		return &dynamodb.DeleteTableOutput{TableDescription: out}, nil
	})
}

// maxListed is how many names ListTables answers at most, and without a Limit.
const maxListed = 100

// listTables lists the names of the tables of the caller's account, in order.
func (s *Fake) listTables(call *fakeaws.Call, in *dynamodb.ListTablesInput) (*fakeaws.Plan[*dynamodb.ListTablesOutput], error) {
	need := fakeaws.Need{Action: "dynamodb:ListTables", Resource: "*", ResourceAccount: call.Account}
	return &fakeaws.Plan[*dynamodb.ListTablesOutput]{Needs: []fakeaws.Need{need}, Do: func() (*dynamodb.ListTablesOutput, error) {
		limit := int(cmp.Or(aws.ToInt32(in.Limit), maxListed))
		names := slices.DeleteFunc(s.Names(call.Account, call.Region), func(name string) bool {
			return name <= aws.ToString(in.ExclusiveStartTableName)
		})
		out := &dynamodb.ListTablesOutput{TableNames: names}
		if out.TableNames == nil {
			out.TableNames = []string{}
		}
		if len(names) > limit {
			out.TableNames = names[:limit]
			out.LastEvaluatedTableName = &names[limit-1]
		}
		return out, nil
	}}, nil
}

// Names are the names of the tables of an account in a region, in order.
func (s *Fake) Names(account, region string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for id := range maps.Keys(s.tables) {
		if id.account == account && id.region == region {
			names = append(names, id.name)
		}
	}
	slices.Sort(names)
	return names
}
