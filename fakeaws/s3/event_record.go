package s3

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// An eventMessage is the body of a message about an event (User Guide, "Event message
// structure").
type eventMessage struct {
	Records []eventRecord
}

type eventRecord struct {
	EventVersion      string              `json:"eventVersion"`
	EventSource       string              `json:"eventSource"`
	AWSRegion         string              `json:"awsRegion"`
	EventTime         string              `json:"eventTime"`
	EventName         string              `json:"eventName"`
	UserIdentity      eventIdentity       `json:"userIdentity"`
	RequestParameters eventParameters     `json:"requestParameters"`
	ResponseElements  eventResponse       `json:"responseElements"`
	S3                eventEntity         `json:"s3"`
	GlacierEventData  *glacierEventData   `json:"glacierEventData,omitempty"`
	LifecycleData     *lifecycleEventData `json:"lifecycleEventData,omitempty"`
}

type eventIdentity struct {
	PrincipalID string `json:"principalId"`
}

type eventParameters struct {
	SourceIPAddress string `json:"sourceIPAddress"`
}

// An eventResponse has the two ids of the answer to the request.
type eventResponse struct {
	RequestID string `json:"x-amz-request-id"`
	HostID    string `json:"x-amz-id-2"`
}

type eventEntity struct {
	SchemaVersion   string      `json:"s3SchemaVersion"`
	ConfigurationID string      `json:"configurationId"`
	Bucket          eventBucket `json:"bucket"`
	Object          eventObject `json:"object"`
}

type eventBucket struct {
	Name          string        `json:"name"`
	OwnerIdentity eventIdentity `json:"ownerIdentity"`
	ARN           string        `json:"arn"`
}

// An eventObject has of an object what the kind of event tells.
type eventObject struct {
	Key       string `json:"key"`
	Size      *int64 `json:"size,omitempty"`
	ETag      string `json:"eTag,omitempty"`
	VersionID string `json:"versionId,omitempty"`
	Sequencer string `json:"sequencer,omitempty"`
}

type glacierEventData struct {
	RestoreEventData restoreEventData `json:"restoreEventData"`
}

type restoreEventData struct {
	ExpiryTime   string             `json:"lifecycleRestorationExpiryTime"`
	StorageClass types.StorageClass `json:"lifecycleRestoreStorageClass"`
}

// lifecycleEventData tells of a transition, in the words of the SDK for Java's package of
// event notifications.
type lifecycleEventData struct {
	TransitionEventData transitionEventData `json:"transitionEventData"`
}

type transitionEventData struct {
	DestinationStorageClass types.StorageClass `json:"destinationStorageClass"`
}

// eventTime is the form of times in events.
func eventTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// eventVersion is the version of the form of an event: 2.3 for lifecycle, ACLs, tags and
// the end of restored copies, else 2.1. The User Guide now speaks of one version for all
// events, 2.4 and higher, whose new members are unverified; versions differ in members
// that were added alone. So is the version of events of annotations and retention.
func eventVersion(e types.Event) string {
	name := string(e)
	for _, of := range []string{"s3:Lifecycle", "s3:ObjectAcl:", "s3:ObjectTagging:", "s3:ObjectAnnotation:", "s3:ObjectRetention:", "s3:ObjectRestore:Delete"} {
		if strings.HasPrefix(name, of) {
			return "2.3"
		}
	}
	return "2.1"
}

// emptyETag is the entity tag of no bytes; that events of delete markers have it is
// unverified.
const emptyETag = "d41d8cd98f00b204e9800998ecf8427e"

// eventObject is what an event tells of its object. The sequencer comes with what puts and
// deletes. That events of ACLs have the entity tag and nothing else is as EventBridge gets
// them; for tags, annotations, retention and transitions it is unverified.
func (d *delivery) eventObject() eventObject {
	o, event := d.object, string(d.what.event)
	out := eventObject{Key: urlEncode(o.key)}
	if o.version != nullVersion {
		out.VersionID = o.version
	}
	etag := strings.Trim(o.etag, `"`)
	switch {
	case strings.HasPrefix(event, "s3:ObjectCreated:"), strings.HasPrefix(event, "s3:ObjectRestore:"):
		out.Size, out.ETag, out.Sequencer = &o.size, etag, d.sequencer()
	case strings.HasSuffix(event, ":DeleteMarkerCreated"):
		out.ETag, out.Sequencer = emptyETag, d.sequencer()
	case strings.HasPrefix(event, "s3:ObjectRemoved:"), strings.HasPrefix(event, "s3:LifecycleExpiration:"):
		out.Sequencer = d.sequencer()
	case d.what.event == types.EventS3LifecycleTransition:
		out.Size, out.ETag = &o.size, etag
	default:
		out.ETag = etag
	}
	return out
}

// sequencer orders the events of a key: hexadecimal digits that ascend.
func (d *delivery) sequencer() string {
	return fmt.Sprintf("00%08X%08X", d.made.Unix(), d.sequence)
}

// record is the event that a message is about.
func (s *Fake) record(d *delivery) eventRecord {
	requestID, hostID := s.answered(d.what.call)
	return eventRecord{
		EventVersion:      eventVersion(d.what.event),
		EventSource:       "aws:s3",
		AWSRegion:         d.from.region,
		EventTime:         eventTime(d.what.at),
		EventName:         strings.TrimPrefix(string(d.what.event), "s3:"),
		UserIdentity:      eventIdentity{d.what.principal(d.from.owner)},
		RequestParameters: eventParameters{d.what.address()},
		ResponseElements:  eventResponse{requestID, hostID},
		S3: eventEntity{
			SchemaVersion:   "1.0",
			ConfigurationID: d.configuration,
			Bucket:          eventBucket{d.from.name, eventIdentity{customerID(d.from.owner.ID)}, d.from.arn},
			Object:          d.eventObject(),
		},
		GlacierEventData: d.what.restored,
		LifecycleData:    d.what.moved,
	}
}
