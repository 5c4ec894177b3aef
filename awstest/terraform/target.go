package terraform

import (
	"regexp"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/awstest/deploy"
)

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

// checkTarget finds out for which account and region the file was made. The account's id
// is replaced by that of the test's account; of another region names and ARNs would be
// wrong.
func (w *world) checkTarget() {
	accounts, regions := map[string]int{}, map[string]int{}
	for _, in := range w.order {
		text := func(name string) string { s, _ := in.values[name].(string); return s }
		if in.mode == "data" {
			switch in.kind {
			case "aws_caller_identity":
				w.account = cmpOr(w.account, text("account_id"))
			case "aws_region":
				w.region = cmpOr(w.region, cmpOr(text("region"), text("name")))
			}
			continue
		}
		if parts := strings.SplitN(text("arn"), ":", 6); len(parts) == 6 && in.kind != "aws_iam_policy" {
			accounts[parts[4]]++
			regions[parts[3]]++
		}
	}
	if provider := w.providerRegion("aws"); provider != "" {
		w.region = provider
	}
	w.account, w.region = cmpOr(w.account, most(accounts)), cmpOr(w.region, most(regions))
	if !accountForm.MatchString(w.account) {
		w.account = ""
	}
	if w.region != "" && w.region != w.target.Region {
		w.problem(nil, "it is for the region %s, and the account's is %s: awstest.New(t, awstest.WithRegion(%q))", w.region, w.target.Region, w.region)
	}
}

// most returns what there is most of, besides the empty text.
func most(counts map[string]int) (found string) {
	for text, n := range counts {
		if text != "" && (found == "" || n > counts[found] || n == counts[found] && text < found) {
			found = text
		}
	}
	return found
}

// accountID is the account of the ARNs that are made.
func (w *world) accountID() string { return cmpOr(w.account, w.target.Account) }

// regionOf is the region in which a resource is: its own argument, its provider's, or
// the account's.
func (w *world) regionOf(in *instance) string {
	if s, ok := in.values["region"].(string); ok && s != "" && in.mode != "data" {
		return s
	}
	if in.config != nil && in.config.ProviderConfigKey != "" {
		if region := w.providerRegion(in.config.ProviderConfigKey); region != "" {
			return region
		}
	}
	return w.target.Region
}

// providerRegion returns the region of a provider's configuration; empty where it does
// not say one.
func (w *world) providerRegion(key string) string {
	plan := w.shown.plan
	if plan == nil || plan.Config == nil || plan.Config.ProviderConfigs[key] == nil {
		return ""
	}
	expr := plan.Config.ProviderConfigs[key].Expressions["region"]
	if expr == nil || expr.ExpressionData == nil {
		return ""
	}
	if s, ok := expr.ConstantValue.(string); ok {
		return s
	}
	if len(expr.References) == 1 {
		name, isVar := strings.CutPrefix(expr.References[0], "var.")
		if v := plan.Variables[name]; isVar && v != nil {
			s, _ := v.Value.(string)
			return s
		}
	}
	return ""
}

// moved returns a value with the ids of the file's account replaced.
func (w *world) moved(v any) any {
	switch v := v.(type) {
	case string:
		return w.movedText(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = w.moved(e)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for k, e := range v {
			object[k] = w.moved(e)
		}
		return object
	case deploy.Document:
		v.Text = w.movedText(v.Text)
		return v
	}
	return v
}

func (w *world) movedText(s string) string {
	if w.account == "" || w.account == w.target.Account {
		return s
	}
	isDigit := func(i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }
	var out strings.Builder
	from := 0
	for {
		at := strings.Index(s[from:], w.account)
		if at < 0 {
			break
		}
		at += from
		end := at + len(w.account)
		out.WriteString(s[from:at])
		if isDigit(at-1) || isDigit(end) {
			out.WriteString(w.account)
		} else {
			out.WriteString(w.target.Account)
		}
		from = end
	}
	out.WriteString(s[from:])
	return out.String()
}

// outputs returns those of the root module that are known: text, or JSON.
func (w *world) outputs() map[string]string {
	all := map[string]string{}
	values := w.shown.values()
	for name, output := range values.Outputs {
		if output == nil {
			continue
		}
		v := output.Value
		if v == nil && w.root.module != nil && w.root.module.outputs[name] != nil && w.root.module.outputs[name].Body.Attributes["value"] != nil {
			v = fromCty(w.root.eval(w.root.module.outputs[name].Body.Attributes["value"].Expr, request{}))
		}
		if v == nil {
			continue
		}
		v = w.moved(v)
		if s, ok := v.(string); ok {
			all[name] = s
		} else {
			all[name] = jsonOf(v)
		}
	}
	return all
}

func isRegional(kind string) bool {
	return slices.ContainsFunc([]string{"aws_sqs_", "aws_kms_", "aws_s3_"}, func(prefix string) bool { return strings.HasPrefix(kind, prefix) })
}
