package cloudformation

import (
	"slices"
)

var eventKinds = map[string]*kind{
	"AWS::Events::EventBus": {
		name: "Name", tags: "list", allows: []string{"DeadLetterConfig", "Description", "EventSourceName", "KmsKeyIdentifier", "LogConfig", "Policy"},
		create: func(j *job) error {
			out, err := j.call("eventbridge", "CreateEventBus", with(j.pick("DeadLetterConfig", "Description", "EventSourceName", "KmsKeyIdentifier", "LogConfig", "Name"), "Tags", j.tagList()))
			if err != nil {
				return err
			}
			j.id = j.text("Name")
			j.attributes = map[string]string{"Arn": encodedText(out["EventBusArn"]), "Name": j.id}
			if policy := j.text("Policy"); policy != "" {
				return j.do("eventbridge", "PutPermission", map[string]any{"EventBusName": j.id, "Policy": policy})
			}
			return nil
		},
		update: updateBus,
		remove: func(j *job) error { return j.do("eventbridge", "DeleteEventBus", map[string]any{"Name": j.id}) },
	},
	"AWS::Events::EventBusPolicy": {
		immutable: []string{"EventBusName", "StatementId"}, allows: []string{"Action", "Condition", "Principal", "Statement"}, create: putBusPolicy, update: putBusPolicy,
		remove: func(j *job) error {
			return j.do("eventbridge", "RemovePermission", with(map[string]any{"StatementId": j.text("StatementId")}, "EventBusName", j.text("EventBusName")))
		},
	},
	"AWS::Events::Rule": {
		name: "Name", immutable: []string{"EventBusName"}, allows: []string{"Description", "EventPattern", "RoleArn", "ScheduleExpression", "State", "Targets"}, tags: "list",
		create: putRule, update: putRule, remove: removeRule,
	},
	"AWS::Scheduler::Schedule": {
		name: "Name", allows: []string{"Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State", "Target"},
		create: func(j *job) error { return j.putSchedule("CreateSchedule") }, update: func(j *job) error { return j.putSchedule("UpdateSchedule") },
		whole: func(changed []string, _ *job) bool {
			return slices.Contains(changed, "Name") || slices.Contains(changed, "GroupName")
		},
		remove: func(j *job) error {
			return j.do("scheduler", "DeleteSchedule", with(map[string]any{"Name": j.id}, "GroupName", j.text("GroupName")))
		},
	},
	"AWS::Scheduler::ScheduleGroup": {
		name: "Name", tags: "list",
		create: func(j *job) error {
			name := j.physical("Name", 64, false)
			out, err := j.call("scheduler", "CreateScheduleGroup", with(map[string]any{"Name": name}, "Tags", j.tagList()))
			if err != nil {
				return err
			}
			j.id = name
			j.attributes = map[string]string{"Arn": encodedText(out["ScheduleGroupArn"])}
			return nil
		},
		update: func(j *job) error {
			return j.retagged(tagging{"scheduler", "TagResource", "UntagResource", "ResourceArn", "Tags", "TagKeys", false}, j.attributes["Arn"])
		},
		remove: func(j *job) error { return j.do("scheduler", "DeleteScheduleGroup", map[string]any{"Name": j.id}) },
	},
	"AWS::Logs::LogGroup": {
		name: "LogGroupName", immutable: []string{"LogGroupClass"}, allows: []string{"KmsKeyId", "RetentionInDays"}, tags: "list",
		create: createLogGroup, update: updateLogGroup,
		remove: func(j *job) error {
			return j.do("cloudwatchlogs", "DeleteLogGroup", map[string]any{"LogGroupName": j.id})
		},
	},
	"AWS::Logs::LogStream": {
		name: "LogStreamName", immutable: []string{"LogGroupName"},
		create: func(j *job) error {
			name := j.physical("LogStreamName", 512, false)
			if err := j.do("cloudwatchlogs", "CreateLogStream", map[string]any{"LogGroupName": j.text("LogGroupName"), "LogStreamName": name}); err != nil {
				return err
			}
			j.id = name
			return nil
		},
		remove: func(j *job) error {
			return j.do("cloudwatchlogs", "DeleteLogStream", map[string]any{"LogGroupName": j.text("LogGroupName"), "LogStreamName": j.id})
		},
	},
	"AWS::Logs::SubscriptionFilter": {
		name: "FilterName", immutable: []string{"LogGroupName"}, allows: []string{"ApplyOnTransformedLogs", "DestinationArn", "Distribution", "EmitSystemFields", "FieldSelectionCriteria", "FilterPattern", "RoleArn"},
		create: putSubscription, update: putSubscription,
		remove: func(j *job) error {
			return j.do("cloudwatchlogs", "DeleteSubscriptionFilter", map[string]any{"LogGroupName": j.text("LogGroupName"), "FilterName": j.id})
		},
	},
	"AWS::StepFunctions::StateMachine": {
		name: "StateMachineName", immutable: []string{"StateMachineType"}, tags: "list",
		allows: []string{"Definition", "DefinitionS3Location", "DefinitionString", "DefinitionSubstitutions", "EncryptionConfiguration", "LoggingConfiguration", "RoleArn", "TracingConfiguration"},
		create: createMachine, update: updateMachine, gone: describedGone("sfn", "DescribeStateMachine", "StateMachineArn"),
		remove: func(j *job) error {
			return j.do("sfn", "DeleteStateMachine", map[string]any{"StateMachineArn": j.id})
		},
	},
}

func putBusPolicy(j *job) error {
	j.id = j.text("StatementId")
	if j.properties["Statement"] != nil {
		return notImplemented("the property Statement of AWS::Events::EventBusPolicy")
	}
	return j.do("eventbridge", "PutPermission", with(j.pick("Action", "Condition", "Principal", "StatementId"), "EventBusName", j.text("EventBusName")))
}

func putRule(j *job) error {
	name := j.id
	if bus := j.text("EventBusName"); bus != "" && bus != "default" && name != "" {
		name = lastOf(name, "|")
	}
	if name == "" {
		name = j.physical("Name", 64, false)
	}
	bus := j.text("EventBusName")
	params := with(map[string]any{"Name": name}, "EventBusName", bus, "Description", j.text("Description"), "EventPattern", j.text("EventPattern"), "RoleArn", j.text("RoleArn"),
		"ScheduleExpression", j.text("ScheduleExpression"), "State", j.text("State"))
	creating := j.id == ""
	if creating {
		params = with(params, "Tags", j.tagList())
	}
	out, err := j.call("eventbridge", "PutRule", params)
	if err != nil {
		return err
	}
	j.id = name
	if bus != "" && bus != "default" {
		j.id = lastOf(bus, "/") + "|" + name
	}
	j.attributes = map[string]string{"Arn": encodedText(out["RuleArn"])}
	var gone []string
	ids := map[string]bool{}
	for _, t := range objects(j.properties["Targets"]) {
		ids[encodedText(t["Id"])] = true
	}
	if !creating {
		for _, t := range objects(j.old["Targets"]) {
			if id := encodedText(t["Id"]); !ids[id] {
				gone = append(gone, id)
			}
		}
	}
	if gone != nil {
		if err := j.targets("RemoveTargets", name, "Ids", gone); err != nil {
			return err
		}
	}
	if len(ids) > 0 && (creating || j.changed("Targets")) {
		if err := j.targets("PutTargets", name, "Targets", j.properties["Targets"]); err != nil {
			return err
		}
	}
	if creating {
		return nil
	}
	return j.retagged(eventTags, j.attributes["Arn"])
}

var eventTags = tagging{"eventbridge", "TagResource", "UntagResource", "ResourceARN", "Tags", "TagKeys", false}

func updateBus(j *job) error {
	if j.changed("EventSourceName") || j.changed("Policy") && j.properties["Policy"] == nil {
		return notImplemented("the update of EventSourceName, and one that takes Policy away, of AWS::Events::EventBus")
	}
	if j.changed("DeadLetterConfig", "Description", "KmsKeyIdentifier", "LogConfig") {
		if err := j.do("eventbridge", "UpdateEventBus", with(j.pick("DeadLetterConfig", "KmsKeyIdentifier", "LogConfig"), "Name", j.id, "Description", j.properties["Description"])); err != nil {
			return err
		}
	}
	if j.changed("Policy") {
		if err := j.do("eventbridge", "PutPermission", map[string]any{"EventBusName": j.id, "Policy": j.text("Policy")}); err != nil {
			return err
		}
	}
	return j.retagged(eventTags, j.attributes["Arn"])
}

// targets sets or removes targets of a rule. Entries that failed fail the resource.
func (j *job) targets(operation, rule, member string, value any) error {
	out, err := j.call("eventbridge", operation, with(map[string]any{"Rule": rule, member: value}, "EventBusName", j.text("EventBusName")))
	if err != nil {
		return err
	}
	for _, failed := range objects(out["FailedEntries"]) {
		return invalid("%s", encodedText(failed["ErrorMessage"]))
	}
	return nil
}

func removeRule(j *job) error {
	name := lastOf(j.id, "|")
	var ids []string
	for _, t := range objects(j.properties["Targets"]) {
		ids = append(ids, encodedText(t["Id"]))
	}
	if ids != nil {
		if err := j.targets("RemoveTargets", name, "Ids", ids); err != nil && !isNotFound(err) {
			return err
		}
	}
	return j.do("eventbridge", "DeleteRule", with(map[string]any{"Name": name}, "EventBusName", j.text("EventBusName")))
}

func (j *job) putSchedule(operation string) error {
	name := j.id
	if name == "" {
		name = j.physical("Name", 64, false)
	}
	out, err := j.call("scheduler", operation, with(j.pick("Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State", "Target"), "Name", name))
	if err != nil {
		return err
	}
	j.id = name
	j.attributes["Arn"] = encodedText(out["ScheduleArn"])
	return nil
}

func createLogGroup(j *job) error {
	name := j.physical("LogGroupName", 512, false)
	if err := j.do("cloudwatchlogs", "CreateLogGroup", with(j.pick("KmsKeyId", "LogGroupClass"), "LogGroupName", name, "Tags", j.tagMap())); err != nil {
		return err
	}
	j.id = name
	j.attributes["Arn"] = j.arnOf("logs", "log-group:"+name+":*")
	if days := j.properties["RetentionInDays"]; days != nil {
		return j.do("cloudwatchlogs", "PutRetentionPolicy", map[string]any{"LogGroupName": name, "RetentionInDays": days})
	}
	return nil
}

func updateLogGroup(j *job) error {
	if j.changed("RetentionInDays") {
		operation, params := "DeleteRetentionPolicy", map[string]any{"LogGroupName": j.id}
		if days := j.properties["RetentionInDays"]; days != nil {
			operation, params["RetentionInDays"] = "PutRetentionPolicy", days
		}
		if err := j.do("cloudwatchlogs", operation, params); err != nil {
			return err
		}
	}
	if j.changed("KmsKeyId") {
		operation, params := "DisassociateKmsKey", map[string]any{"LogGroupName": j.id}
		if k := j.properties["KmsKeyId"]; k != nil {
			operation, params["KmsKeyId"] = "AssociateKmsKey", k
		}
		if err := j.do("cloudwatchlogs", operation, params); err != nil {
			return err
		}
	}
	arn := j.arnOf("logs", "log-group:"+j.id)
	return j.retagged(tagging{"cloudwatchlogs", "TagResource", "UntagResource", "ResourceArn", "Tags", "TagKeys", true}, arn)
}

func putSubscription(j *job) error {
	name := j.id
	if name == "" {
		name = j.physical("FilterName", 512, false)
	}
	params := with(j.pick("ApplyOnTransformedLogs", "DestinationArn", "Distribution", "EmitSystemFields", "FieldSelectionCriteria", "LogGroupName", "RoleArn"), "FilterName", name)
	params["FilterPattern"] = j.text("FilterPattern")
	if err := j.do("cloudwatchlogs", "PutSubscriptionFilter", params); err != nil {
		return err
	}
	j.id = name
	return nil
}
