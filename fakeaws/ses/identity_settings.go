package ses

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) identitySettingOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.getIdentityDkimAttributes),
		bind(s.getIdentityMailFromDomainAttributes),
		bind(s.getIdentityNotificationAttributes),
		bind(s.setIdentityDkimEnabled),
		bind(s.setIdentityFeedbackForwardingEnabled),
		bindAfter(func(call *fakeaws.Call, in *awsses.SetIdentityHeadersInNotificationsEnabledInput) error {
			return notificationType(call, in.NotificationType)
		}, s.setIdentityHeadersInNotificationsEnabled),
		bind(s.setIdentityMailFromDomain),
		bindAfter(func(call *fakeaws.Call, in *awsses.SetIdentityNotificationTopicInput) error {
			return notificationType(call, in.NotificationType)
		}, s.setIdentityNotificationTopic),
	}
}

func (s *Fake) getIdentityDkimAttributes(call *fakeaws.Call, in *awsses.GetIdentityDkimAttributesInput) (*fakeaws.Plan[*awsses.GetIdentityDkimAttributesOutput], error) {
	statuses := map[string]types.VerificationStatus{"SUCCESS": types.VerificationStatusSuccess, "PENDING": types.VerificationStatusPending, "NOT_STARTED": types.VerificationStatusNotStarted}
	return attributes(s, call, in.Identities, func(x *identity) types.IdentityDkimAttributes {
		a := x.dkimAttributes()
		return types.IdentityDkimAttributes{DkimEnabled: a.SigningEnabled, DkimVerificationStatus: statuses[string(a.Status)], DkimTokens: a.Tokens}
	}, func(all map[string]types.IdentityDkimAttributes) *awsses.GetIdentityDkimAttributesOutput {
		return &awsses.GetIdentityDkimAttributesOutput{DkimAttributes: all}
	})
}

func (s *Fake) getIdentityMailFromDomainAttributes(call *fakeaws.Call, in *awsses.GetIdentityMailFromDomainAttributesInput) (*fakeaws.Plan[*awsses.GetIdentityMailFromDomainAttributesOutput], error) {
	return attributes(s, call, in.Identities, func(x *identity) types.IdentityMailFromDomainAttributes {
		out := types.IdentityMailFromDomainAttributes{BehaviorOnMXFailure: types.BehaviorOnMXFailureUseDefaultValue}
		if x.mailFrom != "" {
			out.MailFromDomain, out.MailFromDomainStatus = aws.String(x.mailFrom), types.CustomMailFromStatusSuccess
		}
		if x.rejectOnMX {
			out.BehaviorOnMXFailure = types.BehaviorOnMXFailureRejectMessage
		}
		return out
	}, func(all map[string]types.IdentityMailFromDomainAttributes) *awsses.GetIdentityMailFromDomainAttributesOutput {
		return &awsses.GetIdentityMailFromDomainAttributesOutput{MailFromDomainAttributes: all}
	})
}

func (s *Fake) getIdentityNotificationAttributes(call *fakeaws.Call, in *awsses.GetIdentityNotificationAttributesInput) (*fakeaws.Plan[*awsses.GetIdentityNotificationAttributesOutput], error) {
	return attributes(s, call, in.Identities, func(x *identity) types.IdentityNotificationAttributes {
		topic := func(name string) *string {
			if n := x.notifications[name]; n.topic != "" {
				return aws.String(n.topic)
			}
			return nil
		}
		return types.IdentityNotificationAttributes{
			BounceTopic: topic("Bounce"), ComplaintTopic: topic("Complaint"), DeliveryTopic: topic("Delivery"), ForwardingEnabled: !x.noForwarding,
			HeadersInBounceNotificationsEnabled: x.notifications["Bounce"].headers, HeadersInComplaintNotificationsEnabled: x.notifications["Complaint"].headers,
			HeadersInDeliveryNotificationsEnabled: x.notifications["Delivery"].headers,
		}
	}, func(all map[string]types.IdentityNotificationAttributes) *awsses.GetIdentityNotificationAttributesOutput {
		return &awsses.GetIdentityNotificationAttributesOutput{NotificationAttributes: all}
	})
}

// onIdentity plans an operation of version 1 on an identity.
func onIdentity[O any](s *Fake, call *fakeaws.Call, of *string, do func(*identity) (O, error)) (*fakeaws.Plan[O], error) {
	name, err := named(call, of)
	if err != nil {
		return nil, err
	}
	return on(s, call, identities, name, func(_ *region, x *identity) (O, error) { return do(x) })
}

func (s *Fake) setIdentityDkimEnabled(call *fakeaws.Call, in *awsses.SetIdentityDkimEnabledInput) (*fakeaws.Plan[*awsses.SetIdentityDkimEnabledOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.SetIdentityDkimEnabledOutput, error) {
		x.dkim = in.DkimEnabled
		return &awsses.SetIdentityDkimEnabledOutput{}, nil
	})
}

func (s *Fake) setIdentityFeedbackForwardingEnabled(call *fakeaws.Call, in *awsses.SetIdentityFeedbackForwardingEnabledInput) (*fakeaws.Plan[*awsses.SetIdentityFeedbackForwardingEnabledOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.SetIdentityFeedbackForwardingEnabledOutput, error) {
		x.noForwarding = !in.ForwardingEnabled
		return &awsses.SetIdentityFeedbackForwardingEnabledOutput{}, nil
	})
}

// notificationType refuses what is no type of notification, in SES's words. One that is missing
// the service model refuses.
func notificationType(call *fakeaws.Call, t types.NotificationType) error {
	switch t {
	case "", types.NotificationTypeBounce, types.NotificationTypeComplaint, types.NotificationTypeDelivery:
		return nil
	}
	return invalid(call, textNotification, t)
}

func (s *Fake) setIdentityHeadersInNotificationsEnabled(call *fakeaws.Call, in *awsses.SetIdentityHeadersInNotificationsEnabledInput) (*fakeaws.Plan[*awsses.SetIdentityHeadersInNotificationsEnabledOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.SetIdentityHeadersInNotificationsEnabledOutput, error) {
		n := x.notifications[string(in.NotificationType)]
		n.headers = in.Enabled
		x.notifications[string(in.NotificationType)] = n
		return &awsses.SetIdentityHeadersInNotificationsEnabledOutput{}, nil
	})
}

func (s *Fake) setIdentityMailFromDomain(call *fakeaws.Call, in *awsses.SetIdentityMailFromDomainInput) (*fakeaws.Plan[*awsses.SetIdentityMailFromDomainOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.SetIdentityMailFromDomainOutput, error) {
		if err := x.setMailFrom(call, in.MailFromDomain, in.BehaviorOnMXFailure == types.BehaviorOnMXFailureRejectMessage); err != nil {
			return nil, err
		}
		return &awsses.SetIdentityMailFromDomainOutput{}, nil
	})
}

// setMailFrom has mail come from a subdomain of the identity's domain, or as usual.
func (x *identity) setMailFrom(call *fakeaws.Call, domain *string, reject bool) error {
	to := normal(aws.ToString(domain))
	if to != "" && (!isDomain(to) || !covers(domainName(x.name), "x@"+to) || to == domainName(x.name)) {
		return invalid(call, textDomain, to)
	}
	x.mailFrom, x.rejectOnMX = to, reject
	return nil
}

// domainName is the domain of an identity.
func domainName(name string) string {
	if _, domain, ok := cutLast(name); ok {
		return domain
	}
	return name
}

// setIdentityNotificationTopic has feedback of a type sent to a topic, or to none.
func (s *Fake) setIdentityNotificationTopic(call *fakeaws.Call, in *awsses.SetIdentityNotificationTopicInput) (*fakeaws.Plan[*awsses.SetIdentityNotificationTopicOutput], error) {
	return onIdentity(s, call, in.Identity, func(x *identity) (*awsses.SetIdentityNotificationTopicOutput, error) {
		n := x.notifications[string(in.NotificationType)]
		n.topic = aws.ToString(in.SnsTopic)
		x.notifications[string(in.NotificationType)] = n
		return &awsses.SetIdentityNotificationTopicOutput{}, nil
	})
}
