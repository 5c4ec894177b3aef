package template

// pollers are the managed policies of functions that poll an event source.
var pollers = map[string]string{
	"SQS": "AWSLambdaSQSQueueExecutionRole", "Kinesis": "AWSLambdaKinesisExecutionRole", "DynamoDB": "AWSLambdaDynamoDBExecutionRole", "MSK": "AWSLambdaMSKExecutionRole",
}

// invokers are the services that invoke a function for an event.
var invokers = map[string]string{
	"Api": "apigateway.amazonaws.com", "HttpApi": "apigateway.amazonaws.com", "S3": "s3.amazonaws.com", "SNS": "sns.amazonaws.com", "Schedule": "events.amazonaws.com",
	"EventBridgeRule": "events.amazonaws.com", "CloudWatchEvent": "events.amazonaws.com", "CloudWatchLogs": "logs.amazonaws.com", "IoTRule": "iot.amazonaws.com",
	"AlexaSkill": "alexa-appkit.amazon.com", "Cognito": "cognito-idp.amazonaws.com",
}

// events makes what the events of a function need: permissions of its role, of those who
// invoke it, and the resources that connect both.
func (r *samResource) events(o *role) {
	events := r.properties.getOr("Events")
	for i, name := range events.keys {
		e := events.items[i]
		kind := e.get("Type").value()
		switch {
		case pollers[kind] != "":
			o.attach(e, pollers[kind])
			if kind == "MSK" {
				r.trustCertificate(o, e)
			}
			r.poll(o, name, e)
		case brokerSources[kind].policy != "":
			r.pollBroker(o, name, kind, e)
		case kind == "ScheduleV2":
			r.schedule(name, e)
		case invokers[kind] != "":
			r.invoke(o, name, kind, e)
		default:
			r.t.s.problem(e, "the event %s (%s) is not understood: leave the function out, or read the processed template", name, kind)
		}
	}
}

// poll makes what polls an event source, and sends what fails to a destination.
func (r *samResource) poll(o *role, name string, e *node) {
	p := e.getOr("Properties")
	source := p.get("Queue")
	if source == nil {
		source = p.get("Stream")
	}
	r.add(r.logical+name, e, "AWS::Lambda::EventSourceMapping", r.mapping(e, e.newObject("EventSourceArn", source, "FunctionName", e.newRef(r.logical))))
	failure := p.get("DestinationConfig").get("OnFailure")
	if failure == nil {
		return
	}
	kind, to := failure.get("Type").value(), failure.getOr("Destination")
	if kind == "" {
		kind = "SQS" // SAM looks at the ARN; both are sent to alike
		if v, ok := r.t.s.evaluateNode(to).(string); ok && serviceOf(v) == "sns" {
			kind = "SNS"
		}
	}
	if sends[kind] == "" {
		r.t.s.problem(failure, "the destination %q is not understood", kind)
		return
	}
	o.allow(failure, r.logical+name+kind+"Policy", sends[kind], to)
}

// schedule makes the role that EventBridge Scheduler invokes a function with.
func (r *samResource) schedule(name string, e *node) {
	p := e.getOr("Properties")
	r.add(r.logical+name, e, "AWS::Scheduler::Schedule", r.scheduled(name, e, e.newObject("Name", p.get("Name"), "ScheduleExpression", p.get("ScheduleExpression"))))
	if p.get("DeadLetterConfig") != nil {
		r.t.s.problem(p.get("DeadLetterConfig"), "the DeadLetterConfig of a schedule is not understood")
	}
	if p.get("RoleArn") != nil {
		return
	}
	policy := e.newObject("PolicyName", r.logical+name+"LambdaPolicy", "PolicyDocument",
		policyDocument(e, []grant{{"lambda: InvokeFunction", "${Resource}", ""}}, e.newObject("Resource", e.newGetAtt(r.logical, "Arn"))))
	r.add(r.logical+name+"Role", e, "AWS::IAM::Role", e.newObject("AssumeRolePolicyDocument", trustOf(e, "scheduler.amazonaws.com"), "PermissionsBoundary", p.get("PermissionsBoundary"), "Policies", e.newList(policy)))
}

// invoke makes the permission of a service to invoke the function, and its rule or
// subscription.
func (r *samResource) invoke(o *role, name, kind string, e *node) {
	p := e.getOr("Properties")
	id, source := r.logical+name+"Permission", (*node)(nil)
	switch kind {
	case "Api", "HttpApi":
		r.implicit(kind, e, p)
		if kind == "Api" {
			id += "Prod"
		}
	case "S3":
		bucket := p.get("Bucket").is("Ref").value()
		if bucket == "" {
			r.t.s.problem(e, "the Bucket of an S3 event refers to a bucket of the template")
			return
		}
		r.t.buckets[bucket] = append(r.t.buckets[bucket], notification{r.logical, id, p})
		// Not the bucket's ARN, which would need the bucket first.
		source = nil
	case "SNS":
		source = p.get("Topic")
		if p.get("SqsSubscription") != nil {
			o.attach(e, pollers["SQS"])
			r.queueOfTopic(name, e, p)
			return
		}
		r.add(r.logical+name, e, "AWS::SNS::Subscription", e.newObject("TopicArn", p.get("Topic"), "Protocol", "lambda", "Endpoint", e.newGetAtt(r.logical, "Arn"),
			"FilterPolicy", p.get("FilterPolicy"), "FilterPolicyScope", p.get("FilterPolicyScope"), "RedrivePolicy", p.get("RedrivePolicy"), "Region", p.get("Region")))
	case "Schedule", "EventBridgeRule", "CloudWatchEvent":
		r.add(r.logical+name, e, "AWS::Events::Rule", r.rule(name, e, e.newObject("Name", p.get("RuleName"), "EventBusName", p.get("EventBusName"), "EventPattern", p.get("Pattern"), "ScheduleExpression", p.get("Schedule"))))
		source = e.newGetAtt(r.logical+name, "Arn")
	}
	r.add(id, e, "AWS::Lambda::Permission", e.newObject("Action", "lambda:InvokeFunction", "FunctionName", e.newRef(r.logical), "Principal", invokers[kind], "SourceArn", source))
}

// implicit makes the API that events have which name none.
func (r *samResource) implicit(kind string, e, p *node) {
	if p.get("RestApiId") != nil || p.get("ApiId") != nil {
		return
	}
	api := &samResource{t: r.t, logical: "ServerlessRestApi", node: e, line: e.line, properties: e.newObject()}
	if kind == "HttpApi" {
		api.logical = "ServerlessHttpApi"
	}
	if r.t.out.get(api.logical) != nil || r.t.from.get(api.logical) != nil {
		return
	}
	if kind == "HttpApi" {
		api.properties = merge(r.t.globals.get("HttpApi"), api.properties)
		api.httpAPI()
		return
	}
	api.properties = merge(r.t.globals.get("Api"), e.newObject("StageName", "Prod"))
	api.api()
}

// queueOfTopic makes the queue between a topic and a function: with a policy for the
// topic, unless the event names a queue.
func (r *samResource) queueOfTopic(name string, e, p *node) {
	given := p.get("SqsSubscription")
	arn, url := given.get("QueueArn"), given.get("QueueUrl")
	if arn == nil {
		r.add(r.logical+name+"Queue", e, "AWS::SQS::Queue", e.newObject())
		arn, url = e.newGetAtt(r.logical+name+"Queue", "Arn"), e.newRef(r.logical+name+"Queue")
	}
	r.add(r.logical+name, e, "AWS::SNS::Subscription", e.newObject("TopicArn", p.get("Topic"), "Protocol", "sqs", "Endpoint", arn))
	r.add(r.logical+name+"EventSourceMapping", e, "AWS::Lambda::EventSourceMapping", e.newObject("EventSourceArn", arn, "FunctionName", e.newRef(r.logical), "BatchSize", given.get("BatchSize"), "Enabled", given.get("Enabled")))
	if given.get("QueuePolicyLogicalId") == nil || r.t.out.get(given.get("QueuePolicyLogicalId").text) == nil {
		r.add(r.logical+name+"QueuePolicy", e, "AWS::SQS::QueuePolicy", e.newObject("Queues", e.newList(url), "PolicyDocument", serviceDocument(e, "sns.amazonaws.com", "sqs:SendMessage", arn, p.get("Topic"))))
	}
}

// serviceDocument is a policy of a resource for a service that acts for another resource.
func serviceDocument(at *node, service, action string, resource, source *node) *node {
	return at.newObject("Version", "2012-10-17", "Statement", at.newList(at.newObject("Effect", "Allow", "Principal", at.newObject("Service", service), "Action", action, "Resource", resource,
		"Condition", at.newObject("ArnEquals", at.newObject("aws:SourceArn", source)))))
}

// A notification is what an S3 event of a function adds to a bucket.
type notification struct {
	function, permission string
	properties           *node
}

// notifyBuckets adds the notifications to the buckets, which depend on the permissions.
func (t *translation) notifyBuckets() {
	for bucket, list := range t.buckets {
		n := t.out.get(bucket)
		if n.get("Type").value() != "AWS::S3::Bucket" {
			t.s.problem(list[0].properties, "the Bucket of an S3 event refers to a bucket of the template; %s is none", bucket)
			continue
		}
		properties := n.getOr("Properties")
		if !properties.isObject() {
			properties = n.newObject()
		}
		configuration := properties.getOr("NotificationConfiguration")
		if !configuration.isObject() {
			configuration = n.newObject()
		}
		lambdas := n.newList(configuration.get("LambdaConfigurations").list()...)
		depends := n.newList(n.get("DependsOn").list()...)
		for _, to := range list {
			for _, event := range to.properties.get("Events").list() {
				lambda := n.newObject("Event", event, "Function", n.newGetAtt(to.function, "Arn"), "Filter", to.properties.get("Filter"))
				if condition := t.out.get(to.function).get("Condition"); condition != nil {
					lambda = n.newObject("Fn::If", n.newList(condition, lambda, n.newRef("AWS::NoValue")))
				}
				lambdas.items = append(lambdas.items, lambda)
			}
			depends.items = append(depends.items, n.newString(to.permission))
		}
		t.out.set(bucket, n.with("Properties", properties.with("NotificationConfiguration", configuration.with("LambdaConfigurations", lambdas))).with("DependsOn", depends))
	}
}
