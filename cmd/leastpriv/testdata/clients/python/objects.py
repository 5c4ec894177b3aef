"""Objects by boto3: metadata, copies, errors, pages, waiters, virtual hosts."""

import boto3
import botocore.exceptions

from support import URL, Story, client, main, resolve_localhost

KEYS = ["plain", "a/b/c", "with space + plus & more?%25", "ünïcode/日本語.txt", "quote'\"<tag>", "tab\tand\nline", "../dots/./x", "//slashes//"]


class Objects(Story):
    def setUp(self):
        self.s3 = client("s3")
        self.bucket = self.id().rpartition(".")[2].replace("_", "-")
        self.s3.create_bucket(Bucket=self.bucket)

    def head(self, key):
        return self.s3.head_object(Bucket=self.bucket, Key=key)

    def test_keys_of_all_kinds(self):
        for key in KEYS:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=key.encode())
        for key in KEYS:
            self.assertEqual(key.encode(), self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
            copied = "copy of " + key
            self.s3.copy_object(Bucket=self.bucket, Key=copied, CopySource={"Bucket": self.bucket, "Key": key})
            self.assertEqual(key.encode(), self.s3.get_object(Bucket=self.bucket, Key=copied)["Body"].read())
        listed = [o["Key"] for o in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]]
        self.assertEqual(sorted(KEYS + ["copy of " + key for key in KEYS], key=str.encode), listed)
        deleted = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in listed]})
        self.assertNotIn("Errors", deleted)
        self.assertCountEqual(listed, [d["Key"] for d in deleted["Deleted"]])

    def test_metadata_and_copies(self):
        self.s3.put_object(
            Bucket=self.bucket, Key="from", Body=b"data", ContentType="text/plain; charset=utf-8", CacheControl="max-age=60",
            ContentDisposition='attachment; filename="a.txt"', ContentEncoding="identity", ContentLanguage="de",
            Metadata={"Owner": "Alice", "CamelCase": "Keeps Its Case", "spaces": "a  b", "empty": ""}, StorageClass="STANDARD_IA", Tagging="a=b&c=d",
        )  # fmt: skip
        metadata = {"owner": "Alice", "camelcase": "Keeps Its Case", "spaces": "a  b", "empty": ""}
        got = self.head("from")
        self.assertEqual(metadata, got["Metadata"])

        source = {"Bucket": self.bucket, "Key": "from"}
        self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource=source, Metadata={"ignored": "yes"}, ContentType="ignored/type")
        copy = self.head("copy")
        self.assertEqual(metadata, copy["Metadata"])
        for name in ["ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ETag", "ContentLength"]:
            self.assertEqual(got[name], copy[name], name)
        self.assertNotIn("StorageClass", copy, "the class is not copied")
        tags = self.s3.get_object_tagging(Bucket=self.bucket, Key="copy")["TagSet"]
        self.assertCountEqual([{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}], tags)

        self.s3.copy_object(
            Bucket=self.bucket, Key="replaced", CopySource=source, MetadataDirective="REPLACE", Metadata={"New": "1"},
            ContentType="image/png", TaggingDirective="REPLACE", Tagging="e=f",
        )  # fmt: skip
        replaced = self.head("replaced")
        self.assertEqual({"new": "1"}, replaced["Metadata"])
        self.assertEqual("image/png", replaced["ContentType"])
        self.assertNotIn("CacheControl", replaced)
        self.assertEqual([{"Key": "e", "Value": "f"}], self.s3.get_object_tagging(Bucket=self.bucket, Key="replaced")["TagSet"])

        with self.refused("InvalidRequest", 400, "This copy request is illegal because it is trying to copy an object to itself"):
            self.s3.copy_object(Bucket=self.bucket, Key="from", CopySource=source)
        self.s3.copy_object(Bucket=self.bucket, Key="from", CopySource=source, MetadataDirective="REPLACE", Metadata={"x": "y"})
        self.assertEqual({"x": "y"}, self.head("from")["Metadata"])
        with self.refused("PreconditionFailed", 412):
            self.s3.copy_object(Bucket=self.bucket, Key="no", CopySource=source, CopySourceIfMatch='"other"')
        with self.refused("NoSuchKey", 404):
            self.s3.copy_object(Bucket=self.bucket, Key="no", CopySource={"Bucket": self.bucket, "Key": "none"})

    def test_resources(self):
        bucket = boto3.resource("s3", endpoint_url=URL).Bucket(self.bucket)
        bucket.put_object(Key="a", Body=b"1", Metadata={"K": "v"})
        bucket.Object("b").copy({"Bucket": self.bucket, "Key": "a"})
        self.assertEqual(["a", "b"], [o.key for o in bucket.objects.all()])
        self.assertEqual({"k": "v"}, bucket.Object("b").metadata)
        bucket.Versioning().enable()
        bucket.put_object(Key="a", Body=b"2")
        self.assertEqual(3, len(list(bucket.object_versions.all())))
        bucket.object_versions.delete()
        bucket.delete()

    def test_errors(self):
        with self.refused("NoSuchKey", 404, "The specified key does not exist.") as raised:
            self.s3.get_object(Bucket=self.bucket, Key="none")
        self.assertIsInstance(raised.exception, self.s3.exceptions.NoSuchKey)
        self.assertEqual("none", raised.exception.response["Error"]["Key"])
        self.assertTrue(raised.exception.response["ResponseMetadata"]["HostId"])
        with self.refused("404", 404, "Not Found"):
            self.head("none")
        with self.refused("404", 404, "Not Found"):
            self.s3.head_bucket(Bucket="none-of-these")
        with self.refused("NoSuchBucket", 404, "The specified bucket does not exist") as raised:
            self.s3.list_objects_v2(Bucket="none-of-these")
        self.assertIsInstance(raised.exception, self.s3.exceptions.NoSuchBucket)
        self.s3.create_bucket(Bucket=self.bucket)  # in us-east-1 this is no error
        west = boto3.client("s3", endpoint_url=URL, region_name="us-west-2")
        configuration = {"LocationConstraint": "us-west-2"}
        west.create_bucket(Bucket="errors-west", CreateBucketConfiguration=configuration)
        with self.refused("BucketAlreadyOwnedByYou", 409) as raised:
            west.create_bucket(Bucket="errors-west", CreateBucketConfiguration=configuration)
        self.assertIsInstance(raised.exception, self.s3.exceptions.BucketAlreadyOwnedByYou)
        with self.refused("IllegalLocationConstraintException", 400):
            west.create_bucket(Bucket="errors-west-2")
        self.assertEqual("us-west-2", west.head_bucket(Bucket="errors-west")["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"])
        self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"abc")
        with self.refused("BucketNotEmpty", 409, "The bucket you tried to delete is not empty"):
            self.s3.delete_bucket(Bucket=self.bucket)
        with self.refused("NoSuchBucketPolicy", 404):
            self.s3.get_bucket_policy(Bucket=self.bucket)
        with self.refused("MalformedPolicy", 400):
            self.s3.put_bucket_policy(Bucket=self.bucket, Policy="{}")
        with self.refused("NoSuchLifecycleConfiguration", 404):
            self.s3.get_bucket_lifecycle_configuration(Bucket=self.bucket)
        with self.refused("InvalidArgument", 400):
            self.s3.get_object(Bucket=self.bucket, Key="a", VersionId="not-a-version")
        with self.refused("InvalidBucketName", 400, "The specified bucket is not valid."):
            self.s3.create_bucket(Bucket="Not_A_Name")
        with self.refused("KeyTooLongError", 400):
            self.s3.put_object(Bucket=self.bucket, Key="x" * 1025, Body=b"")

    def test_conditions_and_ranges(self):
        etag = self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"0123456789")["ETag"]
        modified = self.head("a")["LastModified"]
        get = lambda **given: self.s3.get_object(Bucket=self.bucket, Key="a", **given)  # noqa: E731
        part = get(Range="bytes=2-4")
        self.assertEqual((b"234", "bytes 2-4/10", 206), (part["Body"].read(), part["ContentRange"], part["ResponseMetadata"]["HTTPStatusCode"]))
        self.assertEqual(b"789", get(Range="bytes=-3")["Body"].read())
        self.assertEqual([b"0123", b"4567", b"89"], list(get()["Body"].iter_chunks(4)))
        with self.refused("InvalidRange", 416):
            get(Range="bytes=10-")
        with self.refused("304", 304):
            get(IfNoneMatch=etag)
        with self.refused("304", 304):
            get(IfModifiedSince=modified)
        with self.refused("PreconditionFailed", 412):
            get(IfMatch='"other"')
        with self.refused("412", 412):
            self.s3.head_object(Bucket=self.bucket, Key="a", IfMatch='"other"')
        answer = get(ResponseContentType="text/csv", ResponseContentDisposition="inline; filename*=UTF-8''%C3%BC.csv")
        self.assertEqual(("text/csv", "inline; filename*=UTF-8''%C3%BC.csv"), (answer["ContentType"], answer["ContentDisposition"]))

    def test_metadata_is_ascii(self):
        with self.assertRaises(botocore.exceptions.ParamValidationError):
            self.s3.put_object(Bucket=self.bucket, Key="a", Metadata={"name": "ü"})
        self.s3.put_object(Bucket=self.bucket, Key="a", Metadata={"name": "=?UTF-8?Q?=C3=BC?="})
        self.assertIn(self.head("a")["Metadata"]["name"], ["=?UTF-8?Q?=C3=BC?=", "=?UTF-8?B?w7w=?="])

    def test_pages(self):
        for n in range(25):
            self.s3.put_object(Bucket=self.bucket, Key=f"d{n // 10}/ü {n:02}", Body=b"")
        pages = list(self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, PaginationConfig={"PageSize": 10}))
        self.assertEqual([10, 10, 5], [page["KeyCount"] for page in pages])
        self.assertEqual([f"d{n // 10}/ü {n:02}" for n in range(25)], [o["Key"] for page in pages for o in page["Contents"]])
        for operation in ["list_objects", "list_objects_v2"]:
            pages = self.s3.get_paginator(operation).paginate(Bucket=self.bucket, Delimiter="/", PaginationConfig={"PageSize": 2})
            self.assertEqual(["d0/", "d1/", "d2/"], [p["Prefix"] for p in pages.search("CommonPrefixes[]")])
        pages = self.s3.get_paginator("list_objects").paginate(Bucket=self.bucket, PaginationConfig={"PageSize": 7})
        self.assertEqual(25, len(list(pages.search("Contents[]"))))
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, PaginationConfig={"MaxItems": 4, "PageSize": 3}).build_full_result()
        self.assertEqual(4, len(pages["Contents"]))
        self.assertIn("NextToken", pages)
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})
        for _ in range(5):
            self.s3.put_object(Bucket=self.bucket, Key="v", Body=b"")
        self.s3.delete_object(Bucket=self.bucket, Key="v")
        pages = list(self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix="v", PaginationConfig={"PageSize": 2}))
        self.assertEqual([2, 2, 2], [len(p.get("Versions", [])) + len(p.get("DeleteMarkers", [])) for p in pages])
        self.assertEqual(1, sum(v["IsLatest"] for p in pages for v in p.get("Versions", []) + p.get("DeleteMarkers", [])))

    def test_waiters(self):
        soon = {"Delay": 1, "MaxAttempts": 2}
        self.s3.get_waiter("bucket_exists").wait(Bucket=self.bucket, WaiterConfig=soon)
        self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"")
        self.s3.get_waiter("object_exists").wait(Bucket=self.bucket, Key="a", WaiterConfig=soon)
        self.s3.delete_object(Bucket=self.bucket, Key="a")
        self.s3.get_waiter("object_not_exists").wait(Bucket=self.bucket, Key="a", WaiterConfig=soon)
        with self.assertRaises(botocore.exceptions.WaiterError):
            self.s3.get_waiter("object_exists").wait(Bucket=self.bucket, Key="a", WaiterConfig={"Delay": 0, "MaxAttempts": 2})
        self.s3.delete_bucket(Bucket=self.bucket)
        self.s3.get_waiter("bucket_not_exists").wait(Bucket=self.bucket, WaiterConfig=soon)

    def test_virtual_hosts(self):
        resolve_localhost()
        local = client("s3", URL.replace("127.0.0.1", "localhost"), s3={"addressing_style": "virtual"})
        hosts = []
        local.meta.events.register("before-send", lambda request, **_: hosts.append(request.url.split("/")[2].partition(":")[0]))
        for key in KEYS:
            local.put_object(Bucket=self.bucket, Key=key, Body=b"x")
            self.assertEqual(b"x", local.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        self.assertEqual({self.bucket + ".localhost"}, set(hosts))
        self.assertEqual(len(KEYS), local.list_objects_v2(Bucket=self.bucket)["KeyCount"])


if __name__ == "__main__":
    main()
