// Package orders is a program as it is in production: it knows nothing of leastpriv.
package orders

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// A Desk takes orders.
type Desk struct {
	table, topic, secret string
	tables               *dynamodb.Client
	topics               *sns.Client
	secrets              *secretsmanager.Client
}

// NewFromConfig returns the desk that keeps orders in a table, announces them to a topic, by
// its ARN, and signs them with a secret, by its name.
func NewFromConfig(cfg aws.Config, table, topic, secret string) *Desk {
	return &Desk{
		table: table, topic: topic, secret: secret,
		tables: dynamodb.NewFromConfig(cfg), topics: sns.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg),
	}
}

// Place keeps an order and announces it with its signature.
func (d *Desk) Place(ctx context.Context, id, what string) error {
	key, err := d.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &d.secret})
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(aws.ToString(key.SecretString)))
	mac.Write([]byte(id + what))
	_, err = d.tables.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &d.table,
		Item: map[string]types.AttributeValue{
			"id":   &types.AttributeValueMemberS{Value: id},
			"what": &types.AttributeValueMemberS{Value: what},
		},
		ConditionExpression: aws.String("attribute_not_exists(id)"),
	})
	if err != nil {
		return fmt.Errorf("keeping the order: %w", err)
	}
	if _, err := d.topics.Publish(ctx, &sns.PublishInput{TopicArn: &d.topic, Message: aws.String(id + " " + hex.EncodeToString(mac.Sum(nil)))}); err != nil {
		return fmt.Errorf("announcing the order: %w", err)
	}
	return nil
}
