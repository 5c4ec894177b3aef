package apigateway

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) accountOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, getAccount),
		bind(s, updateAccount),
	}
}

// Throttling of an account in a region ("Amazon API Gateway quotas").
const (
	accountBurst = 5000
	accountRate  = 10000
)

func (a *area) account() *awsapigateway.GetAccountOutput {
	return &awsapigateway.GetAccountOutput{
		CloudwatchRoleArn: a.logRole, Features: []string{"UsagePlans"}, ApiKeyVersion: aws.String("4"), ThrottleSettings: &types.ThrottleSettings{BurstLimit: accountBurst, RateLimit: accountRate},
	}
}

func getAccount(r *request, _ *awsapigateway.GetAccountInput) (*awsapigateway.GetAccountOutput, error) {
	return r.account(), nil
}

func updateAccount(r *request, in *awsapigateway.UpdateAccountInput) (*awsapigateway.UpdateAccountOutput, error) {
	changed := r.logRole
	if err := apply(in.PatchOperations, []patch{
		{"/cloudwatchRoleArn", replaces, func(op types.Op, name, value string) error {
			if value != "" && !r.assumable[value] {
				return invalid("The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.")
			}
			return setFilled(&changed)(op, name, value)
		}},
		{"/features", adds, func(types.Op, string, string) error { return nil }},
	}); err != nil {
		return nil, err
	}
	r.area.logRole = changed
	return show[awsapigateway.UpdateAccountOutput](r.account()), nil
}

func (s *Fake) tagOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, tagResource),
		bind(s, untagResource),
		bind(s, getTags),
	}
}

// tags finds the place of the tags of a thing, by its ARN.
func (r *request) tags(arn *string) (*map[string]string, error) {
	parsed, err := awsarn.Parse(aws.ToString(arn))
	if err != nil || parsed.Service != "apigateway" || parsed.Region != r.place.region || parsed.AccountID != "" && parsed.AccountID != r.place.account {
		return nil, invalid(textNotTagged)
	}
	parts, err := partsOf(parsed.Resource)
	if err != nil || len(parts) < 2 {
		return nil, invalid(textNotTagged)
	}
	const stageParts = 4
	switch a := r.area.apis.get(parts[1]); {
	case parts[0] == "restapis" && a != nil && len(parts) == 2:
		return &a.info.Tags, nil
	case parts[0] == "restapis" && a != nil && len(parts) == stageParts && parts[2] == "stages" && a.stages.get(parts[3]) != nil:
		return &a.stages.get(parts[3]).info.Tags, nil
	case len(parts) != 2:
		return nil, notFound(textNotTagged)
	}
	switch parts[0] {
	case "apikeys":
		if x := r.keys.get(parts[1]); x != nil {
			return &x.info.Tags, nil
		}
	case "usageplans":
		if x := r.plans.get(parts[1]); x != nil {
			return &x.info.Tags, nil
		}
	case "domainnames":
		if x := r.domains.get(parts[1]); x != nil {
			return &x.info.Tags, nil
		}
	case "vpclinks":
		if x := r.links.get(parts[1]); x != nil {
			return &x.info.Tags, nil
		}
	case "clientcertificates":
		if x := r.certificates.get(parts[1]); x != nil {
			return &x.info.Tags, nil
		}
	}
	return nil, notFound(textNotTagged)
}

func tagResource(r *request, in *awsapigateway.TagResourceInput) (*awsapigateway.TagResourceOutput, error) {
	tags, err := r.tags(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	changed := fakeaws.WithTags(*tags, in.Tags)
	if err := checkTags(changed); err != nil {
		return nil, err
	}
	*tags = changed
	return &awsapigateway.TagResourceOutput{}, nil
}

func untagResource(r *request, in *awsapigateway.UntagResourceInput) (*awsapigateway.UntagResourceOutput, error) {
	tags, err := r.tags(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	*tags = fakeaws.WithoutTags(*tags, in.TagKeys)
	return &awsapigateway.UntagResourceOutput{}, nil
}

func getTags(r *request, in *awsapigateway.GetTagsInput) (*awsapigateway.GetTagsOutput, error) {
	tags, err := r.tags(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &awsapigateway.GetTagsOutput{Tags: maps.Clone(*tags)}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	return out, nil
}

func (s *Fake) linkOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createVPCLink),
		bind(s, getVPCLink),
		bind(s, getVPCLinks),
		bind(s, updateVPCLink),
		bind(s, deleteVPCLink),
	}
}

// A link is a VPC link. It leads nowhere here.
type link struct{ info types.VpcLink }

func createVPCLink(r *request, in *awsapigateway.CreateVpcLinkInput) (*awsapigateway.CreateVpcLinkOutput, error) {
	if aws.ToString(in.Name) == "" {
		return nil, invalid("Name cannot be empty")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	for _, arn := range in.TargetArns {
		if _, err := awsarn.Parse(arn); err != nil {
			return nil, invalid("Invalid ARN. ARN is not well formed %s", arn)
		}
	}
	x := &link{*show[types.VpcLink](in)}
	x.info.Id = aws.String(r.World.IDs().Lower(otherIDLength))
	x.info.Status, x.info.StatusMessage = types.VpcLinkStatusAvailable, aws.String("Your vpc link is ready for use")
	r.links.set(*x.info.Id, x)
	out := show[awsapigateway.CreateVpcLinkOutput](x.info)
	out.Status, out.StatusMessage = types.VpcLinkStatusPending, nil
	return out, nil
}

// vpcLink finds a VPC link.
func (r *request) vpcLink(id *string) (*link, error) {
	x := r.links.get(aws.ToString(id))
	if x == nil {
		return nil, notFound("Invalid Vpc Link identifier specified")
	}
	return x, nil
}

func (x *link) whole() types.VpcLink {
	shown := x.info
	if shown.Tags == nil {
		shown.Tags = map[string]string{}
	}
	return shown
}

func getVPCLink(r *request, in *awsapigateway.GetVpcLinkInput) (*awsapigateway.GetVpcLinkOutput, error) {
	x, err := r.vpcLink(in.VpcLinkId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetVpcLinkOutput](x.whole()), nil
}

func getVPCLinks(r *request, in *awsapigateway.GetVpcLinksInput) (*awsapigateway.GetVpcLinksOutput, error) {
	items, next, err := paged(r.links.all(), in.Position, in.Limit, func(x *link) types.VpcLink { return x.info })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetVpcLinksOutput{Items: items, Position: next}, nil
}

func updateVPCLink(r *request, in *awsapigateway.UpdateVpcLinkInput) (*awsapigateway.UpdateVpcLinkOutput, error) {
	x, err := r.vpcLink(in.VpcLinkId)
	if err != nil {
		return nil, err
	}
	changed := *x
	if err := apply(in.PatchOperations, []patch{
		{"/name", replaces, setText(&changed.info.Name)},
		{"/description", replaces, setText(&changed.info.Description)},
	}); err != nil {
		return nil, err
	}
	r.links.set(*x.info.Id, &changed)
	return show[awsapigateway.UpdateVpcLinkOutput](changed.whole()), nil
}

func deleteVPCLink(r *request, in *awsapigateway.DeleteVpcLinkInput) (*awsapigateway.DeleteVpcLinkOutput, error) {
	x, err := r.vpcLink(in.VpcLinkId)
	if err != nil {
		return nil, err
	}
	for _, a := range r.area.apis.all() {
		for _, resource := range a.resources.all() {
			for _, m := range resource.methods {
				if m.MethodIntegration != nil && aws.ToString(m.MethodIntegration.ConnectionId) == *x.info.Id {
					return nil, invalid(textVPCLinkUsed)
				}
			}
		}
	}
	r.links.delete(*x.info.Id)
	return &awsapigateway.DeleteVpcLinkOutput{}, nil
}

func (s *Fake) certificateOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, generateClientCertificate),
		bind(s, getClientCertificate),
		bind(s, getClientCertificates),
		bind(s, updateClientCertificate),
		bind(s, deleteClientCertificate),
	}
}

// A certificate is a client certificate. It proves nothing: there is no endpoint that asks for it.
type certificate struct{ info types.ClientCertificate }

// certificateDays is how long a client certificate is valid.
const certificateDays = 365

func generateClientCertificate(r *request, in *awsapigateway.GenerateClientCertificateInput) (*awsapigateway.GenerateClientCertificateOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	x := &certificate{*show[types.ClientCertificate](in)}
	x.info.ClientCertificateId = aws.String(r.World.IDs().Lower(otherIDLength))
	x.info.CreatedDate = aws.Time(r.fake.now())
	x.info.ExpirationDate = aws.Time(r.fake.now().AddDate(0, 0, certificateDays))
	x.info.PemEncodedCertificate = aws.String("-----BEGIN CERTIFICATE-----\n" + r.World.IDs().Token(keyValueLength) + "\n-----END CERTIFICATE-----")
	r.certificates.set(*x.info.ClientCertificateId, x)
	return show[awsapigateway.GenerateClientCertificateOutput](x.info), nil
}

// clientCertificate finds a client certificate.
func (r *request) clientCertificate(id *string) (*certificate, error) {
	x := r.certificates.get(aws.ToString(id))
	if x == nil {
		return nil, notFound("Invalid Client Certificate ID specified")
	}
	return x, nil
}

func getClientCertificate(r *request, in *awsapigateway.GetClientCertificateInput) (*awsapigateway.GetClientCertificateOutput, error) {
	x, err := r.clientCertificate(in.ClientCertificateId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetClientCertificateOutput](x.info), nil
}

func getClientCertificates(r *request, in *awsapigateway.GetClientCertificatesInput) (*awsapigateway.GetClientCertificatesOutput, error) {
	items, next, err := paged(r.certificates.all(), in.Position, in.Limit, func(x *certificate) types.ClientCertificate { return x.info })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetClientCertificatesOutput{Items: items, Position: next}, nil
}

func updateClientCertificate(r *request, in *awsapigateway.UpdateClientCertificateInput) (*awsapigateway.UpdateClientCertificateOutput, error) {
	x, err := r.clientCertificate(in.ClientCertificateId)
	if err != nil {
		return nil, err
	}
	changed := *x
	if err := apply(in.PatchOperations, []patch{{"/description", replaces, setText(&changed.info.Description)}}); err != nil {
		return nil, err
	}
	r.certificates.set(*x.info.ClientCertificateId, &changed)
	return show[awsapigateway.UpdateClientCertificateOutput](changed.info), nil
}

func deleteClientCertificate(r *request, in *awsapigateway.DeleteClientCertificateInput) (*awsapigateway.DeleteClientCertificateOutput, error) {
	x, err := r.clientCertificate(in.ClientCertificateId)
	if err != nil {
		return nil, err
	}
	r.certificates.delete(*x.info.ClientCertificateId)
	return &awsapigateway.DeleteClientCertificateOutput{}, nil
}
