"""Uploads by boto3: in parts, as streams, with checksums in headers and trailers."""

import base64
import hashlib
import io
import zlib

from boto3.s3.transfer import TransferConfig

from support import TLS_URL, Story, client, has, main

MIB = 1 << 20
DATA = bytes(range(256)) * (12 * MIB // 256)


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def crc64nvme(data):
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0x9A6C9329AC4BC9B5 if n & 1 else 0)
        table.append(n)
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return base64.b64encode((crc ^ 0xFFFFFFFFFFFFFFFF).to_bytes(8, "big")).decode()


class Unseekable(io.RawIOBase):
    """A stream that can be read once, in small pieces."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        piece = self.data.read(min(len(buffer), 100_000))
        buffer[: len(piece)] = piece
        return len(piece)


class Uploads(Story):
    def setUp(self):
        self.bucket = self.id().rpartition(".")[2].replace("_", "-")
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket=self.bucket)

    def head(self, key, **given):
        return self.s3.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED", **given)

    def test_transfers(self):
        config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=3)
        for endpoint in [None, TLS_URL]:
            s3 = client("s3", endpoint) if endpoint else self.s3
            for name, body in {"seekable": io.BytesIO(DATA), "stream": io.BufferedReader(Unseekable(DATA))}.items():
                with self.subTest(name=name, endpoint=endpoint):
                    sent = []
                    extra = {"Metadata": {"Name": name}, "ContentType": "application/x-data"}
                    s3.upload_fileobj(body, self.bucket, name, ExtraArgs=extra, Config=config, Callback=sent.append)
                    self.assertEqual(len(DATA), sum(sent))
                    got = self.head(name)
                    self.assertRegex(got["ETag"], '^"[0-9a-f]{32}-3"$')
                    self.assertEqual(({"name": name}, "application/x-data"), (got["Metadata"], got["ContentType"]))
                    back = io.BytesIO()
                    s3.download_fileobj(self.bucket, name, back, Config=config)
                    self.assertTrue(back.getvalue() == DATA)
                    s3.copy({"Bucket": self.bucket, "Key": name}, self.bucket, "copy", Config=config)
                    self.assertTrue(s3.get_object(Bucket=self.bucket, Key="copy")["Body"].read() == DATA)

    def test_parts(self):
        key = "ü parts"
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key=key, Metadata={"A": "b"})["UploadId"]
        where = {"Bucket": self.bucket, "Key": key, "UploadId": upload}
        bodies = [DATA[: 5 * MIB], DATA[5 * MIB : 10 * MIB], b"end"]
        parts = [{"PartNumber": n, "ETag": self.s3.upload_part(PartNumber=n, Body=body, **where)["ETag"]} for n, body in enumerate(bodies, 1)]
        self.assertEqual([f'"{hashlib.md5(body).hexdigest()}"' for body in bodies], [p["ETag"] for p in parts])
        pages = list(self.s3.get_paginator("list_parts").paginate(PaginationConfig={"PageSize": 2}, **where))
        self.assertEqual([[1, 2], [3]], [[p["PartNumber"] for p in page["Parts"]] for page in pages])
        uploads = list(self.s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket).search("Uploads[].Key"))
        self.assertEqual([key], uploads)
        with self.refused("InvalidPart", 400):
            self.s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"none"'}]}, **where)
        with self.refused("InvalidPartOrder", 400):
            self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts[::-1]}, **where)
        with self.refused("EntityTooSmall", 400):
            self.s3.upload_part(PartNumber=2, Body=b"small", **where)
            small = self.s3.list_parts(**where)["Parts"]
            self.s3.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": p["PartNumber"], "ETag": p["ETag"]} for p in small]}, **where)
        copied = self.s3.put_object(Bucket=self.bucket, Key="source", Body=DATA)["ETag"]
        source = {"Bucket": self.bucket, "Key": "source"}
        with self.refused("PreconditionFailed", 412):
            self.s3.upload_part_copy(PartNumber=2, CopySource=source, CopySourceIfNoneMatch=copied, **where)
        result = self.s3.upload_part_copy(PartNumber=2, CopySource=source, CopySourceRange=f"bytes={5 * MIB}-{10 * MIB - 1}", **where)
        self.assertEqual(parts[1]["ETag"], result["CopyPartResult"]["ETag"])
        done = self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **where)
        digest = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in bodies)).hexdigest()
        self.assertEqual((f'"{digest}-3"', key), (done["ETag"], done["Key"]))
        self.assertTrue(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() == b"".join(bodies))
        self.assertEqual({"a": "b"}, self.head(key)["Metadata"])
        self.assertEqual((3, 3), (self.head(key, PartNumber=3)["PartsCount"], self.head(key, PartNumber=3)["ContentLength"]))
        with self.refused("NoSuchUpload", 404) as raised:
            self.s3.list_parts(**where)
        with self.refused("NoSuchUpload", 404) as raised:
            self.s3.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId="none")
        self.assertIsInstance(raised.exception, self.s3.exceptions.NoSuchUpload)

    def test_checksums(self):
        body = b"hello " * 1000
        for endpoint in [None, TLS_URL]:  # with TLS botocore sends trailers, else headers
            s3 = client("s3", endpoint) if endpoint else self.s3
            for algorithm in ["CRC32", "SHA1", "SHA256"]:
                with self.subTest(endpoint=endpoint, algorithm=algorithm):
                    sent = {}
                    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.update(request.headers), unique_id="x")
                    put = s3.put_object(Bucket=self.bucket, Key=algorithm, Body=io.BytesIO(body), ChecksumAlgorithm=algorithm)
                    s3.meta.events.unregister("before-send.s3.PutObject", unique_id="x")
                    self.assertEqual(endpoint is not None, "X-Amz-Trailer" in sent, sent)
                    want = crc32(body) if algorithm == "CRC32" else base64.b64encode(hashlib.new(algorithm.lower(), body).digest()).decode()
                    self.assertEqual(want, put["Checksum" + algorithm])
                    self.assertEqual(want, self.head(algorithm)["Checksum" + algorithm])
                    self.assertNotIn("aws-chunked", self.head(algorithm).get("ContentEncoding", ""))
                    got = s3.get_object(Bucket=self.bucket, Key=algorithm, ChecksumMode="ENABLED")
                    self.assertEqual(body, got["Body"].read())
        with self.refused("BadDigest", 400):
            self.s3.put_object(Bucket=self.bucket, Key="wrong", Body=body, ChecksumCRC32=crc32(b"other"))
        with self.refused("InvalidRequest", 400):
            self.s3.put_object(Bucket=self.bucket, Key="wrong", Body=body, ChecksumCRC32="AAAA")
        with self.refused("BadDigest", 400):
            self.s3.put_object(Bucket=self.bucket, Key="wrong", Body=body, ContentMD5=base64.b64encode(bytes(16)).decode())
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=self.bucket, Prefix="wrong"))

    def test_default_checksums(self):
        if not has(self.s3, "PutObject", "ChecksumCRC64NVME"):
            self.skipTest("this version of boto3 sends no checksum that it is not told to")
        body = b"0123456789" * 100
        for endpoint in [None, TLS_URL]:
            s3 = client("s3", endpoint) if endpoint else self.s3
            put = s3.put_object(Bucket=self.bucket, Key="default", Body=body)
            self.assertEqual((crc32(body), "FULL_OBJECT"), (put["ChecksumCRC32"], put["ChecksumType"]))
            read = s3.get_object(Bucket=self.bucket, Key="default")
            self.assertEqual(body, read["Body"].read())
            self.assertEqual(crc32(body), read["ChecksumCRC32"], "the default is to ask for it, and to verify it")
        given = crc64nvme(body)
        self.assertEqual(given, self.s3.put_object(Bucket=self.bucket, Key="given", Body=body, ChecksumCRC64NVME=given)["ChecksumCRC64NVME"])
        with self.refused("BadDigest", 400):
            self.s3.put_object(Bucket=self.bucket, Key="wrong", Body=body, ChecksumCRC64NVME=crc64nvme(b"other"))
        none = client("s3", request_checksum_calculation="when_required", response_checksum_validation="when_required")
        none.put_object(Bucket=self.bucket, Key="none", Body=body)
        self.assertEqual((given, "FULL_OBJECT"), (self.head("none")["ChecksumCRC64NVME"], self.head("none")["ChecksumType"]))

        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="parts", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
        where = {"Bucket": self.bucket, "Key": "parts", "UploadId": upload["UploadId"]}
        part = self.s3.upload_part(PartNumber=1, Body=body, **where)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]}
        with self.refused("BadDigest", 400):
            self.s3.complete_multipart_upload(MultipartUpload=parts, ChecksumType="FULL_OBJECT", ChecksumCRC32=crc32(b"other"), **where)
        done = self.s3.complete_multipart_upload(MultipartUpload=parts, ChecksumType="FULL_OBJECT", ChecksumCRC32=crc32(body), **where)
        self.assertEqual((crc32(body), "FULL_OBJECT"), (done["ChecksumCRC32"], done["ChecksumType"]))
        attributes = self.s3.get_object_attributes(Bucket=self.bucket, Key="parts", ObjectAttributes=["Checksum", "ObjectParts", "ObjectSize", "ETag"])
        self.assertEqual((crc32(body), len(body), 1), (attributes["Checksum"]["ChecksumCRC32"], attributes["ObjectSize"], attributes["ObjectParts"]["TotalPartsCount"]))


if __name__ == "__main__":
    main()
