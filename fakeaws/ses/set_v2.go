package ses

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s fakeV2) setOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.createConfigurationSet),
		bind(s.deleteConfigurationSet),
		bind(s.getConfigurationSet),
		bind(s.listConfigurationSets),
	}
}

func (s fakeV2) setOptionOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.putDeliveryOptions),
		bind(s.putReputationOptions),
		bind(s.putSendingOptions),
		bind(s.putSuppressionOptions),
		bind(s.putTrackingOptions),
		bind(s.putVdmOptions),
	}
}

func (s fakeV2) createConfigurationSet(call *fakeaws.Call, in *sesv2.CreateConfigurationSetInput) (*fakeaws.Plan[*sesv2.CreateConfigurationSetOutput], error) {
	if err := checkSetName(call, in.ConfigurationSetName); err != nil {
		return nil, err
	}
	switch {
	case in.ArchivingOptions != nil:
		return nil, notImplemented("archiving of mail")
	case in.MessageSecurityOptions != nil:
		return nil, notImplemented("signing of mail with S/MIME")
	}
	tags, err := tagsOf(call, in.Tags)
	if err != nil {
		return nil, err
	}
	name := *in.ConfigurationSetName
	return create(s.Fake, call, sets, name, tags, func(r *region) (*configurationSet, *sesv2.CreateConfigurationSetOutput, error) {
		x := &configurationSet{of: r.place, name: name, tags: tags, suppression: in.SuppressionOptions, vdm: in.VdmOptions}
		if in.ReputationOptions != nil {
			x.reputation = in.ReputationOptions.ReputationMetricsEnabled
		}
		if in.SendingOptions != nil {
			x.sendingOff = !in.SendingOptions.SendingEnabled
		}
		if in.DeliveryOptions != nil {
			if err := r.setDelivery(call, x, *in.DeliveryOptions); err != nil {
				return nil, nil, err
			}
		}
		if in.TrackingOptions != nil {
			if err := r.setTracking(call, s.Fake, x, *in.TrackingOptions); err != nil {
				return nil, nil, err
			}
		}
		return x, &sesv2.CreateConfigurationSetOutput{}, nil
	})
}

// setDelivery sets the options of delivery, of which the pool must be there.
func (r *region) setDelivery(call *fakeaws.Call, x *configurationSet, options types.DeliveryOptions) error {
	if name := aws.ToString(options.SendingPoolName); name != "" && r.pools[name] == nil {
		return pools.missing(call, name)
	}
	x.delivery = &options
	return nil
}

func (r *region) setTracking(call *fakeaws.Call, s *Fake, x *configurationSet, options types.TrackingOptions) error {
	if options.CustomRedirectDomain != nil {
		tracking, err := r.redirect(call, s, options.CustomRedirectDomain)
		if err != nil {
			return err
		}
		options.CustomRedirectDomain = tracking.CustomRedirectDomain
	}
	x.tracking = &options
	return nil
}

func (s fakeV2) deleteConfigurationSet(call *fakeaws.Call, in *sesv2.DeleteConfigurationSetInput) (*fakeaws.Plan[*sesv2.DeleteConfigurationSetOutput], error) {
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(r *region, x *configurationSet) (*sesv2.DeleteConfigurationSetOutput, error) {
		delete(r.sets, x.name)
		return &sesv2.DeleteConfigurationSetOutput{}, nil
	})
}

func (s fakeV2) getConfigurationSet(call *fakeaws.Call, in *sesv2.GetConfigurationSetInput) (*fakeaws.Plan[*sesv2.GetConfigurationSetOutput], error) {
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*sesv2.GetConfigurationSetOutput, error) {
		return &sesv2.GetConfigurationSetOutput{
			ConfigurationSetName: aws.String(x.name), DeliveryOptions: x.delivery, TrackingOptions: x.tracking, SuppressionOptions: x.suppression, VdmOptions: x.vdm,
			ReputationOptions: &types.ReputationOptions{ReputationMetricsEnabled: x.reputation}, SendingOptions: &types.SendingOptions{SendingEnabled: !x.sendingOff},
			Tags: shownTags(x.tags),
		}, nil
	})
}

func (s fakeV2) listConfigurationSets(call *fakeaws.Call, in *sesv2.ListConfigurationSetsInput) (*fakeaws.Plan[*sesv2.ListConfigurationSetsOutput], error) {
	return onAccount(s.Fake, call, func(r *region) (*sesv2.ListConfigurationSetsOutput, error) {
		part := in.Filter[string(types.ConfigurationSetFilterKeyConfigurationSetNameContains)]
		p, err := pageOf(call, r.sets, in.NextToken, sizeOf(in.PageSize, maxItems), func(name string, _ *configurationSet) (string, bool) {
			return name, strings.Contains(name, part)
		})
		return &sesv2.ListConfigurationSetsOutput{ConfigurationSets: p.Items, NextToken: p.Next}, err
	})
}

func (s fakeV2) putDeliveryOptions(call *fakeaws.Call, in *sesv2.PutConfigurationSetDeliveryOptionsInput) (*fakeaws.Plan[*sesv2.PutConfigurationSetDeliveryOptionsOutput], error) {
	pool := aws.ToString(in.SendingPoolName)
	plan, err := on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(r *region, x *configurationSet) (*sesv2.PutConfigurationSetDeliveryOptionsOutput, error) {
		return &sesv2.PutConfigurationSetDeliveryOptionsOutput{}, r.setDelivery(call, x, types.DeliveryOptions{
			MaxDeliverySeconds: in.MaxDeliverySeconds, SendingPoolName: in.SendingPoolName, TlsPolicy: in.TlsPolicy,
		})
	})
	if err == nil && pool != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		plan.Needs = append(plan.Needs, pools.need(s.Fake, call, call.Operation, pool))
	}
	return plan, err
}

func (s fakeV2) putReputationOptions(call *fakeaws.Call, in *sesv2.PutConfigurationSetReputationOptionsInput) (*fakeaws.Plan[*sesv2.PutConfigurationSetReputationOptionsOutput], error) {
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*sesv2.PutConfigurationSetReputationOptionsOutput, error) {
		x.reputation = in.ReputationMetricsEnabled
		return &sesv2.PutConfigurationSetReputationOptionsOutput{}, nil
	})
}

func (s fakeV2) putSendingOptions(call *fakeaws.Call, in *sesv2.PutConfigurationSetSendingOptionsInput) (*fakeaws.Plan[*sesv2.PutConfigurationSetSendingOptionsOutput], error) {
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*sesv2.PutConfigurationSetSendingOptionsOutput, error) {
		x.sendingOff = !in.SendingEnabled
		return &sesv2.PutConfigurationSetSendingOptionsOutput{}, nil
	})
}

func (s fakeV2) putSuppressionOptions(call *fakeaws.Call, in *sesv2.PutConfigurationSetSuppressionOptionsInput) (*fakeaws.Plan[*sesv2.PutConfigurationSetSuppressionOptionsOutput], error) {
	if in.SuppressionScope == types.SuppressionListScopeTenant {
		return nil, notImplemented("the suppression list of a tenant")
	}
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*sesv2.PutConfigurationSetSuppressionOptionsOutput, error) {
		x.suppression = &types.SuppressionOptions{SuppressedReasons: in.SuppressedReasons, SuppressionScope: in.SuppressionScope, ValidationOptions: in.ValidationOptions}
		return &sesv2.PutConfigurationSetSuppressionOptionsOutput{}, nil
	})
}

func (s fakeV2) putTrackingOptions(call *fakeaws.Call, in *sesv2.PutConfigurationSetTrackingOptionsInput) (*fakeaws.Plan[*sesv2.PutConfigurationSetTrackingOptionsOutput], error) {
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(r *region, x *configurationSet) (*sesv2.PutConfigurationSetTrackingOptionsOutput, error) {
		return &sesv2.PutConfigurationSetTrackingOptionsOutput{}, r.setTracking(call, s.Fake, x, types.TrackingOptions{CustomRedirectDomain: in.CustomRedirectDomain, HttpsPolicy: in.HttpsPolicy})
	})
}

func (s fakeV2) putVdmOptions(call *fakeaws.Call, in *sesv2.PutConfigurationSetVdmOptionsInput) (*fakeaws.Plan[*sesv2.PutConfigurationSetVdmOptionsOutput], error) {
	return on(s.Fake, call, sets, aws.ToString(in.ConfigurationSetName), func(_ *region, x *configurationSet) (*sesv2.PutConfigurationSetVdmOptionsOutput, error) {
		x.vdm = in.VdmOptions
		return &sesv2.PutConfigurationSetVdmOptionsOutput{}, nil
	})
}
