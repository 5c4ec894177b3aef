package s3

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// eventBus is the target of what S3 tells Amazon EventBridge, where an ARN would be. It
// needs no permission.
const eventBus = "EventBridge"

// A busEvent is how EventBridge calls an event, and why it happened, where the event tells.
type busEvent struct {
	detailType, reason, deletion string
}

// busEvents are the events that EventBridge gets (User Guide, "Using EventBridge"). Those of
// annotations and retention are not among them: unverified.
var busEvents = map[types.Event]busEvent{
	types.EventS3ObjectCreatedPut:                       {"Object Created", "PutObject", ""},
	types.EventS3ObjectCreatedPost:                      {"Object Created", "POST Object", ""},
	types.EventS3ObjectCreatedCopy:                      {"Object Created", "CopyObject", ""},
	types.EventS3ObjectCreatedCompleteMultipartUpload:   {"Object Created", "CompleteMultipartUpload", ""},
	types.EventS3ObjectRemovedDelete:                    {"Object Deleted", "DeleteObject", permanently},
	types.EventS3ObjectRemovedDeleteMarkerCreated:       {"Object Deleted", "DeleteObject", byMarker},
	types.EventS3LifecycleExpirationDelete:              {"Object Deleted", "Lifecycle Expiration", permanently},
	types.EventS3LifecycleExpirationDeleteMarkerCreated: {"Object Deleted", "Lifecycle Expiration", byMarker},
	types.EventS3ObjectRestorePost:                      {"Object Restore Initiated", "", ""},
	types.EventS3ObjectRestoreCompleted:                 {"Object Restore Completed", "", ""},
	types.EventS3ObjectRestoreDelete:                    {"Object Restore Expired", "", ""},
	types.EventS3LifecycleTransition:                    {"Object Storage Class Changed", "", ""},
	types.EventS3ObjectAclPut:                           {"Object ACL Updated", "", ""},
	types.EventS3ObjectTaggingPut:                       {"Object Tags Added", "", ""},
	types.EventS3ObjectTaggingDelete:                    {"Object Tags Deleted", "", ""},
}

const (
	permanently = "Permanently Deleted"
	byMarker    = "Delete Marker Created"
)

// A busDetail is the detail of an event (User Guide, "EventBridge event message structure").
// The member event-version, which newer pages show, is not in AWS's recorded events.
type busDetail struct {
	Version      string    `json:"version"`
	Bucket       busBucket `json:"bucket"`
	Object       busObject `json:"object"`
	RequestID    string    `json:"request-id"`
	Requester    string    `json:"requester"`
	SourceIP     string    `json:"source-ip-address,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	DeletionType string    `json:"deletion-type,omitempty"`
	Expiry       string    `json:"restore-expiry-time,omitempty"`
	// The storage classes of a restored object and of one that changes it.
	Source      types.StorageClass `json:"source-storage-class,omitempty"`
	Destination types.StorageClass `json:"destination-storage-class,omitempty"`
}

type busBucket struct {
	Name string `json:"name"`
}

type busObject struct {
	Key       string `json:"key"`
	Size      *int64 `json:"size,omitempty"`
	ETag      string `json:"etag,omitempty"`
	VersionID string `json:"version-id,omitempty"`
	Sequencer string `json:"sequencer,omitempty"`
}

// tellBus puts an event on the default bus of the bucket's owner.
func (s *Fake) tellBus(ctx context.Context, d *delivery) {
	kind := busEvents[d.what.event]
	requestID, _ := s.answered(d.what.call)
	o := d.eventObject()
	detail := busDetail{
		Version: "0", Bucket: busBucket{d.from.name},
		Object:    busObject{Key: d.object.key, Size: o.Size, ETag: o.ETag, VersionID: o.VersionID, Sequencer: o.Sequencer},
		RequestID: requestID, Requester: d.what.requester(), Reason: kind.reason, DeletionType: kind.deletion,
	}
	if d.what.call != nil {
		detail.SourceIP = d.what.address()
	}
	if strings.HasPrefix(string(d.what.event), "s3:ObjectRestore:") {
		detail.Source = d.object.storageClass
	}
	if r := d.what.restored; r != nil {
		detail.Expiry, detail.Source = r.RestoreEventData.ExpiryTime, r.RestoreEventData.StorageClass
	}
	if m := d.what.moved; m != nil {
		detail.Destination = m.TransitionEventData.DestinationStorageClass
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return // strings and numbers always have a form
	}
	s.world.PutServiceEvent(ctx, &fakeaws.ServiceEvent{
		Account: d.from.owner.ID, Region: d.from.region, Source: "aws.s3", DetailType: kind.detailType,
		Resources: []string{d.from.arn}, Detail: text, Time: d.what.at.Truncate(time.Second),
	})
}

// requester is the account or the service that caused an event. That requests without a
// signature have the word of other notifications is unverified.
func (w *occurrence) requester() string {
	switch {
	case w.call == nil:
		return serviceName
	case w.call.Account == "":
		return w.principal(ownerAccount{})
	}
	return w.call.Account
}
