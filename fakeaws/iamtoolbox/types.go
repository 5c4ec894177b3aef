package iamtoolbox

import "encoding/json"

// GetRequestAuthorizationDetailsInput is the input of GetRequestAuthorizationDetails.
type GetRequestAuthorizationDetailsInput struct {
	// AuthorizationId is the one in the text of the denial. It is required.
	AuthorizationId *string //nolint:revive // so the SDK names members
	// NextToken asks for the next page of evaluations.
	NextToken *string
}

// GetRequestAuthorizationDetailsOutput is the answer of GetRequestAuthorizationDetails.
type GetRequestAuthorizationDetailsOutput struct {
	// RequestContext has the condition keys that all evaluations share.
	RequestContext map[string]json.RawMessage `json:"requestContext"`
	// Evaluations has one for each action on each resource.
	Evaluations []Evaluation `json:"evaluations"`
	// Policies are those that were evaluated.
	Policies []PolicyInfo `json:"policies"`
	// NextToken is that of the next page of evaluations; nil on the last one.
	NextToken *string `json:"nextToken"`
}

// GetRequestAuthorizationPolicyInput is the input of GetRequestAuthorizationPolicy. Both
// members are required.
type GetRequestAuthorizationPolicyInput struct {
	// AuthorizationId is the one in the text of the denial.
	AuthorizationId *string //nolint:revive // so the SDK names members
	// PolicyUri is the URI of a policy of the details.
	PolicyUri *string //nolint:revive // so the SDK names members
}

// GetRequestAuthorizationPolicyOutput is the answer of GetRequestAuthorizationPolicy.
type GetRequestAuthorizationPolicyOutput struct {
	// PolicyDocument is the document as it was when the request was denied. The name of
	// the member is unverified.
	PolicyDocument json.RawMessage `json:"policyDocument"`
}

// An Evaluation is that of one action on one resource.
type Evaluation struct {
	Action   *string `json:"action"`
	Resource *string `json:"resource"`
	// Context has condition keys on top of the RequestContext.
	Context         map[string]json.RawMessage `json:"context"`
	EvaluatedEffect EvaluatedEffect            `json:"evaluatedEffect"`
	// MatchedPolicies is empty for an implicit denial.
	MatchedPolicies []MatchedPolicy `json:"matchedPolicies"`
}

// A MatchedPolicy is a policy that matched in an evaluation.
type MatchedPolicy struct {
	// Uri is that of a PolicyInfo.
	Uri               *string            `json:"uri"` //nolint:revive // so the SDK names members
	MatchedStatements []MatchedStatement `json:"matchedStatements"`
}

// A MatchedStatement is a statement that matched in an evaluation.
type MatchedStatement struct {
	// Sid is the statement's id, or one that is made up for it.
	Sid             *string         `json:"sid"`
	EvaluatedEffect StatementEffect `json:"evaluatedEffect"`
}

// A PolicyInfo is a policy that was evaluated.
type PolicyInfo struct {
	Type   PolicyType `json:"type"`
	Inline *bool      `json:"inline"`
	// Uri is the ARN of a managed policy, and an opaque identifier of an inline one.
	Uri        *string      `json:"uri"` //nolint:revive // so the SDK names members
	AttachedTo []AttachedTo `json:"attachedTo"`
}

// An AttachedTo is what a policy is attached to: a principal, a resource, or the account,
// organizational unit or root of an organization.
type AttachedTo struct {
	Arn *string `json:"arn"`
}

// EvaluatedEffect is the result of an evaluation.
type EvaluatedEffect string

// The results of evaluations.
const (
	EvaluatedEffectAllow        EvaluatedEffect = "ALLOW"
	EvaluatedEffectExplicitDeny EvaluatedEffect = "EXPLICIT_DENY"
	EvaluatedEffectImplicitDeny EvaluatedEffect = "IMPLICIT_DENY"
)

// StatementEffect is the effect of a statement.
type StatementEffect string

// The effects of statements.
const (
	StatementEffectAllow StatementEffect = "ALLOW"
	StatementEffectDeny  StatementEffect = "DENY"
)

// PolicyType is the type of a policy.
type PolicyType string

// The types of policies.
const (
	PolicyTypeIdentity            PolicyType = "IDENTITY_BASED_POLICY"
	PolicyTypeResource            PolicyType = "RESOURCE_BASED_POLICY"
	PolicyTypePermissionsBoundary PolicyType = "PERMISSIONS_BOUNDARY"
	PolicyTypeSession             PolicyType = "SESSION_POLICY"
	PolicyTypeServiceControl      PolicyType = "SERVICE_CONTROL_POLICY"
	PolicyTypeResourceControl     PolicyType = "RESOURCE_CONTROL_POLICY"
	PolicyTypeVPCEndpoint         PolicyType = "VPC_ENDPOINT_POLICY"
)
