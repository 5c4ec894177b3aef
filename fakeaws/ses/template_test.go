package ses_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"
	v1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/ses"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// A template of one version is one of the other.
func TestTemplates(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		ctx := t.Context()
		old, client := awsses.NewFromConfig(c.RootConfig(owner)), sesv2.NewFromConfig(c.RootConfig(owner))
		list, err := old.ListTemplates(ctx, &awsses.ListTemplatesInput{})
		require.NoError(t, err)
		assert.Empty(t, list.TemplatesMetadata)
		make1 := &awsses.CreateTemplateInput{Template: &v1.Template{TemplateName: aws.String("hello-world"), SubjectPart: aws.String("Hi {{name}}"), HtmlPart: aws.String("<b>{{#if vip}}Dear {{/if}}{{name}}</b>")}}
		_, err = old.CreateTemplate(ctx, make1)
		require.NoError(t, err)
		_, err = old.CreateTemplate(ctx, make1)
		refused(t, err, "AlreadyExists", "Template hello-world already exists")
		got, err := client.GetEmailTemplate(ctx, &sesv2.GetEmailTemplateInput{TemplateName: aws.String("hello-world")})
		require.NoError(t, err)
		assert.Equal(t, "Hi {{name}}", *got.TemplateContent.Subject)
		list, err = old.ListTemplates(ctx, &awsses.ListTemplatesInput{})
		require.NoError(t, err)
		require.Len(t, list.TemplatesMetadata, 1)
		assert.WithinDuration(t, start, *list.TemplatesMetadata[0].CreatedTimestamp, time.Minute)
		rendered, err := old.TestRenderTemplate(ctx, &awsses.TestRenderTemplateInput{TemplateName: aws.String("hello-world"), TemplateData: aws.String(`{"name":"Bob","vip":true}`)})
		require.NoError(t, err)
		assert.Contains(t, *rendered.RenderedTemplate, "Subject: Hi Bob\r\n")
		assert.Contains(t, *rendered.RenderedTemplate, "<b>Dear Bob</b>")
		_, err = old.TestRenderTemplate(ctx, &awsses.TestRenderTemplateInput{TemplateName: aws.String("hello-world"), TemplateData: aws.String(`{}`)})
		refused(t, err, "MissingRenderingAttribute", "Attribute 'name' is not present in the rendering data.")
		_, err = client.TestRenderEmailTemplate(ctx, &sesv2.TestRenderEmailTemplateInput{TemplateName: aws.String("hello-world"), TemplateData: aws.String(`[`)})
		refused(t, err, "BadRequestException", "rendering data")
		_, err = client.DeleteEmailTemplate(ctx, &sesv2.DeleteEmailTemplateInput{TemplateName: aws.String("hello-world")})
		require.NoError(t, err)
		_, err = client.DeleteEmailTemplate(ctx, &sesv2.DeleteEmailTemplateInput{TemplateName: aws.String("hello-world")})
		refused(t, err, "NotFoundException", "")
		_, err = old.DeleteTemplate(ctx, &awsses.DeleteTemplateInput{TemplateName: aws.String("hello-world")})
		require.NoError(t, err)
		_, err = old.GetTemplate(ctx, &awsses.GetTemplateInput{TemplateName: aws.String("hello-world")})
		refused(t, err, "TemplateDoesNotExist", "Template hello-world does not exist")
	})
}

// Templates that cannot be rendered, or would be without end, are refused.
func TestTemplateBounds(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	client := sesv2.NewFromConfig(c.RootConfig(owner))
	create := func(text string) error {
		_, err := client.CreateEmailTemplate(ctx, &sesv2.CreateEmailTemplateInput{TemplateName: aws.String("t"), TemplateContent: &types.EmailTemplateContent{Subject: aws.String("s"), Text: &text}})
		return err
	}
	for text, why := range map[string]string{
		"{{#if a}}":                 "",
		"{{> part}}":                "partials are not implemented",
		"{{log 1}}":                 "there is no helper log",
		"{{#equal a b}}x{{/equal}}": "there is no helper equal",
		"{{foo 1 2}}":               "there is no helper foo",
		strings.Repeat("{{#each a}}", 9) + strings.Repeat("{{/each}}", 9): "nested",
		strings.Repeat("{{#if a}}", 50_000):                               "blocks",
		strings.Repeat("{{lookup (lookup a ", 1000):                       "",
		strings.Repeat("x", 500<<10):                                      "",
	} {
		begun := time.Now()
		err := create(text)
		require.Error(t, err, text[:min(len(text), 40)])
		assert.ErrorContains(t, err, why)
		assert.Less(t, time.Since(begun), 5*time.Second)
	}
	require.NoError(t, create(strings.Repeat("{{#each a}}", 7)+"xxxxxxxxxx{{@root.b}}"+strings.Repeat("{{/each}}", 7)))
	render := func(data string) error {
		_, err := client.TestRenderEmailTemplate(ctx, &sesv2.TestRenderEmailTemplateInput{TemplateName: aws.String("t"), TemplateData: &data})
		return err
	}
	require.NoError(t, render(`{"a":[]}`))
	assert.ErrorContains(t, render(`{"a":[`+strings.Repeat("1,", 200)+`1],"b":"`+strings.Repeat("y", 10_000)+`"}`), "Rendering takes too long")
}

// A message whose data lacks something is not sent, and told as an event.
func TestRenderingFailure(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, sns.Service)
	ctx := t.Context()
	client := c.set(t)
	topic := c.topic(t, "events", "arn:aws:ses:"+region+":"+owner+":configuration-set/set")
	_, err := client.CreateConfigurationSetEventDestination(ctx, toTopic("events", topic))
	require.NoError(t, err)
	in := simple("ann@example.com", "bob@example.org")
	in.ConfigurationSetName = aws.String("set")
	in.Content = &types.EmailContent{Template: &types.Template{TemplateContent: &types.EmailTemplateContent{Subject: aws.String("{{name}}"), Text: aws.String("x")}, TemplateData: aws.String("{}")}}
	_, err = client.SendEmail(ctx, in)
	require.NoError(t, err)
	require.NoError(t, c.Settle(ctx))
	assert.Empty(t, c.sent())
	published := sns.Published(c.World.World, topic)
	require.Len(t, published, 2)
	assert.Contains(t, published[1].Message, `"eventType":"Rendering Failure"`)
	assert.Contains(t, published[1].Message, "Attribute 'name' is not present in the rendering data.")
}

// Each of several messages has its own data, and one that is refused does not stop the others.
func TestBulk(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	ctx := t.Context()
	ses.SetProduction(c.World.World, owner, region, false)
	old, client := awsses.NewFromConfig(c.RootConfig(owner)), sesv2.NewFromConfig(c.RootConfig(owner))
	_, err := client.CreateEmailTemplate(ctx, &sesv2.CreateEmailTemplateInput{TemplateName: aws.String("t"), TemplateContent: &types.EmailTemplateContent{Subject: aws.String("{{a}} {{b}}"), Text: aws.String("x")}})
	require.NoError(t, err)
	out, err := client.SendBulkEmail(ctx, &sesv2.SendBulkEmailInput{
		FromEmailAddress: aws.String("ann@example.com"), DefaultContent: &types.BulkEmailContent{Template: &types.Template{TemplateName: aws.String("t"), TemplateData: aws.String(`{"a":"1","b":"2"}`)}},
		BulkEmailEntries: []types.BulkEmailEntry{
			{Destination: &types.Destination{ToAddresses: []string{"bob@example.com"}}, ReplacementEmailContent: &types.ReplacementEmailContent{ReplacementTemplate: &types.ReplacementTemplate{ReplacementTemplateData: aws.String(`{"b":"3"}`)}}},
			{Destination: &types.Destination{ToAddresses: []string{"bob@example.org"}}},
			{Destination: &types.Destination{ToAddresses: []string{"carl@example.com"}}},
		},
	})
	require.NoError(t, err)
	var statuses []types.BulkEmailStatus
	for _, r := range out.BulkEmailEntryResults {
		statuses = append(statuses, r.Status)
	}
	assert.Equal(t, []types.BulkEmailStatus{types.BulkEmailStatusSuccess, types.BulkEmailStatusMessageRejected, types.BulkEmailStatusSuccess}, statuses)
	require.Len(t, c.sent(), 2)
	assert.Equal(t, "1 3", c.sent()[0].Subject)
	assert.Equal(t, "1 2", c.sent()[1].Subject)
	bulk := &awsses.SendBulkTemplatedEmailInput{
		Source: aws.String("ann@example.com"), Template: aws.String("t"), DefaultTemplateData: aws.String(`{"a":"1","b":"2"}`),
		Destinations: []v1.BulkEmailDestination{{Destination: &v1.Destination{ToAddresses: []string{"bob@example.com"}}}, {Destination: &v1.Destination{ToAddresses: []string{"bob@example.org"}}}},
	}
	older, err := old.SendBulkTemplatedEmail(ctx, bulk)
	require.NoError(t, err)
	assert.Equal(t, v1.BulkEmailStatusSuccess, older.Status[0].Status)
	assert.Equal(t, v1.BulkEmailStatusMessageRejected, older.Status[1].Status)
	_, err = awsses.NewFromConfig(c.user(t, owner, allow(`"ses:SendBulkTemplatedEmail"`, `["`+domain+`"]`, ""))).SendBulkTemplatedEmail(ctx, bulk)
	refused(t, err, "AccessDenied", "template/t")
	_, err = old.SendTemplatedEmail(ctx, &awsses.SendTemplatedEmailInput{Source: aws.String("ann@example.com"), Template: aws.String("none"), TemplateData: aws.String("{}"), Destination: &v1.Destination{ToAddresses: []string{"bob@example.com"}}})
	refused(t, err, "TemplateDoesNotExist", "Template none does not exist")
}
