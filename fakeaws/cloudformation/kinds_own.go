package cloudformation

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var ownKinds = map[string]*kind{
	nestedType: {
		allows: []string{"NotificationARNs", "Parameters", "TemplateURL", "TimeoutInMinutes"}, tags: "list",
		create: createNested, update: updateNested, ready: nestedReady, gone: nestedGone,
		remove: func(j *job) error { return j.do("cloudformation", "DeleteStack", map[string]any{"StackName": j.id}) },
	},
	"AWS::CloudFormation::WaitConditionHandle": {
		create: func(j *job) error {
			j.id = j.answerURL("cloudformation-waitcondition-" + j.region)
			return nil
		},
		remove: func(*job) error { return nil },
	},
	"AWS::CloudFormation::WaitCondition": {
		allows: []string{"Count", "Handle", "Timeout"},
		create: func(j *job) error {
			j.id = j.stackID + "/" + j.logical
			return nil
		},
		update: func(*job) error {
			return reason("Update to resource type AWS::CloudFormation::WaitCondition is not supported.")
		},
		ready: conditionReady, remove: func(*job) error { return nil },
	},
	"AWS::CDK::Metadata": {
		allows: []string{"*"}, create: func(j *job) error { j.id = j.physical("", 255, false); return nil }, update: func(*job) error { return nil }, remove: func(*job) error { return nil },
	},
	customType: {
		immutable: []string{"ServiceToken"}, allows: []string{"*"}, create: func(j *job) error { return j.custom("Create") }, update: func(j *job) error { return j.custom("Update") },
		ready: customReady, gone: customReady, remove: func(j *job) error { return j.custom("Delete") },
		whole: func([]string, *job) bool { return false }, // an answer with another physical id does
	},
}

// answerURL is where somebody outside answers: an object in a bucket of AWS's, by a signed URL.
// See [Respond].
func (j *job) answerURL(bucket string) string {
	return "https://" + bucket + ".s3.amazonaws.com/" + url.QueryEscape(j.stackID+"/"+j.token+"/"+j.logical) + "?X-Amz-Signature=" + j.s.world.IDs().Hex(64)
}

// Respond gives an answer to a URL that CloudFormation made: the ResponseURL of a custom
// resource's request, or the handle of a wait condition. Who has one sends it a JSON document
// with PUT; the World has no server at that address, so Go code calls this. The error says
// that nobody waits for the answer.
func Respond(w *fakeaws.World, at string, body []byte) error {
	s := Of(w)
	u, err := url.Parse(at)
	if err != nil {
		return err
	}
	resource, err := url.QueryUnescape(strings.TrimPrefix(u.EscapedPath(), "/"))
	if err != nil {
		return err
	}
	i := strings.Index(resource, ":stack/")
	parts := strings.Split(resource[max(i, 0):], "/")
	if i < 0 || len(parts) != 5 {
		return fmt.Errorf("cloudformation: %s is no URL that CloudFormation made", at)
	}
	id := resource[:i] + strings.Join(parts[:3], "/")
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("cloudformation: the answer to %s: %w", at, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stacks[id]
	if st == nil {
		return fmt.Errorf("cloudformation: there is no stack %s", id)
	}
	if st.answers[at] == nil {
		st.answers[at] = map[string]*answer{}
	}
	if st.answers[at][a.UniqueID] == nil {
		st.answers[at][a.UniqueID] = &a
	}
	s.rouse(st)
	return nil
}

// An answer is what somebody outside sends.
type answer struct {
	Status, Reason     string
	PhysicalResourceID string `json:"PhysicalResourceId"`
	Data               any
	UniqueID           string `json:"UniqueId"`
}

// rouse has what a stack waits for looked at. The lock is held.
func (s *Fake) rouse(st *stack) {
	if st.op != nil && len(st.op.todo) > 0 && st.op.todo[0].waiting != nil {
		st.op.at = s.world.Clock().Now()
		s.world.Wake(st.op.at)
	}
}

// answersTo are what was sent to a URL.
func (j *job) answersTo(at string) map[string]*answer {
	j.s.mu.Lock()
	defer j.s.mu.Unlock()
	if st := j.s.stacks[j.stackID]; st != nil {
		return maps.Clone(st.answers[at])
	}
	return nil
}

// since is when the job was begun.
func (j *job) since() time.Time {
	if j.waiting != nil {
		return j.waiting.since
	}
	return j.s.world.Clock().Now()
}

// conditionReady waits for the signals of a wait condition.
func conditionReady(j *job) error {
	timeout, _ := strconv.Atoi(j.text("Timeout"))
	limit := time.Duration(timeout) * time.Second
	if policy := objectOf(objectOf(j.creationPolicy)["ResourceSignal"]); policy != nil {
		return j.signalsReady(policy)
	}
	count := 1
	if n, err := strconv.Atoi(j.text("Count")); err == nil {
		count = n
	}
	data := map[string]any{}
	for id, a := range j.answersTo(j.text("Handle")) {
		if a.Status != "SUCCESS" {
			return reasonf("WaitCondition received failed message: '%s' for uniqueId: %s", a.Reason, id)
		}
		data[id] = a.Data
	}
	if len(data) >= count {
		j.attributes["Data"] = encoded(data)
		return nil
	}
	return j.awaited(limit, fmt.Sprintf("WaitCondition timed out. Received %d conditions when expecting %d", len(data), count))
}

// awaited waits for somebody outside until a time is over.
func (j *job) awaited(limit time.Duration, over string) error {
	left := limit - j.s.world.Clock().Now().Sub(j.since())
	if left <= 0 {
		return reason(over)
	}
	j.later(left)
	return nil
}

// signalsReady waits for what SignalResource tells.
func (j *job) signalsReady(policy map[string]any) error {
	count := 1
	if n, err := strconv.Atoi(encodedText(policy["Count"])); err == nil {
		count = n
	}
	limit := 5 * time.Minute
	if text := encodedText(policy["Timeout"]); text != "" {
		d, ok := duration(text)
		if !ok {
			return invalid("Template format error: invalid timeout %s", text) // unverified
		}
		limit = d
	}
	j.s.mu.Lock()
	st := j.s.stacks[j.stackID]
	signals := slices.Clone(st.signals[j.logical])
	j.s.mu.Unlock()
	failed := 0
	for _, s := range signals {
		if s.failed {
			failed++
		}
	}
	switch {
	case failed > 0:
		return reasonf("Received %d FAILURE signal(s) out of %d. Unable to satisfy 100%% MinSuccessfulInstancesPercent requirement", failed, count)
	case len(signals) >= count:
		return nil
	}
	return j.awaited(limit, fmt.Sprintf("Failed to receive %d resource signal(s) within the specified duration", count-len(signals)))
}

// duration reads "PT1H30M5S".
func duration(text string) (time.Duration, bool) {
	rest, ok := strings.CutPrefix(text, "PT")
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(strings.ToLower(rest))
	return d, err == nil
}

// custom asks whoever stands for a custom resource, by its ServiceToken: a function or a topic.
func (j *job) custom(request string) error {
	token := j.text("ServiceToken")
	properties := maps.Clone(j.properties)
	timeout := 3600 * time.Second
	if n, err := strconv.Atoi(j.text("ServiceTimeout")); err == nil {
		timeout = time.Duration(n) * time.Second
	}
	at := j.answerURL("cloudformation-custom-resource-response-" + strings.ReplaceAll(j.region, "-", ""))
	event := map[string]any{
		"RequestType": request, "ResponseURL": at, "StackId": j.stackID, "RequestId": j.token, "ResourceType": j.kind, "LogicalResourceId": j.logical,
		"ResourceProperties": properties, "ServiceToken": token,
	}
	if request != "Create" {
		event["PhysicalResourceId"] = j.id
	}
	if request == "Update" {
		event["OldResourceProperties"] = j.old
	}
	var err error
	switch {
	case strings.Contains(token, ":lambda:"):
		err = j.do("lambda", "Invoke", map[string]any{"FunctionName": token, "InvocationType": "Event", "Payload": encoded(event)})
	case strings.Contains(token, ":sns:"):
		err = j.do("sns", "Publish", map[string]any{"TopicArn": token, "Subject": "AWS CloudFormation custom resource request", "Message": encoded(event)})
	default:
		err = reason("Invalid service token.")
	}
	if err != nil {
		return err
	}
	j.state["url"], j.state["request"] = at, request
	j.later(timeout)
	return nil
}

// customReady looks for the answer of a custom resource.
func customReady(j *job) error {
	for _, a := range j.answersTo(j.state["url"]) {
		if a.Status != "SUCCESS" {
			return reasonf("Received response status [FAILED] from custom resource. Message returned: %s (RequestId: %s)", a.Reason, j.token)
		}
		if j.state["request"] == "Delete" {
			return nil
		}
		if a.PhysicalResourceID == "" && j.id == "" {
			return reasonf("Invalid PhysicalResourceId") // unverified
		}
		if a.PhysicalResourceID != "" && j.id != "" && j.state["request"] == "Update" && a.PhysicalResourceID != j.id {
			j.replacing = true
		}
		if a.PhysicalResourceID != "" {
			j.id = a.PhysicalResourceID
		}
		j.attributes = map[string]string{}
		data, _ := a.Data.(map[string]any)
		for name, value := range data {
			j.attributes[name] = encodedText(value)
		}
		return nil
	}
	timeout := 3600 * time.Second
	if n, err := strconv.Atoi(j.text("ServiceTimeout")); err == nil {
		timeout = time.Duration(n) * time.Second
	}
	return j.awaited(timeout, fmt.Sprintf("CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [%s]. "+
		"If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.", j.token))
}

// nestedParams are what the operations on a nested stack take of its properties.
func (j *job) nestedParams(name string) map[string]any {
	params := with(map[string]any{"StackName": name, "Capabilities": j.capabilities}, "TemplateURL", j.text("TemplateURL"), "NotificationARNs", j.properties["NotificationARNs"], "Tags", j.tagList())
	var all []any
	given := objectOf(j.properties["Parameters"])
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value := encodedText(given[key])
		if items := list(given[key]); len(items) > 0 {
			value = strings.Join(items, ",")
		}
		all = append(all, map[string]any{"ParameterKey": key, "ParameterValue": value})
	}
	if all != nil {
		params["Parameters"] = all
	}
	return params
}

func createNested(j *job) error {
	params := with(j.nestedParams(j.physical("", 128, false)), "TimeoutInMinutes", j.properties["TimeoutInMinutes"])
	out, err := j.call("cloudformation", "CreateStack", params)
	if err != nil {
		return err
	}
	j.id = encodedText(out["StackId"])
	j.s.adopt(j)
	return nil
}

// adopt has a nested stack deployed by whoever deploys the one that it is nested in.
func (s *Fake) adopt(j *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	child, parent := s.stacks[j.id], s.stacks[j.stackID]
	if child == nil || parent == nil {
		return
	}
	child.parent, child.root = parent.id, parent.root
	if parent.root == "" {
		child.root = parent.id
	}
	child.settings.role, child.settings.disableRollback = j.role, parent.settings.disableRollback
	if child.op != nil {
		child.op.role, child.op.forward, child.op.accessKey = j.role, j.forward, j.accessKey
	}
}

func updateNested(j *job) error {
	err := j.do("cloudformation", "UpdateStack", j.nestedParams(j.id))
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorMessage() == textNoUpdates {
		return nil
	}
	if err == nil {
		j.s.adopt(j)
	}
	return err
}

// nested describes a nested stack.
func (j *job) nested() (map[string]any, error) {
	out, err := j.call("cloudformation", "DescribeStacks", map[string]any{"StackName": j.id})
	if err != nil {
		return nil, err
	}
	all := objects(out["Stacks"])
	if len(all) != 1 {
		return nil, fmt.Errorf("leastpriv: there is no stack %s", j.id)
	}
	return all[0], nil
}

// nestedPoll is when a nested stack is looked at again if it does not end before.
const nestedPoll = time.Hour

func nestedReady(j *job) error {
	st, err := j.nested()
	if err != nil {
		return err
	}
	switch status := types.StackStatus(encodedText(st["StackStatus"])); {
	case status == types.StackStatusCreateComplete, status == types.StackStatusUpdateComplete, status == types.StackStatusUpdateRollbackComplete && j.made == nil:
		j.attributes = map[string]string{}
		for _, o := range objects(st["Outputs"]) {
			j.attributes["Outputs."+encodedText(o["OutputKey"])] = encodedText(o["OutputValue"])
		}
		return nil
	case strings.HasSuffix(string(status), "_IN_PROGRESS"):
		j.later(nestedPoll)
		return nil
	case j.current == nil:
		return reasonf("Embedded stack %s was not successfully created: %s", j.id, j.s.firstFailure(j.id))
	default:
		return reasonf("Embedded stack %s was not successfully updated. Currently in %s with reason: %s", j.id, status, j.s.firstFailure(j.id))
	}
}

// firstFailure is why a stack was last rolled back.
func (s *Fake) firstFailure(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stacks[id]
	if st == nil {
		return ""
	}
	for _, e := range slices.Backward(st.events) {
		if e.ResourceStatusReason != nil && *e.LogicalResourceId == st.name {
			return strings.TrimSuffix(*e.ResourceStatusReason, "Rollback requested by user.")
		}
	}
	return ""
}

func nestedGone(j *job) error {
	j.wait = 0
	st, err := j.nested()
	if err != nil {
		return err
	}
	switch status := encodedText(st["StackStatus"]); status {
	case "DELETE_COMPLETE":
		return nil
	case "DELETE_FAILED":
		return reasonf("Embedded stack %s was not successfully deleted: %s", j.id, j.s.firstFailure(j.id))
	}
	j.later(nestedPoll)
	return nil
}
