package apigateway

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) domainOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createDomainName),
		bind(s, getDomainName),
		bind(s, getDomainNames),
		bind(s, updateDomainName),
		bind(s, deleteDomainName),
	}
}

// A domain is a custom domain name. It is stored: requests reach APIs by the hosts of their own.
type domain struct {
	info     types.DomainName
	mappings list[types.BasePathMapping]
}

// domainTaken reports whether any account has a domain name in a region: it has one owner.
func (s *Fake) domainTaken(region, name string) bool {
	for at, a := range s.places {
		if at.region == region && a.domains.get(name) != nil {
			return true
		}
	}
	return false
}

// domain finds a custom domain name.
func (r *request) domain(name, id *string) (*domain, error) {
	if aws.ToString(id) != "" {
		return nil, notImplemented("a private custom domain name is not implemented")
	}
	d := r.domains.get(aws.ToString(name))
	if d == nil {
		return nil, notFound("Invalid domain name identifier specified")
	}
	return d, nil
}

func createDomainName(r *request, in *awsapigateway.CreateDomainNameInput) (*awsapigateway.CreateDomainNameOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	e := endpointsOf(in.EndpointConfiguration)
	name := aws.ToString(in.DomainName)
	switch {
	case e.Types[0] == types.EndpointTypePrivate:
		return nil, notImplemented("a private custom domain name is not implemented")
	case in.Policy != nil:
		return nil, notImplemented("the policy of a custom domain name is not implemented")
	case in.MutualTlsAuthentication != nil:
		return nil, notImplemented("a custom domain name with mutual TLS is not implemented")
	case name == "" || !strings.Contains(name, "."):
		return nil, invalid("The domain name to be created must be a valid domain name")
	case r.fake.domainTaken(r.place.region, name):
		return nil, conflict(textDomainExists)
	}
	d := &domain{info: *show[types.DomainName](in)}
	d.info.EndpointConfiguration, d.info.DomainNameStatus = e, types.DomainNameStatusAvailable
	d.info.DomainNameArn = aws.String(arnOf(r.place.region, "/domainnames/"+name))
	if d.info.SecurityPolicy == "" {
		d.info.SecurityPolicy = types.SecurityPolicyTls12
	}
	if e.Types[0] == types.EndpointTypeRegional {
		d.info.RegionalDomainName = aws.String("d-" + r.World.IDs().Lower(apiIDLength) + ".execute-api." + r.place.region + ".amazonaws.com")
	} else {
		d.info.DistributionDomainName = aws.String("d" + r.World.IDs().Lower(apiIDLength) + ".cloudfront.net")
	}
	r.domains.set(name, d)
	return show[awsapigateway.CreateDomainNameOutput](d.info), nil
}

func getDomainName(r *request, in *awsapigateway.GetDomainNameInput) (*awsapigateway.GetDomainNameOutput, error) {
	d, err := r.domain(in.DomainName, in.DomainNameId)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetDomainNameOutput](d.info), nil
}

func getDomainNames(r *request, in *awsapigateway.GetDomainNamesInput) (*awsapigateway.GetDomainNamesOutput, error) {
	items, next, err := paged(r.domains.all(), in.Position, in.Limit, func(d *domain) types.DomainName { return d.info })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetDomainNamesOutput{Items: items, Position: next}, nil
}

func updateDomainName(r *request, in *awsapigateway.UpdateDomainNameInput) (*awsapigateway.UpdateDomainNameOutput, error) {
	d, err := r.domain(in.DomainName, in.DomainNameId)
	if err != nil {
		return nil, err
	}
	changed := *d
	if err := apply(in.PatchOperations, []patch{
		{"/certificateArn", replaces, setText(&changed.info.CertificateArn)},
		{"/certificateName", replaces, setText(&changed.info.CertificateName)},
		{"/regionalCertificateArn", replaces, setText(&changed.info.RegionalCertificateArn)},
		{"/regionalCertificateName", replaces, setText(&changed.info.RegionalCertificateName)},
		{"/ownershipVerificationCertificateArn", puts, setText(&changed.info.OwnershipVerificationCertificateArn)},
		{"/securityPolicy", replaces, setEnum(&changed.info.SecurityPolicy, changed.info.SecurityPolicy.Values(), "/securityPolicy")},
		{"/routingMode", replaces, setEnum(&changed.info.RoutingMode, changed.info.RoutingMode.Values(), "/routingMode")},
	}); err != nil {
		return nil, err
	}
	r.domains.set(*d.info.DomainName, &changed)
	return show[awsapigateway.UpdateDomainNameOutput](changed.info), nil
}

func deleteDomainName(r *request, in *awsapigateway.DeleteDomainNameInput) (*awsapigateway.DeleteDomainNameOutput, error) {
	d, err := r.domain(in.DomainName, in.DomainNameId)
	if err != nil {
		return nil, err
	}
	r.domains.delete(*d.info.DomainName)
	return &awsapigateway.DeleteDomainNameOutput{}, nil
}

func (s *Fake) mappingOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, createBasePathMapping),
		bind(s, getBasePathMapping),
		bind(s, getBasePathMappings),
		bind(s, updateBasePathMapping),
		bind(s, deleteBasePathMapping),
	}
}

// noBasePath is what the base path is called that is empty.
const noBasePath = "(none)"

// mapping finds a base path mapping.
func (r *request) mapping(name, id, path *string) (*domain, *types.BasePathMapping, error) {
	d, err := r.domain(name, id)
	if err != nil {
		return nil, nil, err
	}
	m := d.mappings.get(aws.ToString(path))
	if m == nil {
		return nil, nil, notFound("Invalid base path mapping identifier specified")
	}
	return d, m, nil
}

func (r *request) checkMapping(m *types.BasePathMapping) error {
	a := r.area.apis.get(aws.ToString(m.RestApiId))
	if a == nil {
		return invalid("Invalid REST API identifier specified")
	}
	if name := aws.ToString(m.Stage); name != "" && a.stages.get(name) == nil {
		return invalid("Invalid stage identifier specified")
	}
	return nil
}

func createBasePathMapping(r *request, in *awsapigateway.CreateBasePathMappingInput) (*awsapigateway.CreateBasePathMappingOutput, error) {
	d, err := r.domain(in.DomainName, in.DomainNameId)
	if err != nil {
		return nil, err
	}
	m := show[types.BasePathMapping](in)
	if aws.ToString(m.BasePath) == "" {
		m.BasePath = aws.String(noBasePath)
	}
	if d.mappings.get(*m.BasePath) != nil {
		return nil, conflict("Base path already exists for this domain name")
	}
	if err := r.checkMapping(m); err != nil {
		return nil, err
	}
	d.mappings.set(*m.BasePath, m)
	return show[awsapigateway.CreateBasePathMappingOutput](m), nil
}

func getBasePathMapping(r *request, in *awsapigateway.GetBasePathMappingInput) (*awsapigateway.GetBasePathMappingOutput, error) {
	_, m, err := r.mapping(in.DomainName, in.DomainNameId, in.BasePath)
	if err != nil {
		return nil, err
	}
	return show[awsapigateway.GetBasePathMappingOutput](m), nil
}

func getBasePathMappings(r *request, in *awsapigateway.GetBasePathMappingsInput) (*awsapigateway.GetBasePathMappingsOutput, error) {
	d, err := r.domain(in.DomainName, in.DomainNameId)
	if err != nil {
		return nil, err
	}
	items, next, err := paged(d.mappings.all(), in.Position, in.Limit, func(m *types.BasePathMapping) types.BasePathMapping { return *m })
	if err != nil {
		return nil, err
	}
	return &awsapigateway.GetBasePathMappingsOutput{Items: items, Position: next}, nil
}

func updateBasePathMapping(r *request, in *awsapigateway.UpdateBasePathMappingInput) (*awsapigateway.UpdateBasePathMappingOutput, error) {
	d, m, err := r.mapping(in.DomainName, in.DomainNameId, in.BasePath)
	if err != nil {
		return nil, err
	}
	changed := *m
	if err := apply(in.PatchOperations, []patch{
		{"/basePath", replaces, setText(&changed.BasePath)},
		{"/restapiId", replaces, setText(&changed.RestApiId)},
		{"/stage", replaces, setFilled(&changed.Stage)},
	}); err != nil {
		return nil, err
	}
	if aws.ToString(changed.BasePath) == "" {
		changed.BasePath = aws.String(noBasePath)
	}
	if *changed.BasePath != *m.BasePath && d.mappings.get(*changed.BasePath) != nil {
		return nil, conflict("Base path already exists for this domain name")
	}
	if err := r.checkMapping(&changed); err != nil {
		return nil, err
	}
	d.mappings.delete(*m.BasePath)
	d.mappings.set(*changed.BasePath, &changed)
	return show[awsapigateway.UpdateBasePathMappingOutput](changed), nil
}

func deleteBasePathMapping(r *request, in *awsapigateway.DeleteBasePathMappingInput) (*awsapigateway.DeleteBasePathMappingOutput, error) {
	d, m, err := r.mapping(in.DomainName, in.DomainNameId, in.BasePath)
	if err != nil {
		return nil, err
	}
	d.mappings.delete(*m.BasePath)
	return &awsapigateway.DeleteBasePathMappingOutput{}, nil
}
