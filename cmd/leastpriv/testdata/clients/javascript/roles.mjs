// IAM and STS by the JavaScript SDK: roles, sessions, denials in AWS's words, errors.

import assert from "node:assert/strict";
import test from "node:test";
import {
  AttachRolePolicyCommand, CreateAccessKeyCommand, CreatePolicyCommand, CreateRoleCommand, CreateUserCommand, EntityAlreadyExistsException, GetRoleCommand, GetUserCommand,
  IAMClient, ListAttachedRolePoliciesCommand, MalformedPolicyDocumentException, NoSuchEntityException, PutRolePolicyCommand, PutUserPolicyCommand, SimulatePrincipalPolicyCommand,
  paginateListUsers, waitUntilRoleExists, waitUntilUserExists,
} from "@aws-sdk/client-iam";
import { CreateBucketCommand, DeleteObjectCommand, GetObjectCommand, HeadBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { account, keys, refused } from "./support.mjs";

const iam = new IAMClient({ maxAttempts: 1 });
const document = (...Statement) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Action, Resource = "*") => ({ Effect: "Allow", Action, Resource });
const trust = document({ Effect: "Allow", Principal: { AWS: account }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "7f3a" } } });

test("denied in the words of AWS", async () => {
  const s3 = new S3Client({ maxAttempts: 1 });
  await s3.send(new CreateBucketCommand({ Bucket: "denied" }));
  await s3.send(new PutObjectCommand({ Bucket: "denied", Key: "a", Body: "data" }));
  const RoleArn = `arn:aws:iam::${account}:role/reader`;
  await iam.send(new CreateUserCommand({ UserName: "assumer" }));
  await iam.send(new PutUserPolicyCommand({ UserName: "assumer", PolicyName: "p", PolicyDocument: document(allow("sts:AssumeRole", RoleArn)) }));
  await iam.send(new CreateRoleCommand({ RoleName: "reader", AssumeRolePolicyDocument: trust }));
  await iam.send(new PutRolePolicyCommand({ RoleName: "reader", PolicyName: "p", PolicyDocument: document(allow("s3:GetObject", "arn:aws:s3:::denied/*")) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "assumer" }));

  const sts = new STSClient({ maxAttempts: 1, ...keys(AccessKey) });
  const request = { RoleArn, RoleSessionName: "story" };
  const message = `User: arn:aws:iam::${account}:user/assumer is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`;
  await refused(sts.send(new AssumeRoleCommand(request)), "AccessDenied", 403, message);
  const session = await sts.send(new AssumeRoleCommand({ ...request, ExternalId: "7f3a" }));
  assert.ok(session.Credentials.Expiration instanceof Date);
  const key = keys(session.Credentials);
  const caller = await new STSClient({ maxAttempts: 1, ...key }).send(new GetCallerIdentityCommand({}));
  assert.equal(caller.Arn, `arn:aws:sts::${account}:assumed-role/reader/story`);

  const reader = new S3Client({ maxAttempts: 1, ...key });
  assert.equal(await (await reader.send(new GetObjectCommand({ Bucket: "denied", Key: "a" }))).Body.transformToString(), "data");
  const who = `User: ${caller.Arn} is not authorized to perform: `;
  const why = (action) => `because no identity-based policy allows the ${action} action`;
  const put = reader.send(new PutObjectCommand({ Bucket: "denied", Key: "b", Body: "x" }));
  await refused(put, "AccessDenied", 403, `${who}s3:PutObject on resource: "arn:aws:s3:::denied/b" ${why("s3:PutObject")}`);
  const remove = reader.send(new DeleteObjectCommand({ Bucket: "denied", Key: "a" }));
  await refused(remove, "AccessDenied", 403, `${who}s3:DeleteObject on resource: "arn:aws:s3:::denied/a" ${why("s3:DeleteObject")}`);
  await assert.rejects(reader.send(new HeadBucketCommand({ Bucket: "denied" })), (error) => error.$metadata.httpStatusCode === 403);
  const user = new IAMClient({ maxAttempts: 1, ...key }).send(new GetUserCommand({ UserName: "assumer" }));
  await refused(user, "AccessDenied", 403, `${who}iam:GetUser on resource: user assumer ${why("iam:GetUser")}`);
  await refused(new SQSClient({ maxAttempts: 1, ...key }).send(new CreateQueueCommand({ QueueName: "denied" })), "AccessDenied", 403, caller.Arn);
});

test("credentials", async () => {
  const unknown = { credentials: { accessKeyId: "AKIAUNKNOWN", secretAccessKey: "x" }, maxAttempts: 1 };
  await refused(new S3Client(unknown).send(new ListBucketsCommand({})), "InvalidAccessKeyId", 403);
  await refused(new STSClient(unknown).send(new GetCallerIdentityCommand({})), "InvalidClientTokenId", 403);
  const wrong = { credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "x" }, maxAttempts: 1 };
  await refused(new S3Client(wrong).send(new ListBucketsCommand({})), "SignatureDoesNotMatch", 403);
  await refused(new IAMClient(wrong).send(new GetUserCommand({})), "SignatureDoesNotMatch", 403);
});

test("roles and policies", async () => {
  await iam.send(new CreateRoleCommand({ RoleName: "worker", AssumeRolePolicyDocument: trust, Tags: [{ Key: "Team", Value: "Ü b" }] }));
  await waitUntilRoleExists({ client: iam, maxWaitTime: 5 }, { RoleName: "worker" });
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: "worker" }));
  assert.equal(decodeURIComponent(Role.AssumeRolePolicyDocument), trust);
  assert.deepEqual(Role.Tags, [{ Key: "Team", Value: "Ü b" }]);
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: "worker", PolicyDocument: document(allow("sqs:*")) }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: Policy.Arn }));
  const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: "worker" }));
  assert.deepEqual(attached.AttachedPolicies, [{ PolicyName: "worker", PolicyArn: Policy.Arn }]);
  const { EvaluationResults } = await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: Role.Arn, ActionNames: ["sqs:SendMessage", "s3:GetObject"] }));
  assert.deepEqual(EvaluationResults.map((result) => result.EvalDecision), ["allowed", "implicitDeny"]);
});

test("pages and errors", async () => {
  for (let n = 0; n < 5; n++) await iam.send(new CreateUserCommand({ UserName: `page${n}`, Path: "/pages/" }));
  await waitUntilUserExists({ client: iam, maxWaitTime: 5 }, { UserName: "page0" });
  const pages = [];
  for await (const page of paginateListUsers({ client: iam, pageSize: 2 }, { PathPrefix: "/pages/" })) pages.push(page.Users.map((user) => user.UserName).join());
  assert.deepEqual(pages, ["page0,page1", "page2,page3", "page4"]);
  const none = iam.send(new GetUserCommand({ UserName: "none" }));
  await refused(none, "NoSuchEntityException", 404, "The user with name none cannot be found.");
  await assert.rejects(none, NoSuchEntityException);
  await assert.rejects(iam.send(new CreateUserCommand({ UserName: "page0" })), EntityAlreadyExistsException);
  await assert.rejects(iam.send(new CreatePolicyCommand({ PolicyName: "p", PolicyDocument: "{}" })), MalformedPolicyDocumentException);
  await refused(iam.send(new CreateUserCommand({ UserName: "not a name" })), "ValidationError", 400);
});
