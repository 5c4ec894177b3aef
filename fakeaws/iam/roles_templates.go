package iam

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// roleTemplateOps are the operations on role templates.
func (s *Fake) roleTemplateOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getRoleTemplateVersion),
		fakeaws.Bind(s.acquireRole),
	}
}

// Texts about role templates, all of them unverified. Unverified are also the
// constraints on the values of AcquireRole and GetRoleTemplateVersion, and of
// PutAccountProperties and GetAccountProperties: the models that have
// constraints are older than these operations, so that only what is required is
// checked.
const (
	// Unverified: a template that does not exist.
	noRoleTemplate = "The role template %s cannot be found."
	// Unverified: a template or version that is switched off.
	roleTemplateOff = "The role template %s is disabled."
	// Unverified: a parameter that must be given.
	missingParameter = "The parameter %s of the role template has no value."
	// Unverified: a parameter that the template does not have.
	unknownParameter = "The role template has no parameter %s."
	// Unverified: a name that another role has.
	templateNameTaken = "Role with name %s already exists."
)

// A roleTemplate has the versions of a template by minor version.
type roleTemplate = btree.Map[int32, *types.RoleTemplateVersion]

// AddRoleTemplate adds a version of a role template to the World. AWS's services
// make them for all accounts. Its ARN, its minor version and the patterns of
// the role's name and trust policy are needed; a version without a path, session
// duration and default minor version gets "/", an hour, and its own.
func (s *Fake) AddRoleTemplate(v types.RoleTemplateVersion) error {
	if v.TemplateArn == nil || v.MinorVersion == nil || v.RoleNamePattern == nil || v.AssumeRolePolicyDocumentTemplate == nil {
		return errors.New("a role template has TemplateArn, MinorVersion, RoleNamePattern and AssumeRolePolicyDocumentTemplate")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for member, value := range map[**string]string{&v.RolePathPattern: "/", &v.RoleDescriptionPattern: ""} {
		if *member == nil {
			*member = aws.String(value)
		}
	}
	for member, value := range map[**int32]int32{&v.MaxSessionDuration: defaultMaxSession, &v.DefaultMinorVersion: *v.MinorVersion} {
		if *member == nil {
			*member = aws.Int32(value)
		}
	}
	if v.CreateTimestamp == nil {
		v.CreateTimestamp, v.UpdateTimestamp = aws.Time(s.now()), aws.Time(s.now())
	}
	if s.templates == nil {
		s.templates = make(map[string]*roleTemplate)
	}
	if s.templates[*v.TemplateArn] == nil {
		s.templates[*v.TemplateArn] = new(roleTemplate)
	}
	s.templates[*v.TemplateArn].Set(*v.MinorVersion, &v)
	return nil
}

// roleTemplate finds a version of a template; without a minor version the
// default one, which the newest version names.
func (s *Fake) roleTemplate(arn string, minor *int32) (*types.RoleTemplateVersion, error) {
	if t, ok := s.templates[arn]; ok {
		if minor == nil {
			_, newest, _ := t.Max()
			minor = newest.DefaultMinorVersion
		}
		if v, ok := t.Get(*minor); ok {
			return v, nil
		}
	}
	return nil, noSuchEntity(noRoleTemplate, arn)
}

// onRoleTemplate is the target of actions on a role template, printed as its ARN.
func onRoleTemplate(arn *string) target[*account] {
	return at(func(*account) string { return *arn })
}

// getRoleTemplateVersion describes a version of a role template.
func (s *Fake) getRoleTemplateVersion(call *fakeaws.Call, in *sdk.GetRoleTemplateVersionInput) (*fakeaws.Plan[*sdk.GetRoleTemplateVersionOutput], error) {
	return plan(s, call, in, onRoleTemplate(in.TemplateArn), func(*account) (*sdk.GetRoleTemplateVersionOutput, error) {
		v, err := s.roleTemplate(*in.TemplateArn, in.MinorVersion)
		if err != nil {
			return nil, err
		}
		view := *v
		return &sdk.GetRoleTemplateVersionOutput{RoleTemplateVersion: &view}, nil
	})
}

// acquireRole makes a role out of a template.
func (s *Fake) acquireRole(call *fakeaws.Call, in *sdk.AcquireRoleInput) (*fakeaws.Plan[*sdk.AcquireRoleOutput], error) {
	return plan(s, call, in, onRoleTemplate(in.TemplateArn), func(a *account) (*sdk.AcquireRoleOutput, error) {
		v, err := s.roleTemplate(*in.TemplateArn, in.TemplateMinorVersion)
		if err != nil {
			return nil, err
		}
		if !v.Enabled || !v.VersionEnabled {
			return nil, &types.RoleTemplateDisabledException{Message: aws.String(fmt.Sprintf(roleTemplateOff, *in.TemplateArn))}
		}
		fill, err := replacer(v.ParametersDefinition, in.ReplacementValues)
		if err != nil {
			return nil, err
		}
		r, err := s.acquire(call, a, v, fill)
		if err != nil {
			return nil, err
		}
		return &sdk.AcquireRoleOutput{Role: r.roleView()}, nil
	})
}

// replacer puts the values of parameters into texts, in place of @{parameter}.
// The values of a list have commas between them. Unverified.
func replacer(parameters []types.ParameterDefinition, values map[string]types.ReplacementValueEntry) (*strings.Replacer, error) {
	var pairs []string
	known := make(map[string]bool)
	for _, p := range parameters {
		known[*p.Name] = true
		value := aws.ToString(p.DefaultValue)
		given, ok := values[*p.Name]
		switch {
		case ok:
			value = strings.Join(given.Values, ",")
		case p.IsRequired:
			return nil, invalidInput(fmt.Sprintf(missingParameter, *p.Name))
		}
		pairs = append(pairs, "@{"+*p.Name+"}", value)
	}
	for name := range values {
		if !known[name] {
			return nil, invalidInput(fmt.Sprintf(unknownParameter, name))
		}
	}
	return strings.NewReplacer(pairs...), nil
}

// acquire makes the role of a template. What is wrong with any part of it leaves
// no role behind.
func (s *Fake) acquire(call *fakeaws.Call, a *account, v *types.RoleTemplateVersion, fill *strings.Replacer) (*entity, error) {
	name := fill.Replace(*v.RoleNamePattern)
	if _, exists := a.roles.Get(strings.ToLower(name)); exists {
		return nil, &types.NameConflictException{Message: aws.String(fmt.Sprintf(templateNameTaken, name))}
	}
	create := &sdk.CreateRoleInput{
		RoleName: &name, Path: aws.String(fill.Replace(*v.RolePathPattern)),
		AssumeRolePolicyDocument: aws.String(fill.Replace(*v.AssumeRolePolicyDocumentTemplate)),
		MaxSessionDuration:       v.MaxSessionDuration, PermissionsBoundary: v.PermissionBoundaryArn,
		Description: aws.String(fill.Replace(*v.RoleDescriptionPattern)),
	}
	for _, t := range v.RoleTagsTemplate {
		create.Tags = append(create.Tags, types.Tag{Key: aws.String(fill.Replace(*t.Key)), Value: aws.String(fill.Replace(*t.Value))})
	}
	if err := members.Check(create); err != nil {
		return nil, err
	}
	r, err := s.makeRole(call, a, create)
	if err != nil {
		return nil, err
	}
	r.role.template = &types.SourceRoleTemplate{TemplateArn: v.TemplateArn, TemplateMinorVersion: v.MinorVersion}
	if err := r.addPolicies(call, v, fill); err != nil {
		r.inline = btree.Map[string, *enforce.Policy]{}
		for _, p := range r.attached.Values() {
			r.removeAttachment(p)
		}
		_ = s.remove(r) // nothing is left that could be in the way
		return nil, err
	}
	return r, nil
}

// addPolicies gives a role the policies of its template.
func (e *entity) addPolicies(call *fakeaws.Call, v *types.RoleTemplateVersion, fill *strings.Replacer) error {
	for _, p := range v.InlinePolicyTemplates {
		if err := e.putInline(call, fill.Replace(*p.PolicyName), fill.Replace(*p.PolicyDocument)); err != nil {
			return err
		}
	}
	for _, arn := range v.ManagedPolicyArns {
		if err := e.attach(arn); err != nil {
			return err
		}
	}
	return nil
}
