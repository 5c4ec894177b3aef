package deploy

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestUnknowns(t *testing.T) {
	t.Parallel()
	key := Unknown{Problem{Position{"t.yaml", 4}, "", "Thing.Key cannot be known"}}
	url := Unknown{Problem{Position{"t.yaml", 9}, "Other", "Thing.Url cannot be known"}}
	r := Resource{Address: "Queue", Properties: map[string]any{"KmsMasterKeyId": key, "Tags": []any{map[string]any{"Key": "a", "Value": key}, url}, "QueueName": "a"}}
	assert.EqualError(t, r.Unknowns(), "t.yaml:4: Queue: Thing.Key cannot be known\nt.yaml:9: Other: Thing.Url cannot be known", "each once")
	assert.Empty(t, (&Resource{Properties: map[string]any{"QueueName": "a"}}).Unknowns())
}
