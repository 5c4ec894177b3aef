// Objects by the JavaScript SDK: metadata, copies, errors, pages, waiters, virtual hosts.

import assert from "node:assert/strict";
import test from "node:test";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetBucketPolicyCommand, GetObjectCommand,
  HeadBucketCommand, HeadObjectCommand, ListObjectsV2Command, NoSuchBucket, NoSuchKey, NotFound, PutBucketVersioningCommand, PutObjectCommand, S3Client,
  paginateListObjectsV2, waitUntilBucketExists, waitUntilBucketNotExists, waitUntilObjectExists, waitUntilObjectNotExists,
} from "@aws-sdk/client-s3";
import { refused, resolveLocalhost, url } from "./support.mjs";

const s3 = new S3Client({ maxAttempts: 1 });
const text = async (Bucket, Key) => (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToString();
const names = ["plain", "a/b/c", "with space + plus & more?%25", "ünïcode/日本語.txt", "quote'\"<tag>", "tab\tand\nline", "../dots/./x", "//slashes//"];

// source is a CopySource, which this SDK does not encode.
const source = (bucket, key) => bucket + "/" + key.split("/").map(encodeURIComponent).join("/");

async function bucket(name) {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  return name;
}

test("keys of all kinds", async () => {
  const Bucket = await bucket("keys");
  for (const Key of names) {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    assert.equal(await text(Bucket, Key), Key);
    await s3.send(new CopyObjectCommand({ Bucket, Key: "copy of " + Key, CopySource: source(Bucket, Key) }));
    assert.equal(await text(Bucket, "copy of " + Key), Key);
  }
  const listed = await s3.send(new ListObjectsV2Command({ Bucket }));
  const want = names.flatMap((name) => [name, "copy of " + name]);
  assert.deepEqual(new Set(listed.Contents.map((o) => o.Key)), new Set(want));
  const deleted = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: want.map((Key) => ({ Key })) } }));
  assert.equal(deleted.Errors, undefined);
  assert.deepEqual(new Set(deleted.Deleted.map((o) => o.Key)), new Set(want));
});

test("metadata and copies", async () => {
  const Bucket = await bucket("metadata");
  const head = (Key) => s3.send(new HeadObjectCommand({ Bucket, Key }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "from", Body: "data", ContentType: "text/plain", CacheControl: "max-age=60", Metadata: { Owner: "Alice", CamelCase: "Keeps Its Case" } }));
  const Metadata = { owner: "Alice", camelcase: "Keeps Its Case" };
  assert.deepEqual((await head("from")).Metadata, Metadata);
  await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: "metadata/from", Metadata: { ignored: "yes" }, ContentType: "ignored/type" }));
  const copy = await head("copy");
  assert.deepEqual([copy.Metadata, copy.ContentType, copy.CacheControl], [Metadata, "text/plain", "max-age=60"]);
  const result = await s3.send(new CopyObjectCommand({ Bucket, Key: "new", CopySource: "metadata/from", MetadataDirective: "REPLACE", Metadata: { New: "1" }, ContentType: "image/png" }));
  assert.equal(result.CopyObjectResult.ETag, copy.ETag);
  assert.ok(result.CopyObjectResult.LastModified instanceof Date);
  const replaced = await head("new");
  assert.deepEqual([replaced.Metadata, replaced.ContentType, replaced.CacheControl], [{ new: "1" }, "image/png", undefined]);
  await refused(s3.send(new CopyObjectCommand({ Bucket, Key: "from", CopySource: "metadata/from" })), "InvalidRequest", 400, "without changing the object's metadata");

  // Node.js sends other letters than ASCII's as Latin-1, and S3 returns what it took
  // encoded as RFC 2047 has it.
  await s3.send(new PutObjectCommand({ Bucket, Key: "utf8", Metadata: { name: Buffer.from("ÄMÄZÕÑ S3").toString("latin1") } }));
  const got = (await head("utf8")).Metadata.name;
  assert.match(got, /^=\?UTF-8\?[BQ]\?.*\?=$/);
});

test("errors", async () => {
  const Bucket = await bucket("errors");
  const get = (Key) => s3.send(new GetObjectCommand({ Bucket, Key }));
  await refused(get("none"), "NoSuchKey", 404, "The specified key does not exist.");
  await assert.rejects(get("none"), NoSuchKey);
  await refused(s3.send(new HeadObjectCommand({ Bucket, Key: "none" })), "NotFound", 404);
  await assert.rejects(s3.send(new HeadBucketCommand({ Bucket: "none-of-these" })), NotFound);
  await refused(s3.send(new ListObjectsV2Command({ Bucket: "none-of-these" })), "NoSuchBucket", 404, "The specified bucket does not exist");
  await assert.rejects(s3.send(new ListObjectsV2Command({ Bucket: "none-of-these" })), NoSuchBucket);
  await refused(s3.send(new GetBucketPolicyCommand({ Bucket })), "NoSuchBucketPolicy", 404);
  const west = new S3Client({ region: "us-west-2", maxAttempts: 1 });
  await west.send(new CreateBucketCommand({ Bucket: "errors-west" })); // the SDK adds the location
  await refused(west.send(new CreateBucketCommand({ Bucket: "errors-west" })), "BucketAlreadyOwnedByYou", 409);
  const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "abc" }));
  await refused(s3.send(new DeleteBucketCommand({ Bucket })), "BucketNotEmpty", 409);
  await refused(s3.send(new GetObjectCommand({ Bucket, Key: "a", Range: "bytes=9-" })), "InvalidRange", 416);
  await refused(s3.send(new GetObjectCommand({ Bucket, Key: "a", IfMatch: '"other"' })), "PreconditionFailed", 412);
  await refused(s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "", IfNoneMatch: "*" })), "PreconditionFailed", 412);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: "a", IfNoneMatch: ETag })), (error) => error.$metadata.httpStatusCode === 304);
  const part = await s3.send(new GetObjectCommand({ Bucket, Key: "a", Range: "bytes=1-" }));
  assert.deepEqual([await part.Body.transformToString(), part.ContentRange], ["bc", "bytes 1-2/3"]);
});

test("pages", async () => {
  const Bucket = await bucket("pages");
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  for (let n = 0; n < 7; n++) await s3.send(new PutObjectCommand({ Bucket, Key: `d${n % 2}/ü ${n}`, Body: "" }));
  const pages = [];
  for await (const page of paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket })) pages.push(page.Contents.map((o) => o.Key));
  assert.deepEqual(pages, [["d0/ü 0", "d0/ü 2", "d0/ü 4"], ["d0/ü 6", "d1/ü 1", "d1/ü 3"], ["d1/ü 5"]]);
  const folders = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
  assert.deepEqual(folders.CommonPrefixes, [{ Prefix: "d0/" }, { Prefix: "d1/" }]);
});

test("waiters", async () => {
  const Bucket = await bucket("waiters");
  const soon = { client: s3, maxWaitTime: 5, minDelay: 1, maxDelay: 1 };
  await s3.send(new PutObjectCommand({ Bucket, Key: "a", Body: "" }));
  await waitUntilBucketExists(soon, { Bucket });
  await waitUntilObjectExists(soon, { Bucket, Key: "a" });
  await s3.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
  await waitUntilObjectNotExists(soon, { Bucket, Key: "a" });
  await s3.send(new DeleteBucketCommand({ Bucket }));
  await waitUntilBucketNotExists(soon, { Bucket });
});

test("virtual hosts", async () => {
  resolveLocalhost();
  const Bucket = await bucket("virtual");
  const local = new S3Client({ endpoint: url.replace("127.0.0.1", "localhost"), maxAttempts: 1 });
  const hosts = new Set();
  local.middlewareStack.add((next) => (args) => (hosts.add(args.request.hostname), next(args)), { step: "finalizeRequest", priority: "low" });
  for (const Key of names) {
    await local.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    assert.equal(await (await local.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToString(), Key);
  }
  assert.deepEqual([...hosts], ["virtual.localhost"]);
});
