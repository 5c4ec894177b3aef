package awstest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/sdkclient"
)

// config returns a config with the given credentials. It sets no BaseEndpoint
// in the process, so that clients build AWS's own URLs, virtual-host S3
// included, and bodies that cannot seek work as they do against AWS.
func (a *Account) config(credentials aws.CredentialsProvider) aws.Config {
	cfg := aws.Config{
		Region:      a.options.region,
		Credentials: credentials,
		HTTPClient:  processClient{a.world, a.door()},
		APIOptions:  []func(*middleware.Stack) error{sdkclient.SignAt(a.world.Clock()), presignAt(a.world), typed(a.world)},
		// As LoadDefaultConfig sets them; the zero values would be another SDK than
		// the one that a program uses.
		RequestChecksumCalculation:  aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation:  aws.ResponseChecksumValidationWhenSupported,
		RequestMinCompressSizeBytes: minCompressed,
	}
	if a.options.useSocket {
		cfg.BaseEndpoint = aws.String(a.URL())
		cfg.HTTPClient = a.socket.client
	}
	if !a.options.retry {
		cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	}
	return cfg
}

// minCompressed is the length from which LoadDefaultConfig has bodies compressed, of the few
// operations that take them so.
const minCompressed = 10_240

// processClient is the HTTP client of configs that stay in the process.
type processClient struct {
	world *fakeaws.World
	door  fakeaws.Door
}

// Do implements aws.HTTPClient.
func (c processClient) Do(r *http.Request) (*http.Response, error) {
	resp, err := c.door.RoundTrip(r)
	return remember(c.world, resp), err
}

// socketClient is the HTTP client of configs that use the socket.
type socketClient struct {
	*sdkclient.Socket
	world *fakeaws.World
}

// Do implements aws.HTTPClient.
func (c socketClient) Do(r *http.Request) (*http.Response, error) {
	resp, err := c.Socket.Do(r)
	return remember(c.world, resp), err
}

type worldKey struct{}

// remember notes in a failed response which World gave it, so that an assertion
// that has only the error finds the decision behind it.
func remember(w *fakeaws.World, resp *http.Response) *http.Response {
	if resp != nil && resp.StatusCode >= http.StatusBadRequest && resp.Request != nil {
		resp.Request = resp.Request.WithContext(context.WithValue(resp.Request.Context(), worldKey{}, w))
	}
	return resp
}

// presignAt makes presigned URLs dated by the World's clock.
func presignAt(w *fakeaws.World) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		const presign = "PresignHTTPRequest"
		offset := w.Clock().Offset()
		if _, ok := stack.Finalize.Get(presign); !ok || offset == 0 {
			return nil
		}
		return stack.Finalize.Insert(&presignAtWorldTime{world: w, offset: offset}, presign, middleware.Before)
	}
}

// presignAtWorldTime dates a presigned URL by the World's clock. The SDK's
// presigner takes the machine's time and cannot be told another.
type presignAtWorldTime struct {
	world  *fakeaws.World
	offset time.Duration
}

// ID implements middleware.FinalizeMiddleware.
func (*presignAtWorldTime) ID() string { return "awstest:PresignAtWorldTime" }

// HandleFinalize implements middleware.FinalizeMiddleware.
func (m *presignAtWorldTime) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	out, md, err := next.HandleFinalize(ctx, in)
	signed, ok := out.Result.(*v4.PresignedHTTPRequest)
	req, isHTTP := in.Request.(*smithyhttp.Request)
	if err != nil || !ok || !isHTTP {
		return out, md, err
	}
	again, ok := m.resign(ctx, req.Build(ctx), signed.URL)
	if ok {
		signed.URL = again
	}
	return out, md, nil
}

// resign returns the URL signed at the World's time. It does so only for a
// client that has proved to hold the secret: signing once more at the
// machine's time must give the client's own URL.
func (m *presignAtWorldTime) resign(ctx context.Context, r *http.Request, signed string) (string, bool) {
	u, err := url.Parse(signed)
	if err != nil {
		return "", false
	}
	q := u.Query()
	scope, err := parseScope(q.Get("X-Amz-Credential"))
	if err != nil {
		return "", false
	}
	cred, ok := m.world.Credential(scope.accessKeyID)
	at, err := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	if !ok || err != nil {
		return "", false
	}
	creds := aws.Credentials{AccessKeyID: cred.AccessKeyID, SecretAccessKey: cred.SecretAccessKey, SessionToken: q.Get("X-Amz-Security-Token")}
	presign := func(at time.Time) (string, error) {
		signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = scope.service == "s3" })
		again, _, err := signer.PresignHTTP(ctx, creds, r.Clone(ctx), v4.GetPayloadHash(ctx), scope.service, scope.region, at)
		return again, err
	}
	if same, err := presign(at); err != nil || same != signed {
		return "", false
	}
	moved, err := presign(at.Add(m.offset))
	return moved, err == nil
}

// scope is who and what a presigned URL was signed for.
type scope struct{ accessKeyID, region, service string }

// parseScope reads KEY/DATE/REGION/SERVICE/aws4_request.
func parseScope(credential string) (scope, error) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return scope{}, fmt.Errorf("credential %q does not have five parts", credential)
	}
	return scope{accessKeyID: parts[0], region: parts[2], service: parts[3]}, nil
}
