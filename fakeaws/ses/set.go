package ses

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A configurationSet is rules for mail that is sent with it.
type configurationSet struct {
	of           place
	name         string
	tags         map[string]string
	sendingOff   bool
	reputation   bool
	delivery     *types.DeliveryOptions
	tracking     *types.TrackingOptions
	suppression  *types.SuppressionOptions
	vdm          *types.VdmOptions
	destinations []*destination
}

func (x *configurationSet) arn() string { return x.of.arn("configuration-set/" + x.name) }

var sets = &kind[*configurationSet]{
	prefix:  "configuration-set/",
	in:      func(r *region) map[string]*configurationSet { return r.sets },
	tags:    func(x *configurationSet) map[string]string { return x.tags },
	missing: missingFor("ConfigurationSetDoesNotExist", textNoSet),
	exists:  existsFor("ConfigurationSetAlreadyExists", textSetExists),
}

func (s *Fake) setOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createConfigurationSet),
		bind(s.deleteConfigurationSet),
		bind(s.describeConfigurationSet),
		bind(s.listConfigurationSets),
		bind(s.putDeliveryOptions),
		bind(s.setReputationMetrics),
		bind(s.setSending),
		bind(s.createTrackingOptions),
		bind(s.updateTrackingOptions),
		bind(s.deleteTrackingOptions),
	}
}

// setName is the form of the names of configuration sets and event destinations.
var setName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func checkSetName(call *fakeaws.Call, name *string) error {
	if !setName.MatchString(aws.ToString(name)) {
		return fail(call, "InvalidConfigurationSet", "BadRequestException", "Invalid configuration set name <%s>: only alphanumeric ASCII characters, '_', and '-' are allowed.", aws.ToString(name))
	}
	return nil
}

func (s *Fake) createConfigurationSet(call *fakeaws.Call, in *awsses.CreateConfigurationSetInput) (*fakeaws.Plan[*awsses.CreateConfigurationSetOutput], error) {
	if err := checkSetName(call, in.ConfigurationSet.Name); err != nil {
		return nil, err
	}
	name := *in.ConfigurationSet.Name
	return create(s, call, sets, name, nil, func(r *region) (*configurationSet, *awsses.CreateConfigurationSetOutput, error) {
		return &configurationSet{of: r.place, name: name}, &awsses.CreateConfigurationSetOutput{}, nil
	})
}

func (s *Fake) deleteConfigurationSet(call *fakeaws.Call, in *awsses.DeleteConfigurationSetInput) (*fakeaws.Plan[*awsses.DeleteConfigurationSetOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(r *region, x *configurationSet) (*awsses.DeleteConfigurationSetOutput, error) {
		delete(r.sets, x.name)
		return &awsses.DeleteConfigurationSetOutput{}, nil
	})
}

func (s *Fake) describeConfigurationSet(call *fakeaws.Call, in *awsses.DescribeConfigurationSetInput) (*fakeaws.Plan[*awsses.DescribeConfigurationSetOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*awsses.DescribeConfigurationSetOutput, error) {
		out := &awsses.DescribeConfigurationSetOutput{ConfigurationSet: &v1.ConfigurationSet{Name: aws.String(x.name)}}
		for _, attribute := range in.ConfigurationSetAttributeNames {
			switch attribute {
			case v1.ConfigurationSetAttributeEventDestinations:
				out.EventDestinations = []v1.EventDestination{}
				for _, d := range x.destinations {
					out.EventDestinations = append(out.EventDestinations, d.shownV1())
				}
			case v1.ConfigurationSetAttributeTrackingOptions:
				if x.tracking != nil {
					out.TrackingOptions = &v1.TrackingOptions{CustomRedirectDomain: x.tracking.CustomRedirectDomain}
				}
			case v1.ConfigurationSetAttributeDeliveryOptions:
				if x.delivery != nil {
					out.DeliveryOptions = &v1.DeliveryOptions{TlsPolicy: tlsV1(x.delivery.TlsPolicy)}
				}
			case v1.ConfigurationSetAttributeReputationOptions:
				out.ReputationOptions = &v1.ReputationOptions{ReputationMetricsEnabled: x.reputation, SendingEnabled: !x.sendingOff}
			}
		}
		return out, nil
	})
}

func tlsV1(policy types.TlsPolicy) v1.TlsPolicy {
	switch policy {
	case types.TlsPolicyRequire:
		return v1.TlsPolicyRequire
	case types.TlsPolicyOptional:
		return v1.TlsPolicyOptional
	}
	return ""
}

func (s *Fake) listConfigurationSets(call *fakeaws.Call, in *awsses.ListConfigurationSetsInput) (*fakeaws.Plan[*awsses.ListConfigurationSetsOutput], error) {
	return onAccount(s, call, func(r *region) (*awsses.ListConfigurationSetsOutput, error) {
		p, err := pageOf(call, r.sets, in.NextToken, sizeOf(in.MaxItems, maxItems), func(name string, _ *configurationSet) (v1.ConfigurationSet, bool) {
			return v1.ConfigurationSet{Name: aws.String(name)}, true
		})
		return &awsses.ListConfigurationSetsOutput{ConfigurationSets: p.Items, NextToken: p.Next}, err
	})
}

func (s *Fake) putDeliveryOptions(call *fakeaws.Call, in *awsses.PutConfigurationSetDeliveryOptionsInput) (*fakeaws.Plan[*awsses.PutConfigurationSetDeliveryOptionsOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*awsses.PutConfigurationSetDeliveryOptionsOutput, error) {
		x.delivery = nil
		if in.DeliveryOptions != nil {
			x.delivery = &types.DeliveryOptions{TlsPolicy: types.TlsPolicy(strings.ToUpper(string(in.DeliveryOptions.TlsPolicy)))}
		}
		return &awsses.PutConfigurationSetDeliveryOptionsOutput{}, nil
	})
}

func (s *Fake) setReputationMetrics(call *fakeaws.Call, in *awsses.UpdateConfigurationSetReputationMetricsEnabledInput) (*fakeaws.Plan[*awsses.UpdateConfigurationSetReputationMetricsEnabledOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*awsses.UpdateConfigurationSetReputationMetricsEnabledOutput, error) {
		x.reputation = in.Enabled
		return &awsses.UpdateConfigurationSetReputationMetricsEnabledOutput{}, nil
	})
}

func (s *Fake) setSending(call *fakeaws.Call, in *awsses.UpdateConfigurationSetSendingEnabledInput) (*fakeaws.Plan[*awsses.UpdateConfigurationSetSendingEnabledOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*awsses.UpdateConfigurationSetSendingEnabledOutput, error) {
		x.sendingOff = !in.Enabled
		return &awsses.UpdateConfigurationSetSendingEnabledOutput{}, nil
	})
}

// redirect is a domain for links, which the account must have verified.
func (r *region) redirect(call *fakeaws.Call, s *Fake, domain *string) (*types.TrackingOptions, error) {
	to := normal(aws.ToString(domain))
	if !isDomain(to) || !s.isVerified(r.place, "x@"+to) {
		return nil, fail(call, "InvalidTrackingOptions", "BadRequestException", textDomain, to)
	}
	return &types.TrackingOptions{CustomRedirectDomain: &to}, nil
}

func (s *Fake) createTrackingOptions(call *fakeaws.Call, in *awsses.CreateConfigurationSetTrackingOptionsInput) (*fakeaws.Plan[*awsses.CreateConfigurationSetTrackingOptionsOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(r *region, x *configurationSet) (*awsses.CreateConfigurationSetTrackingOptionsOutput, error) {
		if x.tracking != nil {
			return nil, fail(call, "TrackingOptionsAlreadyExistsException", "", textTrackingOne, x.name)
		}
		tracking, err := r.redirect(call, s, in.TrackingOptions.CustomRedirectDomain)
		if err != nil {
			return nil, err
		}
		x.tracking = tracking
		return &awsses.CreateConfigurationSetTrackingOptionsOutput{}, nil
	})
}

func (s *Fake) updateTrackingOptions(call *fakeaws.Call, in *awsses.UpdateConfigurationSetTrackingOptionsInput) (*fakeaws.Plan[*awsses.UpdateConfigurationSetTrackingOptionsOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(r *region, x *configurationSet) (*awsses.UpdateConfigurationSetTrackingOptionsOutput, error) {
		if x.tracking == nil {
			return nil, fail(call, "TrackingOptionsDoesNotExistException", "", textTrackingNone, x.name)
		}
		tracking, err := r.redirect(call, s, in.TrackingOptions.CustomRedirectDomain)
		if err != nil {
			return nil, err
		}
		x.tracking = tracking
		return &awsses.UpdateConfigurationSetTrackingOptionsOutput{}, nil
	})
}

func (s *Fake) deleteTrackingOptions(call *fakeaws.Call, in *awsses.DeleteConfigurationSetTrackingOptionsInput) (*fakeaws.Plan[*awsses.DeleteConfigurationSetTrackingOptionsOutput], error) {
	return on(s, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*awsses.DeleteConfigurationSetTrackingOptionsOutput, error) {
		if x.tracking == nil {
			return nil, fail(call, "TrackingOptionsDoesNotExistException", "", textTrackingNone, x.name)
		}
		x.tracking = nil
		return &awsses.DeleteConfigurationSetTrackingOptionsOutput{}, nil
	})
}
