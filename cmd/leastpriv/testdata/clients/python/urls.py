"""Presigned URLs and forms that boto3 makes, used by a plain HTTP client."""

import json
import time
import urllib.parse
import uuid

import boto3

from support import ACCOUNT, URL, Story, client, fetch, main

VERSIONS = {"default": {}, "s3": {"signature_version": "s3"}, "s3v4": {"signature_version": "s3v4"}}


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query, keep_blank_values=True))


def submit(form, file, fields=None, name="upload.txt", after=None):
    """What a browser sends of a form: all fields, and the file last."""
    boundary = uuid.uuid4().hex
    parts = list({**form["fields"], **(fields or {})}.items())
    body = b""
    for key, value in parts:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'.encode()
    body += file + b"\r\n"
    for key, value in (after or {}).items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    body += f"--{boundary}--\r\n".encode()
    return fetch(form["url"], body, "POST", {"Content-Type": "multipart/form-data; boundary=" + boundary})


class Urls(Story):
    def setUp(self):
        self.bucket = self.id().rpartition(".")[2].replace("_", "-")
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket=self.bucket)

    def body(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def test_reads_and_writes(self):
        for version, config in VERSIONS.items():
            for key in ["plain", "a b+c/ü日本&=?%20.txt"]:
                with self.subTest(version=version, key=key):
                    s3 = client("s3", **config)
                    where = {"Bucket": self.bucket, "Key": key}
                    url = s3.generate_presigned_url("put_object", Params=where, ExpiresIn=60)
                    self.assertIn("X-Amz-Signature" if version == "s3v4" else "Signature", query(url))
                    self.assertEqual(200, fetch(url, b"data " + version.encode(), "PUT", {"Content-Type": ""})[0])
                    self.assertEqual(b"data " + version.encode(), self.body(key))
                    given = {"ResponseContentType": "text/csv", "ResponseContentDisposition": 'attachment; filename="ü & b.csv"'}
                    status, headers, body = fetch(s3.generate_presigned_url("get_object", Params={**where, **given}))
                    self.assertEqual((200, "text/csv", b"data " + version.encode()), (status, headers["Content-Type"], body))
                    self.assertEqual(200, fetch(s3.generate_presigned_url("head_object", Params=where), method="HEAD")[0])
                    self.assertIn(b"<Key>" + urllib.parse.quote_plus(key, safe="/").encode(), fetch(s3.generate_presigned_url("list_objects", Params={"Bucket": self.bucket, "Prefix": key}))[2])
                    self.assertEqual(204, fetch(s3.generate_presigned_url("delete_object", Params=where), method="DELETE")[0])
                    self.assertEqual(404, fetch(s3.generate_presigned_url("get_object", Params=where))[0])

    def test_the_default_is_version_2(self):
        url = self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "a"})
        self.assertEqual({"AWSAccessKeyId", "Signature", "Expires"}, set(query(url)))
        west = boto3.client("s3", endpoint_url=URL, region_name="eu-central-1")
        west.create_bucket(Bucket="urls-west", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        west.put_object(Bucket="urls-west", Key="a", Body=b"west")
        url = west.generate_presigned_url("get_object", Params={"Bucket": "urls-west", "Key": "a"})
        self.assertIn("/eu-central-1/s3/aws4_request", query(url)["X-Amz-Credential"])
        self.assertEqual(b"west", fetch(url)[2])

    def test_headers_are_signed(self):
        where = {"Bucket": self.bucket, "Key": "a", "ContentType": "image/png", "Metadata": {"Owner": "Alice"}, "StorageClass": "STANDARD_IA"}
        headers = {"Content-Type": "image/png", "x-amz-meta-owner": "Alice", "x-amz-storage-class": "STANDARD_IA"}
        for version, config in VERSIONS.items():
            with self.subTest(version=version):
                # Version 2 moves what it signs of headers into the URL's query; version 4
                # signs the headers, which the client must send.
                url = client("s3", **config).generate_presigned_url("put_object", Params=where)
                sent = headers if version == "s3v4" else {"Content-Type": "image/png"}
                self.assertEqual(200, fetch(url, b"png", "PUT", sent)[0], fetch(url, b"png", "PUT", sent))
                head = self.s3.head_object(Bucket=self.bucket, Key="a")
                self.assertEqual(("image/png", {"owner": "Alice"}, "STANDARD_IA"), (head["ContentType"], head["Metadata"], head.get("StorageClass")))
                status, _, body = fetch(url, b"png", "PUT", {**sent, "Content-Type": "text/html"})
                self.assertEqual(403, status)
                self.assertIn(b"<Code>SignatureDoesNotMatch</Code>", body)

    def test_refused(self):
        self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"data")
        where = {"Bucket": self.bucket, "Key": "a"}
        for version, config in VERSIONS.items():
            with self.subTest(version=version):
                url = client("s3", **config).generate_presigned_url("get_object", Params=where)
                unknown = client("s3", key={"AccessKeyId": "AKIAUNKNOWN", "SecretAccessKey": "x"}, **config)
                for code, (status, _, body) in {
                    "SignatureDoesNotMatch": fetch(url.replace("/a?", "/b?")),
                    "SignatureDoesNotMatch ": fetch(url, b"x", "PUT"),
                    "SignatureDoesNotMatch  ": fetch(url + "&versionId=null"),
                    "InvalidAccessKeyId": fetch(unknown.generate_presigned_url("get_object", Params=where)),
                }.items():
                    self.assertEqual((403, True), (status, f"<Code>{code.strip()}</Code>".encode() in body), (code, body))

    def test_expired(self):
        self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"data")
        urls, forms = {}, {}
        for version, config in VERSIONS.items():
            s3 = client("s3", **config)
            urls[version] = s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": "a"}, ExpiresIn=1)
            forms[version] = s3.generate_presigned_post(self.bucket, "a", ExpiresIn=1)
        time.sleep(2.1)
        for version, url in urls.items():
            with self.subTest(version=version):
                status, _, body = fetch(url)
                self.assertEqual(403, status)
                self.assertIn(b"<Code>AccessDenied</Code><Message>Request has expired</Message>", body)
                status, _, body = submit(forms[version], b"data")
                self.assertEqual(403, status)
                self.assertIn(b"Invalid according to Policy: Policy expired.", body)

    def test_of_a_session(self):
        iam = client("iam")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
        iam.create_role(RoleName="urls", AssumeRolePolicyDocument=json.dumps(trust))
        iam.create_user(UserName="urls")
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "s3:GetObject"], "Resource": "*"}]}
        iam.put_user_policy(UserName="urls", PolicyName="p", PolicyDocument=json.dumps(allowed))
        iam.put_role_policy(RoleName="urls", PolicyName="p", PolicyDocument=json.dumps(allowed))
        user = iam.create_access_key(UserName="urls")["AccessKey"]
        role = f"arn:aws:iam::{ACCOUNT}:role/urls"
        session = client("sts", key=user).assume_role(RoleArn=role, RoleSessionName="s1")["Credentials"]
        self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"data")
        for version, config in VERSIONS.items():
            with self.subTest(version=version):
                s3 = client("s3", key=session, **config)
                where = {"Bucket": self.bucket, "Key": "a"}
                url = s3.generate_presigned_url("get_object", Params=where)
                token = "X-Amz-Security-Token" if version == "s3v4" else "x-amz-security-token"
                self.assertEqual(session["SessionToken"], query(url)[token])
                self.assertEqual((200, b"data"), fetch(url)[::2])
                status, _, body = fetch(s3.generate_presigned_url("delete_object", Params=where), method="DELETE")
                self.assertEqual(403, status)
                self.assertIn(b"assumed-role/urls/s1 is not authorized to perform: s3:DeleteObject on resource", body)
                form = s3.generate_presigned_post(self.bucket, "a")
                self.assertEqual(403, submit(form, b"no")[0])

    def test_other_services(self):
        url = client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        self.assertIn(f"<Arn>arn:aws:iam::{ACCOUNT}:root</Arn>".encode(), fetch(url)[2])

    def test_forms(self):
        for version, config in VERSIONS.items():
            with self.subTest(version=version):
                s3 = client("s3", **config)
                fields = {"acl": "bucket-owner-full-control", "Content-Type": "text/plain", "success_action_status": "201", "x-amz-meta-Owner": "Älice"}
                conditions = [
                    {"acl": "bucket-owner-full-control"}, {"success_action_status": "201"}, ["starts-with", "$Content-Type", "text/"],
                    ["content-length-range", 1, 10], ["starts-with", "$x-amz-meta-owner", ""],
                ]  # fmt: skip
                form = s3.generate_presigned_post(self.bucket, "in/${filename}", fields, conditions, ExpiresIn=60)
                self.assertIn("x-amz-signature" if version == "s3v4" else "AWSAccessKeyId", form["fields"])
                status, headers, body = submit(form, b"0123456789", name="ü 1.txt")
                self.assertEqual(201, status, body)
                self.assertIn("<PostResponse>".encode(), body)
                self.assertIn("<Key>in/ü 1.txt</Key>".encode(), body)
                self.assertEqual(f'"{headers["ETag"].strip(chr(34))}"', headers["ETag"])
                self.assertEqual(b"0123456789", self.body("in/ü 1.txt"))
                self.assertEqual("text/plain", self.s3.head_object(Bucket=self.bucket, Key="in/ü 1.txt")["ContentType"])
                refused = {
                    "EntityTooLarge": submit(form, b"0123456789+"),
                    "EntityTooSmall": submit(form, b""),
                    "the type": submit(form, b"x", {"Content-Type": "image/png"}),
                    "the acl": submit(form, b"x", {"acl": "public-read"}),
                    "the key": submit(form, b"x", {"key": "out/x"}),
                    "Extra input fields: x-amz-meta-other": submit(form, b"x", {"x-amz-meta-other": "1"}),
                    "SignatureDoesNotMatch": submit(form, b"x", {"signature": "AAAA", "x-amz-signature": "0" * 64}),
                }
                for what, (status, _, body) in refused.items():
                    self.assertEqual(400 if what.startswith("Entity") else 403, status, (what, body))
                    code = "AccessDenied" if what[0].islower() or what.startswith("Extra") else what
                    self.assertIn(f"<Code>{code}</Code>".encode(), body)
                    if what.startswith("Extra"):
                        self.assertIn(f"Invalid according to Policy: {what}".encode(), body)
                    elif what[0].islower():
                        self.assertIn(b"Invalid according to Policy: Policy Condition failed: [", body)
                # Fields after the file are ignored.
                self.assertEqual(201, submit(form, b"x", after={"x-amz-meta-other": "1"})[0])

    def test_forms_redirect(self):
        for version, config in VERSIONS.items():
            with self.subTest(version=version):
                target = URL + "/_leastpriv/decisions?x=1"
                form = client("s3", **config).generate_presigned_post(
                    self.bucket, "b", {"success_action_redirect": target}, [{"success_action_redirect": target}]
                )
                status, _, body = submit(form, version.encode())
                self.assertEqual((200, True), (status, body.startswith(b"[")), "urllib follows the redirection")
                self.assertEqual(version.encode(), self.body("b"))


if __name__ == "__main__":
    main()
