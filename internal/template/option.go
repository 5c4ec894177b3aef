package template

// An Option says what a template does not.
type Option func(*config)

type config struct {
	stackName string
	leaveOut  map[string]bool
	bind      map[string]string
	imports   map[string]string
	resolve   map[string]string
	files     map[string]string
	stacks    []string
}

func newConfig(options []Option) *config {
	c := &config{leaveOut: map[string]bool{}, bind: map[string]string{}, imports: map[string]string{}, resolve: map[string]string{}, files: map[string]string{}}
	for _, o := range options {
		o(c)
	}
	return c
}

// StackName is the name of the stack; the default is the name of the file.
func StackName(name string) Option { return func(c *config) { c.stackName = name } }

// LeaveOut leaves resources out, and macros of the account, by name: "Table",
// "Nested/Table", "MyMacro". What refers to a resource that is left out has its values
// nevertheless.
func LeaveOut(names ...string) Option {
	return func(c *config) {
		for _, name := range names {
			c.leaveOut[name] = true
		}
	}
}

// Bind gives a value that cannot be known: an attribute that AWS or a custom resource
// makes up, "Table.StreamArn", or what Ref gives of a resource, "Vpc".
func Bind(name, value string) Option { return func(c *config) { c.bind[name] = value } }

// Import gives the value of an export of another stack, for Fn::ImportValue.
func Import(export, value string) Option { return func(c *config) { c.imports[export] = value } }

// SSM gives the value of a parameter of Systems Manager: of parameters of the type
// AWS::SSM::Parameter::Value<…>, and of {{resolve:ssm:…}}.
func SSM(name, value string) Option { return Resolve("ssm:"+name, value) }

// Resolve gives the value of a dynamic reference, by what is between "{{resolve:" and
// "}}": "secretsmanager:database:SecretString:password". A version at the end of one to
// ssm or ssm-secure may be left out.
func Resolve(reference, value string) Option {
	return func(c *config) { c.resolve[reference] = value }
}

// File says which file stands for a URL: of a nested stack's TemplateURL, and of the
// Location of AWS::Include. Paths from the template's folder are found without.
func File(url, path string) Option { return func(c *config) { c.files[url] = path } }

// Stacks selects stacks of [CDK] by id, name or display name; the default is all.
func Stacks(names ...string) Option {
	return func(c *config) { c.stacks = append(c.stacks, names...) }
}
