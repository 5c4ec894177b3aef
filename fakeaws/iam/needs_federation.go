package iam

import (
	"strconv"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/enforce"
)

// onAccount is the target of actions without resource-level permissions, on the
// account as a whole.
func onAccount(*query) ([]subject, error) { return []subject{{arn: "*"}}, nil }

// pseudo is the target of actions that AWS evaluates on an ARN that stands for
// all resources of a kind.
func pseudo(resource string) target {
	return func(q *query) ([]subject, error) {
		return []subject{{arn: iamARN(q.account.id, resource, "", "")}}, nil
	}
}

func newProfile(q *query) ([]subject, error) {
	return []subject{{arn: iamARN(q.account.id, "instance-profile", pathOr(q.pointer("Path")), q.text("InstanceProfileName"))}}, nil
}

func onProfile(q *query) ([]subject, error) {
	name := q.text("InstanceProfileName")
	sub := subject{arn: iamARN(q.account.id, "instance-profile", "/", name), name: "instance profile " + name}
	if p, err := q.account.profile(name); err == nil {
		sub.arn, sub.tags = p.arn, &p.tags
	}
	return []subject{sub}, nil
}

// onProfileAndRole is onProfile for an action that hands the role to EC2: the
// caller must be allowed to pass it.
func onProfileAndRole(q *query) ([]subject, error) {
	subjects, err := onProfile(q)
	role := q.entity(roleKind, q.text("RoleName"))
	role.name, role.action = "", passRole
	return append(subjects, role), err
}

const passRole = "iam:PassRole"

// passedToEC2 sets the keys of passing a role to EC2. Which instance the role is
// for is not known when the profile gets it (API page "AddRoleToInstanceProfile").
func passedToEC2(c *enforce.Context, _ input, sub *subject) {
	if sub.action == passRole {
		c.Set("iam:PassedToService", "ec2.amazonaws.com")
		c.Set("iam:AssociatedResourceArn", "arn:aws:ec2:*:"+strings.Split(sub.arn, ":")[4]+":instance/*")
	}
}

func listProfiles(q *query) ([]subject, error) {
	prefix := q.text("PathPrefix")
	if prefix == "" {
		prefix = "/"
	}
	return []subject{{arn: iamARN(q.account.id, "instance-profile", prefix, "")}}, nil
}

func newOIDCProvider(q *query) ([]subject, error) {
	return []subject{{arn: oidcARN(q.account.id, q.text("Url"))}}, nil
}

func onOIDCProvider(q *query) ([]subject, error) {
	sub := subject{arn: q.text("OpenIDConnectProviderArn")}
	if p, ok := q.account.oidc.Get(sub.arn); ok {
		sub.tags = &p.tags
	}
	return []subject{sub}, nil
}

func newSAMLProvider(q *query) ([]subject, error) {
	return []subject{{arn: samlARN(q.account.id, q.text("Name"))}}, nil
}

func onSAMLProvider(q *query) ([]subject, error) {
	sub := subject{arn: q.text("SAMLProviderArn")}
	if p, ok := q.account.saml.Get(sub.arn); ok {
		sub.tags = &p.tags
	}
	return []subject{sub}, nil
}

// newLinkedRole is the target of CreateServiceLinkedRole, which prints the ARN.
func newLinkedRole(q *query) ([]subject, error) {
	principal := q.text("AWSServiceName")
	linked, err := linkedRoleOf(principal, q.pointer("CustomSuffix"))
	return []subject{{arn: iamARN(q.account.id, "role", serviceRolePath+principal+"/", linked.name)}}, err
}

func awsServiceName(c *enforce.Context, in input, _ *subject) {
	c.Set("iam:AWSServiceName", in.text("AWSServiceName"))
}

// onDeletion is the target of the status of a deletion, whose id names the role:
// "task/aws-service-role/SERVICE/ROLE/ID".
func onDeletion(q *query) ([]subject, error) {
	task := strings.TrimPrefix(q.text("DeletionTaskId"), "task")
	end := strings.LastIndexByte(task, '/')
	if end < 0 {
		return onAccount(q)
	}
	sub := subject{arn: iamARN(q.account.id, "role", task[:end], "")}
	if e, err := roleKind.find(q.account, lastSegment(task[:end])); err == nil && e.arn == sub.arn {
		sub.tags = &e.tags
	}
	return []subject{sub}, nil
}

// onARN is the target of actions on a principal or policy that the member names,
// printed as that ARN.
func onARN(member string) target {
	return func(q *query) ([]subject, error) {
		sub := subject{arn: q.text(member)}
		if e, err := q.account.principal(sub.arn); err == nil {
			sub.tags = &e.tags
		} else if p, ok := q.account.policy(sub.arn); ok {
			sub.tags = &p.tags
		}
		return []subject{sub}, nil
	}
}

// onSource is onARN for a principal whose policies are simulated, which must be
// one of the account, whatever the caller may.
func onSource(q *query) ([]subject, error) {
	if err := checkSource(q.account.id, q.pointer("PolicySourceArn")); err != nil {
		return nil, err
	}
	return onARN("PolicySourceArn")(q)
}

func onEntityPath(q *query) ([]subject, error) {
	return []subject{{arn: iamARN(q.account.id, "access-report", "/", q.text("EntityPath"))}}, nil
}

func organizationsPolicy(c *enforce.Context, in input, _ *subject) {
	if id := in.pointer("OrganizationsPolicyId"); id != nil {
		c.Set("iam:OrganizationsPolicyId", *id)
	}
}

// onDelegation is the target of actions on a delegation request, which is in the
// caller's account as long as no other owns it.
func onDelegation(q *query) ([]subject, error) { return q.delegation(q.text("DelegationRequestId")) }

func onSummarized(q *query) ([]subject, error) {
	id, ok := delegationID(q.text("EntityArn"))
	if !ok {
		return []subject{{arn: q.text("EntityArn")}}, nil
	}
	return q.delegation(id)
}

func (q *query) delegation(id string) ([]subject, error) {
	sub := subject{arn: iamARN(q.account.id, "delegation-request", "/", id)}
	if d, ok := q.service.delegations.Get(id); ok {
		sub.policy = d.ownersPolicy
		if d.OwnerId != nil {
			sub.context = func(c *enforce.Context) { c.Set("iam:DelegationRequestOwner", *d.OwnerId) }
		}
	}
	return []subject{sub}, nil
}

func delegationKeys(c *enforce.Context, in input, _ *subject) {
	create := in.value.Addr().Interface().(*sdk.CreateDelegationRequestInput)
	c.Set("iam:NotificationChannel", *create.NotificationChannel)
	c.Set("iam:DelegationDuration", strconv.Itoa(int(*create.SessionDuration)))
	if arn := create.Permissions.PolicyTemplateArn; arn != nil {
		c.Set("iam:TemplateArn", *arn)
	}
}

func delegationOwner(c *enforce.Context, in input, _ *subject) {
	if owner := in.pointer("OwnerId"); owner != nil {
		c.Set("iam:DelegationRequestOwner", *owner)
	}
}

func onRoleTemplate(q *query) ([]subject, error) { return []subject{{arn: q.text("TemplateArn")}}, nil }
