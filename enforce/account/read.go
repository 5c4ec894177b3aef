package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A File is what "aws iam get-account-authorization-details" printed: one object of JSON,
// or several pages one after the other. Documents are objects, as the AWS CLI prints them,
// or URL-encoded texts, as the API returns them.
type File struct {
	Name string
	Data []byte
}

// Read reads the details of accounts: an account may have several files, and a file several
// accounts. Accounts are in the order in which they first occur.
//
// The documents of AWS's managed policies that no file has are asked of managed, which may
// be nil: [Identity.Unknown] says what is not known then.
func Read(managed func(arn string) (document string, ok bool), files ...File) ([]*Account, error) {
	r := &reader{managed: managed, accounts: map[string]*Account{}, policies: map[string]*Policy{}, groups: map[string]*Group{}}
	for i := range files {
		r.file = newText(&files[i])
		if err := r.read(); err != nil {
			return nil, err
		}
	}
	for _, join := range r.pending {
		join()
	}
	if len(r.order) == 0 {
		return nil, errors.New("there is no user, group, role or policy")
	}
	return r.order, nil
}

// A reader reads files.
type reader struct {
	managed  func(arn string) (string, bool)
	file     *text
	accounts map[string]*Account
	order    []*Account
	policies map[string]*Policy
	groups   map[string]*Group // by account and name
	// pending are what can be joined when all files are read.
	pending []func()
}

// The types below are those parts of the API's answer that say who may do what.
type (
	detail struct {
		Arn, Path                       string
		UserName, GroupName, RoleName   string
		UserId, GroupId, RoleId         string //nolint:revive // as AWS names them
		AssumeRolePolicyDocument        raw
		UserPolicyList, GroupPolicyList []inline
		RolePolicyList                  []inline
		AttachedManagedPolicies         []attached
		GroupList                       []string
		PermissionsBoundary             *boundary
		Tags                            []Tag
		InstanceProfileList             []profile
		PolicyName, DefaultVersionId    string //nolint:revive // as AWS names them
		PolicyVersionList               []version
	}
	inline struct {
		PolicyName     string
		PolicyDocument raw
	}
	attached struct{ PolicyArn, PolicyName string }
	boundary struct{ PermissionsBoundaryArn string }
	profile  struct {
		Arn   string
		Roles []struct{ Arn string }
	}
	version struct {
		VersionId        string //nolint:revive // as AWS names it
		IsDefaultVersion bool
		Document         raw
	}
)

// read reads a file, page by page.
func (r *reader) read() error {
	dec := json.NewDecoder(bytes.NewReader(r.file.data))
	lists := map[string]func(*detail) error{
		"UserDetailList": r.user, "GroupDetailList": r.group, "RoleDetailList": r.role, "Policies": r.policy,
	}
	for {
		err := r.page(dec, lists)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.file.name, err)
		}
	}
}

func (r *reader) page(dec *json.Decoder, lists map[string]func(*detail) error) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return errors.New("want an object with UserDetailList, GroupDetailList, RoleDetailList and Policies")
	}
	known := false
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return noEOF(err)
		}
		list := lists[name.(string)]
		if list == nil {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return noEOF(err)
			}
			continue
		}
		known = true
		if err := r.list(dec, list); err != nil {
			return noEOF(err)
		}
	}
	if !known {
		return errors.New("none of UserDetailList, GroupDetailList, RoleDetailList and Policies is there")
	}
	_, err = dec.Token()
	return noEOF(err)
}

// noEOF makes the end of the file within a page an error.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *reader) list(dec *json.Decoder, add func(*detail) error) error {
	token, err := dec.Token()
	if err != nil || token == nil {
		return err
	}
	if token != json.Delim('[') {
		return errors.New("want a list of details")
	}
	for dec.More() {
		start := int(dec.InputOffset())
		var whole json.RawMessage
		if err := dec.Decode(&whole); err != nil {
			return err
		}
		r.file.enter(start, int(dec.InputOffset()))
		var d detail
		if err := json.Unmarshal(whole, &d); err != nil {
			return err
		}
		if d.Arn == "" {
			return fmt.Errorf("line %d: details without an Arn", r.file.line(start))
		}
		if err := add(&d); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

// account returns the account of an ARN.
func (r *reader) account(arn string) *Account {
	id := enforce.SplitPattern(arn)[4]
	a := r.accounts[id]
	if a == nil {
		a = &Account{ID: id}
		r.accounts[id] = a
		r.order = append(r.order, a)
	}
	return a
}

// identity makes what users, groups and roles have in common.
func (r *reader) identity(d *detail, kind Kind, name, id string, policies []inline) Identity {
	i := Identity{Account: enforce.SplitPattern(d.Arn)[4], Kind: kind, ARN: d.Arn, Name: name, ID: id, Tags: d.Tags}
	for _, p := range policies {
		parsed, err := r.parse(p.PolicyDocument, enforce.IdentityPolicy, enforce.Source{Name: p.PolicyName})
		if err != nil {
			i.Unknown = append(i.Unknown, fmt.Sprintf("policy %s of %s: %v", p.PolicyName, d.Arn, err))
			continue
		}
		i.Inline = append(i.Inline, parsed)
	}
	return i
}

// attach joins managed policies to an identity.
func (r *reader) attach(i *Identity, d *detail) {
	r.pending = append(r.pending, func() {
		for _, a := range d.AttachedManagedPolicies {
			i.Attached = append(i.Attached, r.managedPolicy(i, a.PolicyArn))
		}
		if d.PermissionsBoundary != nil {
			i.Boundary = r.managedPolicy(i, d.PermissionsBoundary.PermissionsBoundaryArn)
		}
	})
}

// managedPolicy finds a managed policy, or says in it that its document is not known.
func (r *reader) managedPolicy(of *Identity, arn string) *Policy {
	p := r.policies[arn]
	if p != nil {
		return p
	}
	p = &Policy{ARN: arn, Name: arn[strings.LastIndexByte(arn, '/')+1:], Unknown: "the document of " + arn + " is not in the details"}
	r.policies[arn] = p
	if document, ok := r.document(arn); ok {
		if parsed, err := enforce.Parse(document, enforce.ManagedPolicy, enforce.Source{ARN: arn}); err == nil {
			p.Default, p.Unknown = &Version{ID: "v1", Policy: parsed}, ""
			p.Versions = []*Version{p.Default}
		}
	}
	a := r.accounts[of.Account]
	a.Policies = append(a.Policies, p)
	return p
}

func (r *reader) document(arn string) (string, bool) {
	if r.managed == nil || enforce.SplitPattern(arn)[4] != "aws" {
		return "", false
	}
	return r.managed(arn)
}

func (r *reader) user(d *detail) error {
	i := r.identity(d, UserKind, d.UserName, d.UserId, d.UserPolicyList)
	u := &User{Identity: i}
	a := r.account(d.Arn)
	a.Users = append(a.Users, u)
	r.attach(&u.Identity, d)
	r.pending = append(r.pending, func() {
		for _, name := range d.GroupList {
			g := r.groups[a.ID+"/"+name]
			if g == nil {
				u.Unknown = append(u.Unknown, "group "+name+" of "+u.ARN+" is not in the details")
				continue
			}
			u.Groups = append(u.Groups, g)
		}
	})
	return nil
}

func (r *reader) group(d *detail) error {
	i := r.identity(d, GroupKind, d.GroupName, d.GroupId, d.GroupPolicyList)
	g := &Group{i}
	a := r.account(d.Arn)
	a.Groups = append(a.Groups, g)
	r.groups[a.ID+"/"+g.Name] = g
	r.attach(&g.Identity, d)
	return nil
}

func (r *reader) role(d *detail) error {
	i := r.identity(d, RoleKind, d.RoleName, d.RoleId, d.RolePolicyList)
	trust, err := r.parse(d.AssumeRolePolicyDocument, enforce.TrustPolicy, enforce.Source{Name: "trust policy of " + d.RoleName})
	if err != nil {
		i.Unknown = append(i.Unknown, fmt.Sprintf("trust policy of %s: %v", d.Arn, err))
	}
	role := &Role{i, trust}
	a := r.account(d.Arn)
	a.Roles = append(a.Roles, role)
	r.attach(&role.Identity, d)
	for _, p := range d.InstanceProfileList {
		one := &Profile{ARN: p.Arn}
		if len(p.Roles) > 0 {
			one.Role = p.Roles[0].Arn
		}
		a.Profiles = append(a.Profiles, one)
	}
	return nil
}

func (r *reader) policy(d *detail) error {
	if r.policies[d.Arn] != nil {
		return nil // AWS's, which the details of each account have
	}
	p := &Policy{ARN: d.Arn, Name: d.PolicyName}
	for i := range d.PolicyVersionList {
		v := &d.PolicyVersionList[i]
		parsed, err := r.parse(v.Document, enforce.ManagedPolicy, enforce.Source{ARN: d.Arn})
		if err != nil {
			p.Unknown = fmt.Sprintf("version %s of %s: %v", v.VersionId, d.Arn, err)
			continue
		}
		one := &Version{ID: v.VersionId, Policy: parsed}
		if p.Versions = append(p.Versions, one); v.IsDefaultVersion || v.VersionId == d.DefaultVersionId {
			p.Default = one
		}
	}
	if p.Default == nil && p.Unknown == "" {
		p.Unknown = "the document of " + p.ARN + " is not in the details"
	}
	r.policies[d.Arn] = p
	if !p.OfAWS() {
		a := r.account(d.Arn)
		a.Policies = append(a.Policies, p)
	}
	return nil
}

// parse parses a document at its place in the file.
func (r *reader) parse(document raw, kind enforce.Kind, src enforce.Source) (*enforce.Policy, error) {
	src.File = r.file.name
	if len(document) == 0 {
		return nil, errors.New("there is no document")
	}
	start := r.file.find(document)
	src.Line = r.file.line(start)
	if document[0] != '"' {
		text := string(document)
		p, err := enforce.Parse(text, kind, src)
		if err != nil {
			return nil, err
		}
		for _, s := range p.Statements() {
			at, _ := s.Span()
			src.Statements = append(src.Statements, r.file.position(start+at))
		}
		return enforce.Parse(text, kind, src)
	}
	var text string
	if err := json.Unmarshal(document, &text); err != nil {
		return nil, err
	}
	if strings.HasPrefix(text, "%") {
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return nil, err
		}
		text = decoded
	}
	p, err := enforce.Parse(text, kind, src)
	if err != nil {
		return nil, err
	}
	for range p.Statements() {
		src.Statements = append(src.Statements, r.file.position(start))
	}
	return enforce.Parse(text, kind, src)
}
