// Events of a bucket arrive in a queue, and a website answers plain HTTP, by the
// JavaScript SDK.

import assert from "node:assert/strict";
import test from "node:test";
import {
  CreateBucketCommand, DeleteObjectCommand, PutBucketNotificationConfigurationCommand, PutBucketPolicyCommand, PutBucketWebsiteCommand, PutObjectCommand, PutPublicAccessBlockCommand, S3Client,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { account, fetchHost, refused } from "./support.mjs";

const s3 = new S3Client({ maxAttempts: 1 });
const sqs = new SQSClient({ maxAttempts: 1 });

test("objects are announced", async () => {
  const Bucket = "events";
  await s3.send(new CreateBucketCommand({ Bucket }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "events" }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const configure = () =>
    s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { QueueConfigurations: [{ Id: "all", QueueArn: Attributes.QueueArn, Events: ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"] }] } }));
  await refused(configure(), "InvalidArgument", 400, "Unable to validate the following destination configurations");
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Attributes.QueueArn, Condition: { StringEquals: { "aws:SourceAccount": account } } }],
  });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await configure();
  await s3.send(new PutObjectCommand({ Bucket, Key: "ü flower+1.jpg", Body: "flower" }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "ü flower+1.jpg" }));
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  const [hello, ...events] = Messages.map((message) => JSON.parse(message.Body));
  assert.equal(hello.Event, "s3:TestEvent");
  const records = events.map((event) => event.Records[0]);
  assert.deepEqual(records.map((record) => record.eventName), ["ObjectCreated:Put", "ObjectRemoved:Delete"]);
  assert.equal(decodeURIComponent(records[0].s3.object.key.replaceAll("+", " ")), "ü flower+1.jpg");
  assert.equal(records[0].s3.object.size, 6);
});

test("a website", async () => {
  const Bucket = "site";
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: { IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "error.html" } } }));
  for (const Key of ["index.html", "docs/index.html", "error.html"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: `<h1>${Key}</h1>`, ContentType: "text/html" }));
  assert.equal((await fetchHost("site.s3-website.localhost", "/")).status, 403);
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { BlockPublicPolicy: false, RestrictPublicBuckets: false } }));
  const Statement = [{ Effect: "Allow", Principal: "*", Action: ["s3:GetObject", "s3:ListBucket"], Resource: ["arn:aws:s3:::site", "arn:aws:s3:::site/*"] }];
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
  for (const [path, status, body] of [["/", 200, "<h1>index.html</h1>"], ["/docs/", 200, "<h1>docs/index.html</h1>"], ["/none", 404, "<h1>error.html</h1>"]]) {
    const answer = await fetchHost("site.s3-website.localhost", path);
    assert.deepEqual([answer.status, answer.body, answer.headers["content-type"]], [status, body, "text/html"]);
  }
  const moved = await fetchHost("site.s3-website.localhost", "/docs");
  assert.deepEqual([moved.status, moved.headers.location], [302, "/docs/"]);
});
