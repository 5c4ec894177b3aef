// Uploads by the JavaScript SDK: in parts, as streams, with checksums and trailers.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import test from "node:test";
import {
  AbortMultipartUploadCommand, CompleteMultipartUploadCommand, CreateBucketCommand, CreateMultipartUploadCommand, GetObjectAttributesCommand, GetObjectCommand,
  HeadObjectCommand, PutObjectCommand, S3Client, UploadPartCommand, UploadPartCopyCommand, paginateListParts,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { refused, tlsUrl } from "./support.mjs";

const MiB = 1 << 20;
const data = Buffer.alloc(12 * MiB, Uint8Array.from({ length: 256 }, (_, n) => n));
const Bucket = "uploads";
const clients = { http: new S3Client({ maxAttempts: 1 }), tls: new S3Client({ endpoint: tlsUrl, maxAttempts: 1 }) };
const s3 = clients.http;
await s3.send(new CreateBucketCommand({ Bucket }));
const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");

// sending notes the headers of the requests that a client sends.
function sending(client) {
  const headers = {};
  client.middlewareStack.add((next) => (args) => (Object.assign(headers, args.request.headers), next(args)), { name: "sent", step: "finalizeRequest", priority: "low", override: true });
  return headers;
}

function* pieces(bytes) {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

test("streams have trailers", async () => {
  for (const [name, client] of Object.entries(clients)) {
    for (const ChecksumAlgorithm of [undefined, "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]) {
      const Key = `${name} ${ChecksumAlgorithm}`;
      const sent = sending(client);
      const body = data.subarray(0, 300_001);
      const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: Readable.from(pieces(body)), ContentLength: body.length, ChecksumAlgorithm }));
      assert.equal(sent["x-amz-content-sha256"], "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
      const checksum = "Checksum" + (ChecksumAlgorithm ?? "CRC32");
      assert.equal(sent["x-amz-trailer"], "x-amz-checksum-" + checksum.slice(8).toLowerCase());
      const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" })); // the SDK verifies it
      assert.ok(Buffer.from(await got.Body.transformToByteArray()).equals(body));
      assert.ok(put[checksum]);
      assert.equal(got[checksum], put[checksum]);
      assert.ok(!got.ContentEncoding?.includes("aws-chunked"), got.ContentEncoding);
    }
  }
});

test("bodies have headers", async () => {
  for (const [name, client] of Object.entries(clients)) {
    const put = await client.send(new PutObjectCommand({ Bucket, Key: name, Body: "hello" }));
    assert.equal(put.ChecksumCRC32, "NhCmhg==");
    assert.equal(put.ChecksumType, "FULL_OBJECT");
  }
  await refused(s3.send(new PutObjectCommand({ Bucket, Key: "wrong", Body: "hello", ChecksumCRC32: "AAAAAA==" })), "BadDigest", 400);
  await refused(s3.send(new PutObjectCommand({ Bucket, Key: "wrong", Body: "hello", ContentMD5: "AAAAAAAAAAAAAAAAAAAAAA==" })), "BadDigest", 400);
  await refused(s3.send(new HeadObjectCommand({ Bucket, Key: "wrong" })), "NotFound", 404);
  const none = new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED", maxAttempts: 1 });
  await none.send(new PutObjectCommand({ Bucket, Key: "none", Body: "hello" }));
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "none", ChecksumMode: "ENABLED" }));
  assert.ok(head.ChecksumCRC64NVME);
});

test("in parts by lib-storage", async () => {
  for (const [name, client] of Object.entries(clients)) {
    for (const [kind, Body] of Object.entries({ buffer: data, stream: Readable.from(pieces(data)) })) {
      const Key = `${name} ${kind}`;
      const upload = new Upload({ client, params: { Bucket, Key, Body, Metadata: { Kind: kind } }, partSize: 5 * MiB, queueSize: 2 });
      const done = await upload.done();
      assert.match(done.ETag, /^"[0-9a-f]{32}-3"$/);
      const got = await client.send(new GetObjectCommand({ Bucket, Key }));
      assert.deepEqual(got.Metadata, { kind });
      assert.ok(Buffer.from(await got.Body.transformToByteArray()).equals(data));
    }
  }
});

test("in parts by hand", async () => {
  const Key = "ü parts";
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: "CRC64NVME", ChecksumType: "FULL_OBJECT" }));
  const where = { Bucket, Key, UploadId };
  const bodies = [data.subarray(0, 5 * MiB), Buffer.from("end")];
  const Parts = [];
  for (const [n, Body] of bodies.entries()) {
    const part = await s3.send(new UploadPartCommand({ ...where, PartNumber: n + 1, Body, ChecksumAlgorithm: "CRC64NVME" }));
    assert.equal(part.ETag, `"${md5(Body)}"`);
    Parts.push({ PartNumber: n + 1, ETag: part.ETag, ChecksumCRC64NVME: part.ChecksumCRC64NVME });
  }
  const numbers = [];
  for await (const page of paginateListParts({ client: s3, pageSize: 1 }, where)) {
    numbers.push(page.Parts.map((part) => part.PartNumber));
    if (!page.IsTruncated) break; // S3 has a marker on the last page too, and the SDK goes on with it
  }
  assert.deepEqual(numbers, [[1], [2]]);
  await refused(s3.send(new CompleteMultipartUploadCommand({ ...where, MultipartUpload: { Parts: [{ PartNumber: 3, ETag: '"none"' }] } })), "InvalidPart", 400);
  await refused(s3.send(new UploadPartCopyCommand({ ...where, PartNumber: 2, CopySource: "uploads/none at all" })), "NoSuchKey", 404);
  const done = await s3.send(new CompleteMultipartUploadCommand({ ...where, MultipartUpload: { Parts } }));
  assert.equal(done.ETag, `"${md5(Buffer.concat(bodies.map((body) => createHash("md5").update(body).digest())))}-2"`);
  assert.equal(done.ChecksumType, "FULL_OBJECT");
  const attributes = await s3.send(new GetObjectAttributesCommand({ Bucket, Key, ObjectAttributes: ["Checksum", "ObjectSize", "ObjectParts"] }));
  assert.deepEqual([attributes.Checksum.ChecksumCRC64NVME, attributes.ObjectSize, attributes.ObjectParts.TotalPartsCount], [done.ChecksumCRC64NVME, 5 * MiB + 3, 2]);
  const whole = await s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  assert.ok(Buffer.from(await whole.Body.transformToByteArray()).equals(Buffer.concat(bodies)));
  await s3.send(new AbortMultipartUploadCommand(where)); // S3 takes it of an upload that was completed
  await refused(s3.send(new AbortMultipartUploadCommand({ ...where, UploadId: "none" })), "NoSuchUpload", 404);
});
