// Queues by the JavaScript SDK, which verifies MD5 digests, over both protocols of SQS.

import assert from "node:assert/strict";
import test from "node:test";
import { AwsQueryProtocol } from "@aws-sdk/core/protocols";
import {
  BatchEntryIdsNotDistinct, CreateQueueCommand, DeleteMessageBatchCommand, DeleteMessageCommand, GetQueueAttributesCommand, GetQueueUrlCommand, ListQueueTagsCommand,
  QueueDoesNotExist, ReceiveMessageCommand, SQSClient, SendMessageBatchCommand, SendMessageCommand, TagQueueCommand, paginateListQueues,
} from "@aws-sdk/client-sqs";
import { account, refused, url } from "./support.mjs";

const protocols = {
  json: { maxAttempts: 1 },
  query: {
    maxAttempts: 1, protocol: AwsQueryProtocol,
    protocolSettings: { defaultNamespace: "com.amazonaws.sqs", xmlNamespace: "http://queue.amazonaws.com/doc/2012-11-05/", version: "2012-11-05" },
  },
};
const MessageAttributes = {
  City: { DataType: "String", StringValue: "Zürich" },
  Count: { DataType: "Number", StringValue: "42" },
  Blob: { DataType: "Binary", BinaryValue: Uint8Array.from({ length: 256 }, (_, n) => n) },
};

for (const [protocol, settings] of Object.entries(protocols)) {
  const sqs = new SQSClient(settings);
  const create = async (QueueName, Attributes) => (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl;

  test(`${protocol}: messages`, async () => {
    const types = new Set();
    sqs.middlewareStack.add((next) => (args) => (types.add(args.request.headers["content-type"]), next(args)), { step: "finalizeRequest", priority: "low" });
    const QueueUrl = await create(`${protocol}-messages`);
    assert.equal(QueueUrl, `${url}/${account}/${protocol}-messages`);
    const MessageBody = "ünïcode <&> \t\n\u{1f600}";
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageAttributes }));
    assert.match(sent.MD5OfMessageAttributes, /^[0-9a-f]{32}$/);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"], WaitTimeSeconds: 1 }));
    assert.equal(Messages.length, 1);
    assert.equal(Messages[0].Body, MessageBody);
    assert.equal(Messages[0].MD5OfMessageAttributes, sent.MD5OfMessageAttributes);
    assert.deepEqual({ ...Messages[0].MessageAttributes.Blob }, MessageAttributes.Blob);
    assert.equal(Messages[0].MessageAttributes.City.StringValue, "Zürich");
    assert.equal(Messages[0].Attributes.ApproximateReceiveCount, "1");
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle }));
    assert.deepEqual([...types], [protocol === "json" ? "application/x-amz-json-1.0" : "application/x-www-form-urlencoded"]);
  });

  test(`${protocol}: batches`, async () => {
    const QueueUrl = await create(`${protocol}-batches`);
    const Entries = [0, 1, 2].map((n) => ({ Id: `e${n}`, MessageBody: `m${n}`, MessageAttributes }));
    Entries.push({ Id: "bad", MessageBody: "m", DelaySeconds: 901 });
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    assert.deepEqual(sent.Successful.map((s) => s.Id), ["e0", "e1", "e2"]);
    assert.deepEqual(sent.Failed.map((f) => [f.Id, f.Code, f.SenderFault]), [["bad", "InvalidParameterValue", true]]);
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    assert.deepEqual(Messages.map((m) => m.Body).sort(), ["m0", "m1", "m2"]);
    const handles = Messages.map((m, n) => ({ Id: `${n}`, ReceiptHandle: m.ReceiptHandle }));
    const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: [...handles, { Id: "x", ReceiptHandle: "none" }] }));
    assert.deepEqual([deleted.Successful.length, deleted.Failed[0].Code], [3, "ReceiptHandleIsInvalid"]);
  });

  test(`${protocol}: settings and pages`, async () => {
    const QueueUrl = await create(`${protocol}-settings.fifo`, { FifoQueue: "true", VisibilityTimeout: "7" });
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["VisibilityTimeout", "QueueArn"] }));
    assert.deepEqual({ ...Attributes }, { VisibilityTimeout: "7", QueueArn: `arn:aws:sqs:us-east-1:${account}:${protocol}-settings.fifo` });
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { team: "ü b" } }));
    assert.deepEqual({ ...(await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags }, { team: "ü b" });
    for (let n = 0; n < 3; n++) await create(`${protocol}-page-${n}`);
    const pages = [];
    for await (const page of paginateListQueues({ client: sqs, pageSize: 2 }, { QueueNamePrefix: `${protocol}-page-` })) pages.push(page.QueueUrls.length);
    assert.deepEqual(pages, [2, 1]);
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "a", MessageGroupId: "g", MessageDeduplicationId: "d" }));
    assert.match(sent.SequenceNumber, /^\d{20}$/);
  });

  test(`${protocol}: errors`, async () => {
    const QueueUrl = await create(`${protocol}-errors`);
    const none = sqs.send(new GetQueueUrlCommand({ QueueName: "none" }));
    await refused(none, "QueueDoesNotExist", 400, "The specified queue does not exist");
    await assert.rejects(none, QueueDoesNotExist);
    await refused(create(`${protocol}-errors`, { DelaySeconds: "3" }), "QueueNameExists", 400);
    const twice = sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [1, 2].map(() => ({ Id: "a", MessageBody: "x" })) }));
    await assert.rejects(twice, BatchEntryIdsNotDistinct);
    await refused(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })), "EmptyBatchRequest", 400);
    await assert.rejects(sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "none" })), { name: "ReceiptHandleIsInvalid" });
    await refused(sqs.send(new CreateQueueCommand({ QueueName: "other", Attributes: { NoSuchAttribute: "1" } })), "InvalidAttributeName", 400);
    await assert.rejects(sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 11 })), { name: "InvalidParameterValue" });
    const stranger = new SQSClient({ ...settings, credentials: { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" } });
    await refused(stranger.send(new CreateQueueCommand({ QueueName: "x" })), "InvalidClientTokenId", 403);
  });
}
