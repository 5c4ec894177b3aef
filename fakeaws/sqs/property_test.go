package sqs

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A model is a queue as a plain list that every step searches from end to end.
type model struct {
	messages []*modelled
	elapsed  int // seconds
}

type modelled struct {
	body    string
	sent    int
	visible int // when it can be received
	flying  bool
	handle  *string
}

const modelRetention, modelVisibility = 100, 10

func (m *model) settle() {
	var kept []*modelled
	for _, x := range m.messages {
		if x.sent+modelRetention > m.elapsed {
			kept = append(kept, x)
		}
		if x.visible <= m.elapsed {
			x.flying = false
		}
	}
	m.messages = kept
}

func (m *model) counts() (c [3]string) {
	var n [3]int
	for _, x := range m.messages {
		switch {
		case x.visible <= m.elapsed:
			n[0]++
		case x.flying:
			n[1]++
		default:
			n[2]++
		}
	}
	for i := range n {
		c[i] = strconv.Itoa(n[i])
	}
	return c
}

// Whatever is sent, received, deleted, hidden and waited for, in any order, the
// queue answers as the plain list does.
func TestQueueIsAList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t)
		url := b.create(t, "jobs", "MessageRetentionPeriod", strconv.Itoa(modelRetention), "VisibilityTimeout", strconv.Itoa(modelVisibility))
		var m model
		some := func(rt *rapid.T) *modelled {
			var taken []*modelled
			for _, x := range m.messages {
				if x.handle != nil {
					taken = append(taken, x)
				}
			}
			if len(taken) == 0 {
				rt.Skip("nothing was received")
			}
			return rapid.SampledFrom(taken).Draw(rt, "message")
		}
		sent := 0
		rt.Repeat(map[string]func(*rapid.T){
			"send": func(rt *rapid.T) {
				delay := rapid.IntRange(0, 20).Draw(rt, "delay")
				sent++
				body := fmt.Sprint(sent)
				_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, DelaySeconds: int32(delay)})
				require.NoError(rt, err)
				m.messages = append(m.messages, &modelled{body: body, sent: m.elapsed, visible: m.elapsed + delay})
			},
			"receive": func(rt *rapid.T) {
				n := rapid.IntRange(1, 3).Draw(rt, "max")
				got, bodies := b.take(rt, url, int32(n))
				var want []string
				for _, x := range m.messages {
					if len(want) < n && x.visible <= m.elapsed {
						x.visible, x.flying = m.elapsed+modelVisibility, true
						if len(want) < len(got) {
							x.handle = got[len(want)].ReceiptHandle
						}
						want = append(want, x.body)
					}
				}
				require.Equal(rt, want, bodies)
			},
			"delete": func(rt *rapid.T) {
				x := some(rt)
				require.NoError(rt, b.drop(url, x.handle))
				for i := range m.messages {
					if m.messages[i] == x {
						m.messages = append(m.messages[:i:i], m.messages[i+1:]...)
						break
					}
				}
			},
			"hide": func(rt *rapid.T) {
				x := some(rt)
				timeout := rapid.IntRange(0, 30).Draw(rt, "timeout")
				require.NoError(rt, b.hide(url, x.handle, int32(timeout)))
				if x.flying {
					x.visible = m.elapsed + timeout
				}
			},
			"wait": func(rt *rapid.T) {
				d := rapid.IntRange(1, 15).Draw(rt, "seconds")
				m.elapsed += d
				b.advance(time.Duration(d) * time.Second)
			},
			"": func(rt *rapid.T) {
				m.settle()
				require.Equal(rt, m.counts(), b.counts(rt, url))
			},
		})
	})
}
