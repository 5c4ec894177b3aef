"""Queues by boto3: messages with attributes, batches, FIFO, long polls, errors."""

import hashlib
import json
import time

import boto3

from support import ACCOUNT, URL, Story, client, main

ATTRIBUTES = {
    "City": {"DataType": "String", "StringValue": "Zürich"},
    "Count": {"DataType": "Number.int", "StringValue": "42"},
    "Blob": {"DataType": "Binary", "BinaryValue": bytes(range(256))},
}


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def md5_of(attributes):
    """As "Calculating the MD5 message digest for message attributes" has it."""
    digest = hashlib.md5()
    for name in sorted(attributes):
        value = attributes[name]
        binary = value["DataType"].startswith("Binary")
        content = value["BinaryValue"] if binary else value["StringValue"].encode()
        for field in [name.encode(), value["DataType"].encode(), None, content]:
            digest.update(b"\x02" if binary else b"\x01") if field is None else digest.update(len(field).to_bytes(4, "big") + field)
    return digest.hexdigest()


class Queues(Story):
    def setUp(self):
        self.sqs = client("sqs")
        self.name = self.id().rpartition(".")[2]

    def create(self, name=None, **attributes):
        return self.sqs.create_queue(QueueName=name or self.name, Attributes=attributes)["QueueUrl"]

    def test_attributes_and_digests(self):
        queue = self.create()
        self.assertEqual(f"{URL}/{ACCOUNT}/{self.name}", queue)
        body = "ünïcode <&> \t\n\U0001f600"
        trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
        sent = self.sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=ATTRIBUTES, MessageSystemAttributes=trace)
        self.assertEqual((md5(body), md5_of(ATTRIBUTES), md5_of(trace)), (sent["MD5OfMessageBody"], sent["MD5OfMessageAttributes"], sent["MD5OfMessageSystemAttributes"]))
        received = self.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], AttributeNames=["All"], VisibilityTimeout=0)["Messages"][0]
        self.assertEqual((body, md5(body), sent["MessageId"]), (received["Body"], received["MD5OfBody"], received["MessageId"]))
        self.assertEqual(ATTRIBUTES, received["MessageAttributes"])
        self.assertEqual(md5_of(ATTRIBUTES), received["MD5OfMessageAttributes"])
        self.assertEqual((ACCOUNT, "1", trace["AWSTraceHeader"]["StringValue"]), tuple(received["Attributes"][n] for n in ["SenderId", "ApproximateReceiveCount", "AWSTraceHeader"]))
        some = self.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["Ci.*", "Blob", "None"])["Messages"][0]
        self.assertEqual({name: ATTRIBUTES[name] for name in ["City", "Blob"]}, some["MessageAttributes"])
        self.assertEqual(md5_of(some["MessageAttributes"]), some["MD5OfMessageAttributes"])
        self.assertNotIn("Attributes", some)
        self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=some["ReceiptHandle"])

    def test_settings(self):
        queue = self.create(VisibilityTimeout="5", DelaySeconds="1")
        self.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "60"})
        got = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        self.assertEqual(("5", "1", "60", f"arn:aws:sqs:us-east-1:{ACCOUNT}:{self.name}"), tuple(got[n] for n in ["VisibilityTimeout", "DelaySeconds", "MessageRetentionPeriod", "QueueArn"]))
        self.sqs.tag_queue(QueueUrl=queue, Tags={"team": "a b", "ü": ""})
        self.assertEqual({"team": "a b", "ü": ""}, self.sqs.list_queue_tags(QueueUrl=queue)["Tags"])
        self.assertEqual(queue, self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"])
        for n in range(5):
            self.create(f"page-{n}")
        pages = list(self.sqs.get_paginator("list_queues").paginate(QueueNamePrefix="page-", PaginationConfig={"PageSize": 2}))
        self.assertEqual([2, 2, 1], [len(page["QueueUrls"]) for page in pages])
        self.sqs.purge_queue(QueueUrl=queue)
        self.sqs.delete_queue(QueueUrl=queue)

    def test_batches(self):
        queue = self.create()
        entries = [{"Id": f"e{n}", "MessageBody": f"m{n}", "MessageAttributes": ATTRIBUTES} for n in range(3)]
        entries.append({"Id": "bad", "MessageBody": "m", "DelaySeconds": 901})
        sent = self.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
        self.assertEqual(({"e0", "e1", "e2"}, [("bad", "InvalidParameterValue", True)]), ({s["Id"] for s in sent["Successful"]}, [(f["Id"], f["Code"], f["SenderFault"]) for f in sent["Failed"]]))
        self.assertEqual({md5_of(ATTRIBUTES)}, {s["MD5OfMessageAttributes"] for s in sent["Successful"]})
        messages = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual({"m0", "m1", "m2"}, {m["Body"] for m in messages})
        handles = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        changed = self.sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[{**h, "VisibilityTimeout": 60} for h in handles])
        self.assertEqual(3, len(changed["Successful"]))
        deleted = self.sqs.delete_message_batch(QueueUrl=queue, Entries=handles + [{"Id": "x", "ReceiptHandle": "none"}])
        self.assertEqual((3, "ReceiptHandleIsInvalid"), (len(deleted["Successful"]), deleted["Failed"][0]["Code"]))

    def test_long_polls(self):
        queue = self.create()
        begin = time.monotonic()
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1))
        self.assertGreaterEqual(time.monotonic() - begin, 0.9)
        self.sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=1)
        self.assertEqual("later", self.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"])

    def test_fifo(self):
        queue = self.create(self.name + ".fifo", FifoQueue="true", ContentBasedDeduplication="true")
        first = self.sqs.send_message(QueueUrl=queue, MessageBody="a", MessageGroupId="g")
        again = self.sqs.send_message(QueueUrl=queue, MessageBody="a", MessageGroupId="g")
        self.assertEqual((first["MessageId"], first["SequenceNumber"]), (again["MessageId"], again["SequenceNumber"]))
        self.sqs.send_message(QueueUrl=queue, MessageBody="b", MessageGroupId="g")
        got = self.sqs.receive_message(QueueUrl=queue, AttributeNames=["All"], MaxNumberOfMessages=10)["Messages"]
        self.assertEqual(["a", "b"], [m["Body"] for m in got])
        self.assertEqual(("g", first["SequenceNumber"]), (got[0]["Attributes"]["MessageGroupId"], got[0]["Attributes"]["SequenceNumber"]))
        with self.refused("MissingParameter", 400, "The request must contain the parameter MessageGroupId."):
            self.sqs.send_message(QueueUrl=queue, MessageBody="x")

    def test_dead_letters(self):
        dead = self.create(self.name + "-dead")
        arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        queue = self.create(RedrivePolicy=json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1}), VisibilityTimeout="0")
        self.sqs.send_message(QueueUrl=queue, MessageBody="poison")
        self.assertIn("Messages", self.sqs.receive_message(QueueUrl=queue))
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=queue))
        self.assertEqual("poison", self.sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"])
        sources = self.sqs.get_paginator("list_dead_letter_source_queues").paginate(QueueUrl=dead).build_full_result()
        self.assertEqual([queue], sources["queueUrls"])

    def test_resources(self):
        sqs = boto3.resource("sqs", endpoint_url=URL)
        queue = sqs.create_queue(QueueName=self.name)
        queue.send_message(MessageBody="hello", MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}})
        for message in sqs.get_queue_by_name(QueueName=self.name).receive_messages(MessageAttributeNames=["All"]):
            self.assertEqual(("hello", "b"), (message.body, message.message_attributes["a"]["StringValue"]))
            message.delete()
        queue.load()
        self.assertEqual("0", queue.attributes["ApproximateNumberOfMessages"])

    def test_errors(self):
        with self.refused("AWS.SimpleQueueService.NonExistentQueue", 400, "The specified queue does not exist") as raised:
            self.sqs.get_queue_url(QueueName="none")
        self.assertIsInstance(raised.exception, self.sqs.exceptions.QueueDoesNotExist)
        self.assertEqual("Sender", raised.exception.response["Error"].get("Type", "Sender"))
        queue = self.create()
        with self.refused("QueueAlreadyExists", 400) as raised:
            self.create(VisibilityTimeout="7")
        with self.refused("ReceiptHandleIsInvalid") as raised:
            self.sqs.delete_message(QueueUrl=queue, ReceiptHandle="none")
        self.assertIsInstance(raised.exception, self.sqs.exceptions.ReceiptHandleIsInvalid)
        with self.refused("InvalidParameterValue", 400):
            self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=11)
        with self.refused("InvalidAttributeName", 400):
            self.create("other", NoSuchAttribute="1")
        with self.refused("AWS.SimpleQueueService.EmptyBatchRequest", 400) as raised:
            self.sqs.send_message_batch(QueueUrl=queue, Entries=[])
        with self.refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400) as raised:
            self.sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": "1"}] * 2)
        self.assertIsInstance(raised.exception, self.sqs.exceptions.BatchEntryIdsNotDistinct)
        with self.refused("InvalidClientTokenId", 403):
            client("sqs", key={"AccessKeyId": "AKIAUNKNOWN", "SecretAccessKey": "x"}).list_queues()


if __name__ == "__main__":
    main()
