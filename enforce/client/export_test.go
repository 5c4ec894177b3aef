package client

import (
	"context"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// WithService is the context of a call to a service.
func WithService(ctx context.Context, id string) context.Context {
	return awsmiddleware.SetOperationName(awsmiddleware.SetServiceID(ctx, id), "Op")
}
