package cover

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

func pageOf(t *testing.T, p *Profile) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, p.Report().WriteHTML(&b))
	return b.String()
}

// tags are the elements of a page with the names of their attributes, in order.
func tags(t *testing.T, page string) (names []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		switch token := token.(type) {
		case nil:
			require.ErrorIs(t, err, io.EOF)
			return names
		case xml.StartElement:
			name := token.Name.Local
			for _, a := range token.Attr {
				name += " " + a.Name.Local
			}
			names = append(names, name)
		case xml.EndElement:
			names = append(names, "/"+token.Name.Local)
		case xml.Comment:
			names = append(names, "comment")
		}
	}
}

// textOf is what a reader sees of a part of a page.
func textOf(part string) string {
	return html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(part, ""))
}

func TestPage(t *testing.T) {
	t.Parallel()
	page := pageOf(t, noted(t))
	assert.Contains(t, page, `<mark class="used" title="Action: used by allowed requests">&#34;s3:GetObject&#34;</mark>`)
	assert.Contains(t, page, `<mark class="unused" title="Action: never used">&#34;s3:PutObject&#34;</mark>`)
	assert.Contains(t, page, `<mark class="used" title="Condition: used by allowed requests">true</mark>`, "a value that is no string")
	assert.Contains(t, page, `<mark class="unused" title="NotAction: never used">&#34;sqs:*&#34;</mark>`)
	assert.Contains(t, page, `<span class="line in-unused"><span class="number">13</span>`, "the document begins in line 3")
	assert.Contains(t, page, `<tr data-caller="0"><th scope="row">arn:aws:iam::111122223333:user/alice</th><td class="used" title="allowed">✓</td><td class="denied" title="denied">✕</td></tr>`)
	shown := regexp.MustCompile(`(?s)<pre[^>]*>(.*?)</pre>`).FindStringSubmatch(page)
	require.NotNil(t, shown)
	shown[1] = regexp.MustCompile(`<span class="number">\d+</span>`).ReplaceAllString(shown[1], "")
	assert.Equal(t, document+"\n", textOf(shown[1]), "nothing is lost")
	assert.NotRegexp(t, `(?i)(src|href)="(https?:)?//|@import|url\(`, page, "it needs no network")
	assert.Contains(t, pageOf(t, Merge()), "No test met a policy.")
	assert.Contains(t, pageOf(t, &Profile{Incomplete: true}), "There were more policies")
}

// A document in one line is shown in several, with the same strings in the same states.
func TestPageOfADocumentInOneLine(t *testing.T) {
	t.Parallel()
	var c enforce.Coverage
	p := identity(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["*","arn:aws:s3:::\"{["]},{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}]}`, enforce.Source{Name: "p"})
	for _, action := range []string{"s3:GetObject", "s3:PutObject"} {
		c.Note(enforce.Evaluate(request(action), &enforce.PolicySet{Identity: []*enforce.Policy{p}}))
	}
	page := pageOf(t, New(&c, same))
	assert.Contains(t, page, `&#34;Action&#34;: [<mark class="used" title="Action: used by allowed requests">&#34;s3:GetObject&#34;</mark>],</span>`)
	assert.Contains(t, page, `<mark class="unused" title="Resource: never used">&#34;arn:aws:s3:::\&#34;{[&#34;</mark></span>`)
	assert.Contains(t, page, `<mark class="used" title="Action: denied requests">&#34;s3:PutObject&#34;</mark>`)
	assert.NotContains(t, page, `<span class="number">`)
}

// Whatever policies, principals and files are called, a page has the elements that it has
// without them, and no other scripts.
func TestPageIsSafe(t *testing.T) {
	t.Parallel()
	fill := func(text string) *Profile {
		doc, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": map[string]any{
			"Sid": "S", "Effect": "Allow", "Action": "s3:" + strings.ReplaceAll(text, ":", ""), "Resource": "arn:aws:s3:::" + text + "/*",
			"Condition": map[string]any{"StringEquals": map[string]any{"aws:PrincipalTag/" + text: text}},
		}})
		require.NoError(t, err)
		var c enforce.Coverage
		p := identity(t, string(doc), enforce.Source{File: text})
		c.Add(p)
		r := request("s3:" + strings.ReplaceAll(text, ":", ""))
		r.Principal.ARN, r.Resource = text, "arn:aws:s3:::"+text+"/k"
		r.Context.Set("aws:PrincipalTag/"+text, text)
		c.Note(enforce.Evaluate(r, &enforce.PolicySet{Identity: []*enforce.Policy{p}}))
		profile := New(&c, same)
		for i := range profile.Policies { // also where the text is a policy variable, which matches nothing
			s := &profile.Policies[i].Statements[0]
			s.Outcome, s.Actions[0], s.Resources[0], s.Conditions[0] = 1, 1, 1, 1
			profile.Policies[i].Principals[text] = 1
		}
		require.Len(t, profile.Policies, 1)
		require.Len(t, profile.Calls, 1)
		return profile
	}
	want := tags(t, pageOf(t, fill("harmless")))
	for _, text := range []string{
		`<script>alert(1)</script>`, `</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onfocus=alert(1) autofocus x='`,
		`</pre></details><h1>x`, `<!--`, `]]>`, `{{.Script}}`, `javascript:alert(1)`, "`${alert(1)}`", `</style><style>*{display:none}`, "\u2028<b>\u202e", `&lt;b&gt;`,
	} {
		page := pageOf(t, fill(text))
		assert.Equal(t, want, tags(t, page), text)
		assert.Equal(t, 1, strings.Count(page, "<script>"), text)
		plain := html.UnescapeString(page)
		assert.Contains(t, plain, `<option value="0">`+text+`</option>`, "it is shown as it is")
		assert.Contains(t, plain, "script-src '"+hash(pageJS)+"'", "and no other script runs")
	}
}

// hundred is a profile of a hundred policies of ten statements, with as many principals.
func hundred(t testing.TB) *Profile {
	var c enforce.Coverage
	for i := range 100 {
		var statements []string
		for j := range 10 {
			statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::bucket-%d-%d/*"}`, i, j))
		}
		p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`, enforce.IdentityPolicy, enforce.Source{Name: fmt.Sprint("policy-", i)})
		require.NoError(t, err)
		r := request("s3:GetObject")
		r.Principal.ARN, r.Resource = fmt.Sprint("arn:aws:iam::111122223333:role/role-", i), fmt.Sprintf("arn:aws:s3:::bucket-%d-%d/k", i, i%10)
		c.Note(enforce.Evaluate(r, &enforce.PolicySet{Identity: []*enforce.Policy{p}}))
	}
	return New(&c, same)
}

func TestPageOfAHundredPolicies(t *testing.T) {
	t.Parallel()
	page := pageOf(t, hundred(t))
	assert.Less(t, len(page), 2<<20)
	t.Logf("%d bytes", len(page))
}
