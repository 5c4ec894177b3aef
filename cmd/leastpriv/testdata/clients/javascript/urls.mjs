// Presigned URLs and forms that the JavaScript SDK makes, used by fetch.

import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout } from "node:timers/promises";
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const s3 = new S3Client({ maxAttempts: 1 });
const Bucket = "urls";
await s3.send(new CreateBucketCommand({ Bucket }));
const stored = async (Key) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToString();

async function code(answer) {
  return [answer.status, (await answer.text()).match(/<Code>(.*?)<\/Code>/)?.[1]];
}

async function submit({ url, fields }, file, changed = {}, name = "upload.txt") {
  const form = new FormData();
  for (const [key, value] of Object.entries({ ...fields, ...changed })) form.append(key, value);
  form.append("file", new Blob([file], { type: "text/plain" }), name);
  return fetch(url, { method: "POST", body: form, redirect: "manual" });
}

test("reads and writes", async () => {
  for (const Key of ["plain", "a b+c/ü日本&=?%20.txt"]) {
    const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key }), { expiresIn: 60 });
    assert.equal((await fetch(put, { method: "PUT", body: "data" })).status, 200);
    assert.equal(await stored(Key), "data");
    const given = { ResponseContentType: "text/csv", ResponseContentDisposition: 'attachment; filename="ü.csv"' };
    const answer = await fetch(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key, ...given })));
    assert.deepEqual([answer.status, answer.headers.get("content-type"), await answer.text()], [200, "text/csv", "data"]);
    assert.equal((await fetch(await getSignedUrl(s3, new HeadObjectCommand({ Bucket, Key })), { method: "HEAD" })).status, 200);
  }
});

test("what the URL says counts", async () => {
  const Key = "described";
  const command = new PutObjectCommand({ Bucket, Key, ContentType: "image/png", Metadata: { Owner: "Alice" }, StorageClass: "STANDARD_IA" });
  const url = await getSignedUrl(s3, command, { signableHeaders: new Set(["content-type"]) });
  assert.deepEqual(await code(await fetch(url, { method: "PUT", body: "png", headers: { "content-type": "text/html" } })), [403, "SignatureDoesNotMatch"]);
  assert.equal((await fetch(url, { method: "PUT", body: "png", headers: { "content-type": "image/png" } })).status, 200);
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
  assert.deepEqual([head.ContentType, head.Metadata, head.StorageClass], ["image/png", { owner: "Alice" }, "STANDARD_IA"]);
});

test("refused", async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "data" }));
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "a" }));
  assert.deepEqual(await code(await fetch(url.replace("/a?", "/b?"))), [403, "SignatureDoesNotMatch"]);
  assert.deepEqual(await code(await fetch(url, { method: "PUT", body: "x" })), [403, "SignatureDoesNotMatch"]);
  assert.deepEqual(await code(await fetch(url.replace(/X-Amz-Signature=\w+/, ""))), [400, "AuthorizationQueryParametersError"]);
  assert.deepEqual(await code(await fetch(`${process.env.AWS_ENDPOINT_URL}/${Bucket}/a`)), [403, "AccessDenied"]);
  const none = await getSignedUrl(s3, new UploadPartCommand({ Bucket, Key: "a", UploadId: "none", PartNumber: 1 }));
  assert.deepEqual(await code(await fetch(none, { method: "PUT", body: "x" })), [404, "NoSuchUpload"]);
  const short = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "a" }), { expiresIn: 1 });
  const form = await createPresignedPost(s3, { Bucket, Key: "a", Expires: 1 });
  await setTimeout(2100);
  assert.deepEqual(await code(await fetch(short)), [403, "AccessDenied"]);
  assert.deepEqual(await code(await submit(form, "x")), [403, "AccessDenied"]);
});

test("forms", async () => {
  const form = await createPresignedPost(s3, {
    Bucket, Key: "in/${filename}",
    Fields: { success_action_status: "201", "Content-Type": "text/plain" },
    Conditions: [["content-length-range", 1, 10], ["starts-with", "$Content-Type", "text/"], ["starts-with", "$x-amz-meta-owner", ""]],
    Expires: 60,
  });
  const done = await submit(form, "0123456789", { "x-amz-meta-owner": "Älice" }, "ü 1.txt");
  assert.equal(done.status, 201);
  assert.match(await done.text(), /<Key>in\/ü 1\.txt<\/Key>/);
  assert.equal(await stored("in/ü 1.txt"), "0123456789");
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "in/ü 1.txt" }));
  assert.deepEqual([head.ContentType, head.Metadata], ["text/plain", { owner: "=?UTF-8?Q?=C3=84lice?=" }]);
  const owner = { "x-amz-meta-owner": "a" };
  assert.deepEqual(await code(await submit(form, "0123456789+", owner)), [400, "EntityTooLarge"]);
  assert.deepEqual(await code(await submit(form, "", owner)), [400, "EntityTooSmall"]);
  for (const wrong of [{ "Content-Type": "image/png" }, { key: "out/x" }, { "x-amz-meta-other": "1" }, { success_action_status: "200" }]) {
    const answer = await submit(form, "x", { ...owner, ...wrong });
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /<Code>AccessDenied<\/Code><Message>Invalid according to Policy: /);
  }
  assert.deepEqual(await code(await submit(form, "x", { ...owner, "X-Amz-Signature": "0".repeat(64) })), [403, "SignatureDoesNotMatch"]);
});
