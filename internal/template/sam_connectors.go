package template

import (
	"strconv"
	"strings"
)

// A connection is what a connector of SAM between two types makes: a managed policy of the
// role of its source or destination, the policy of a queue or topic, or a permission of a
// function. In grants ${Source} and ${Destination} are ARNs.
type connection struct {
	kind        connectionKind
	service     string // of policies of resources
	read, write []grant
}

type connectionKind uint8

const (
	sourceRole connectionKind = iota
	destinationRole
	queuePolicy
	topicPolicy
	functionPermission
)

const (
	lambdaFunction = "AWS::Lambda::Function"
	stateMachine   = "AWS::StepFunctions::StateMachine"
	dynamoTable    = "AWS::DynamoDB::Table"
	s3Bucket       = "AWS::S3::Bucket"
	sqsQueue       = "AWS::SQS::Queue"
	snsTopic       = "AWS::SNS::Topic"
	eventsRule     = "AWS::Events::Rule"
	eventBus       = "AWS::Events::EventBus"
	syncSource     = "AWS::AppSync::DataSource"
)

const (
	readObjects  = "s3: GetObject GetObjectAcl GetObjectLegalHold GetObjectRetention GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionForReplication GetObjectVersionTorrent ListBucket ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts"
	writeObjects = "s3: AbortMultipartUpload DeleteObject DeleteObjectVersion PutObject PutObjectLegalHold PutObjectRetention RestoreObject"
	readItems    = "dynamodb: GetItem Query Scan BatchGetItem ConditionCheckItem PartiQLSelect"
	writeItems   = "dynamodb: PutItem UpdateItem DeleteItem BatchWriteItem PartiQLDelete PartiQLInsert PartiQLUpdate"
	executions   = "states@execution:${DestinationName}:*"
	syncRule     = "events@rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
)

func grants(texts ...string) (list []grant) {
	for i := 0; i+1 < len(texts); i += 2 {
		list = append(list, grant{texts[i], texts[i+1], ""})
	}
	return list
}

// toDestination are permissions on the destination.
func toDestination(actions string) []grant { return grants(actions, "${Destination}") }

// connections are the profiles of SAM's connectors, by source and destination.
var connections = map[[2]string]connection{
	{dynamoTable, lambdaFunction}: {kind: destinationRole, read: grants("dynamodb: DescribeStream GetRecords GetShardIterator ListStreams", "${Source}/stream/*")},
	{eventsRule, snsTopic}:        {kind: topicPolicy, service: "events.amazonaws.com"},
	{eventsRule, eventBus}:        {write: toDestination("events: PutEvents")},
	{eventsRule, stateMachine}:    {write: toDestination("states: StartExecution")},
	{eventsRule, lambdaFunction}:  {kind: functionPermission, service: "events.amazonaws.com"},
	{eventsRule, sqsQueue}:        {kind: queuePolicy, service: "events.amazonaws.com"},

	{lambdaFunction, lambdaFunction}: {write: toDestination("lambda: InvokeAsync InvokeFunction")},
	{lambdaFunction, s3Bucket}:       {read: grants(readObjects, "${Destination} ${Destination}/*"), write: grants(writeObjects, "${Destination} ${Destination}/*")},
	{lambdaFunction, dynamoTable}:    {read: grants(readItems, "${Destination} ${Destination}/index/*"), write: grants(writeItems, "${Destination} ${Destination}/index/*")},
	{lambdaFunction, sqsQueue}:       {read: toDestination("sqs: ReceiveMessage GetQueueAttributes"), write: toDestination("sqs: DeleteMessage SendMessage ChangeMessageVisibility PurgeQueue")},
	{lambdaFunction, snsTopic}:       {write: toDestination("sns: Publish")},
	{lambdaFunction, stateMachine}: {
		read:  grants("states: DescribeStateMachine ListExecutions", "${Destination}", "states: DescribeExecution DescribeStateMachineForExecution GetExecutionHistory", executions),
		write: grants("states: StartExecution StartSyncExecution", "${Destination}", "states: StopExecution", executions),
	},
	{lambdaFunction, eventBus}:                    {write: toDestination("events: PutEvents")},
	{lambdaFunction, "AWS::Location::PlaceIndex"}: {read: toDestination("geo: DescribePlaceIndex GetPlace SearchPlaceIndexForPosition SearchPlaceIndexForSuggestions SearchPlaceIndexForText")},

	{"AWS::ApiGatewayV2::Api", lambdaFunction}:   {kind: functionPermission, service: "apigateway.amazonaws.com"},
	{"AWS::ApiGateway::RestApi", lambdaFunction}: {kind: functionPermission, service: "apigateway.amazonaws.com"},
	{snsTopic, sqsQueue}:                         {kind: queuePolicy, service: "sns.amazonaws.com"},
	{snsTopic, lambdaFunction}:                   {kind: functionPermission, service: "sns.amazonaws.com"},
	{sqsQueue, lambdaFunction}:                   {kind: destinationRole, read: grants("sqs: ReceiveMessage GetQueueAttributes", "${Source}"), write: grants("sqs: DeleteMessage", "${Source}")},
	{s3Bucket, lambdaFunction}:                   {kind: functionPermission, service: "s3.amazonaws.com"},

	{stateMachine, lambdaFunction}: {write: toDestination("lambda: InvokeAsync InvokeFunction")},
	{stateMachine, snsTopic}:       {write: toDestination("sns: Publish")},
	{stateMachine, sqsQueue}:       {write: toDestination("sqs: SendMessage")},
	{stateMachine, s3Bucket}:       {read: grants(readObjects, "${Destination} ${Destination}/*"), write: grants(writeObjects, "${Destination} ${Destination}/*")},
	{stateMachine, dynamoTable}:    {read: grants(readItems, "${Destination} ${Destination}/index/*"), write: grants(writeItems, "${Destination} ${Destination}/index/*")},
	{stateMachine, stateMachine}: {
		read:  grants("states: DescribeExecution", executions, "events: DescribeRule", syncRule),
		write: grants("states: StartExecution", "${Destination}", "states: StopExecution", executions, "events: PutTargets PutRule", syncRule),
	},
	{stateMachine, eventBus}:                     {write: toDestination("events: PutEvents")},
	{syncSource, dynamoTable}:                    {read: grants(readItems, "${Destination} ${Destination}/index/*"), write: grants(writeItems, "${Destination} ${Destination}/index/*")},
	{syncSource, lambdaFunction}:                 {write: grants("lambda: InvokeAsync InvokeFunction", "${Destination} ${Destination}:*")},
	{"AWS::AppSync::GraphQLApi", lambdaFunction}: {kind: functionPermission, service: "appsync.amazonaws.com"},
}

// connect makes the connectors, those of their own and those in resources.
func (t *translation) connect(resources *node) {
	for i, logical := range resources.keys {
		n := resources.items[i]
		if n.get("Type").value() == "AWS::Serverless::Connector" {
			c := &connector{t: t, id: logical, node: n, properties: n.getOr("Properties"), condition: n.get("Condition")}
			c.make(c.properties.getOr("Source"))
		}
		embedded := n.get("Connectors")
		if !embedded.isObject() {
			continue
		}
		for j, name := range embedded.keys {
			e := embedded.items[j]
			c := &connector{t: t, id: logical + name, node: e, properties: e.getOr("Properties"), condition: n.get("Condition")}
			source := e.newObject("Id", logical)
			if reference := c.properties.get("SourceReference"); reference != nil {
				source = merge(reference, source)
			}
			c.make(source)
		}
	}
}

// A connector is one that is made.
type connector struct {
	t          *translation
	id         string
	node       *node
	properties *node
	condition  *node
}

// make makes the connections to one or several destinations.
func (c *connector) make(source *node) {
	if name := c.t.s.path + c.id; c.t.s.load.config.leaveOut[name] {
		c.t.s.load.leftOut[name] = true
		return
	}
	destinations := c.properties.getOr("Destination")
	if !destinations.isList() {
		c.connection(c.id, source, destinations)
		return
	}
	for i, d := range destinations.items {
		c.connection(c.id+"Destination"+strconv.Itoa(i), source, d)
	}
}

func (c *connector) connection(id string, source, destination *node) {
	from, to := c.end(source), c.end(destination)
	if from == nil || to == nil {
		return
	}
	known, ok := connections[[2]string{from.kind, to.kind}]
	if !ok {
		c.t.s.problem(c.node, "SAM connects no %s with %s, as far as is known", from.kind, to.kind)
		return
	}
	n := c.node
	switch known.kind {
	case functionPermission:
		c.put(id+"WriteLambdaPermission", "AWS::Lambda::Permission", n.newObject("Action", "lambda:InvokeFunction", "FunctionName", to.arn, "Principal", known.service))
		return
	case queuePolicy:
		c.put(id+"QueuePolicy", "AWS::SQS::QueuePolicy", n.newObject("Queues", n.newList(to.url), "PolicyDocument", serviceDocument(n, known.service, "sqs:SendMessage", to.arn, from.arn)))
		return
	case topicPolicy:
		c.put(id+"TopicPolicy", "AWS::SNS::TopicPolicy", n.newObject("Topics", n.newList(to.arn), "PolicyDocument", serviceDocument(n, known.service, "sns:Publish", to.arn, from.arn)))
		return
	}
	role := from.role
	if known.kind == destinationRole {
		role = to.role
	}
	if role == nil {
		c.t.s.problem(n, "the connector does not know whose role it gives permissions: say RoleName")
		return
	}
	values := n.newObject("Source", from.arn, "Destination", to.arn, "DestinationName", to.name)
	c.put(id+"Policy", "AWS::IAM::ManagedPolicy", n.newObject("PolicyDocument", policyDocument(n, c.permissions(known), values), "Roles", n.newList(role)))
}

// permissions are the grants for what the connector asks for.
func (c *connector) permissions(known connection) (list []grant) {
	for _, p := range c.properties.get("Permissions").list() {
		of := known.read
		if p.text == "Write" {
			of = known.write
		}
		if len(of) == 0 {
			c.t.s.problem(p, "the connector cannot have the permission %s", p.text)
		}
		list = append(list, of...)
	}
	if len(list) == 0 {
		c.t.s.problem(c.node, "a connector has Permissions: Read, Write or both")
	}
	return list
}

func (c *connector) put(logical, kind string, properties *node) {
	c.t.put(logical, c.node.newObject("Type", kind, "Properties", properties, "Condition", c.condition), c.node.line)
}

// An end is the source or the destination of a connector.
type end struct {
	kind                 string
	arn, url, name, role *node
}

// end reads one end: a resource of the template, or what describes another.
func (c *connector) end(n *node) *end {
	id := n.get("Id")
	if id == nil {
		if n.get("Type") == nil || n.get("Arn") == nil && n.get("RoleName") == nil && n.get("ResourceId") == nil {
			c.t.s.problem(c.node, "an end of a connector has an Id, or a Type and an Arn")
			return nil
		}
		return &end{strings.TrimSpace(n.get("Type").text), n.getOr("Arn"), n.getOr("QueueUrl"), n.getOr("Name"), n.get("RoleName")}
	}
	r := c.t.out.get(id.text)
	if r == nil {
		c.t.s.problem(id, "there is no resource %s", id.text)
		return nil
	}
	e := &end{kind: r.get("Type").value(), arn: n.newGetAtt(id.text, "Arn"), url: n.newRef(id.text)}
	properties := r.get("Properties")
	switch e.kind {
	case snsTopic:
		e.arn = n.newRef(id.text)
	case lambdaFunction:
		e.role = properties.get("Role")
	case stateMachine:
		e.role, e.name = properties.get("RoleArn"), n.newGetAtt(id.text, "Name")
	case syncSource:
		e.role = properties.get("ServiceRoleArn")
	}
	if given := n.get("RoleName"); given != nil {
		e.role = given
	}
	return e
}

// serviceOf is the service of an ARN.
func serviceOf(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 6 || parts[0] != "arn" {
		return ""
	}
	return parts[2]
}
