"""Events of a bucket arrive in a queue, and a website answers plain HTTP, by boto3."""

import json
import urllib.parse

from support import ACCOUNT, Story, client, fetch_host, main


class Events(Story):
    def test_objects_are_announced(self):
        s3, sqs = client("s3"), client("sqs")
        s3.create_bucket(Bucket="events")
        queue = sqs.create_queue(QueueName="events")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        configuration = {
            "QueueConfigurations": [
                {
                    "Id": "uploads", "QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"],
                    "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jpg"}]}},
                }
            ]
        }  # fmt: skip
        with self.refused("InvalidArgument", 400, "Unable to validate the following destination configurations"):
            s3.put_bucket_notification_configuration(Bucket="events", NotificationConfiguration=configuration)
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
                    "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::events"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}},
                }
            ],
        }  # fmt: skip
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
        s3.put_bucket_notification_configuration(Bucket="events", NotificationConfiguration=configuration)
        got = s3.get_bucket_notification_configuration(Bucket="events")["QueueConfigurations"][0]
        self.assertEqual(("uploads", arn), (got["Id"], got["QueueArn"]))

        s3.put_object(Bucket="events", Key="in/ü flower+1.jpg", Body=b"flower")
        s3.put_object(Bucket="events", Key="out/flower.jpg", Body=b"")
        s3.delete_object(Bucket="events", Key="in/ü flower+1.jpg")
        seen = []
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            seen += [json.loads(m["Body"]) for m in messages]
        self.assertEqual(("s3:TestEvent", "events"), (seen[0]["Event"], seen[0]["Bucket"]))
        records = [message["Records"][0] for message in seen[1:]]
        self.assertEqual(["ObjectCreated:Put", "ObjectRemoved:Delete"], [r["eventName"] for r in records])
        created = records[0]["s3"]
        self.assertEqual("in/ü flower+1.jpg", urllib.parse.unquote_plus(created["object"]["key"]))
        self.assertEqual((6, "uploads", "arn:aws:s3:::events"), (created["object"]["size"], created["configurationId"], created["bucket"]["arn"]))
        self.assertLess(created["object"]["sequencer"], records[1]["s3"]["object"]["sequencer"])


class Websites(Story):
    def test_pages(self):
        s3 = client("s3")
        s3.create_bucket(Bucket="site")
        rules = [{"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}}]
        website = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}, "RoutingRules": rules}
        s3.put_bucket_website(Bucket="site", WebsiteConfiguration=website)
        self.assertEqual(website, {n: v for n, v in s3.get_bucket_website(Bucket="site").items() if n in website})
        for key in ["index.html", "docs/index.html", "error.html"]:
            s3.put_object(Bucket="site", Key=key, Body=f"<h1>{key}</h1>".encode(), ContentType="text/html")
        s3.put_object(Bucket="site", Key="moved", Body=b"", WebsiteRedirectLocation="/docs/")
        host = "site.s3-website.localhost"
        self.assertEqual(403, fetch_host(host, "/")[0], "it is not public yet")

        s3.put_public_access_block(Bucket="site", PublicAccessBlockConfiguration={"BlockPublicPolicy": False, "RestrictPublicBuckets": False})
        public = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::site", "arn:aws:s3:::site/*"]}
        s3.put_bucket_policy(Bucket="site", Policy=json.dumps({"Version": "2012-10-17", "Statement": [public]}))
        for path, status, body, location in [
            ("/", 200, b"<h1>index.html</h1>", None),
            ("/docs/", 200, b"<h1>docs/index.html</h1>", None),
            ("/docs", 302, None, "/docs/"),
            ("/none", 404, b"<h1>error.html</h1>", None),
            ("/old/page", 301, None, f"http://{host}/new/page"),
            ("/moved", 301, None, "/docs/"),
        ]:
            with self.subTest(path=path):
                got = fetch_host(host, path)
                self.assertEqual((status, location), (got[0], got[1]["Location"]), got)
                if body:
                    self.assertEqual((body, "text/html"), (got[2], got[1]["Content-Type"]))


if __name__ == "__main__":
    main()
