"""IAM and STS by boto3: users, roles, sessions, denials in AWS's words, errors."""

import datetime
import json

import botocore.exceptions

from support import ACCOUNT, Story, client, main


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, **more):
    return document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **more})


class Roles(Story):
    def setUp(self):
        self.iam = client("iam")

    def user(self, name, *statements):
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    def test_denied_in_the_words_of_aws(self):
        s3 = client("s3")
        s3.create_bucket(Bucket="denied")
        s3.put_object(Bucket="denied", Key="a", Body=b"data")
        user = self.user("assumer", allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/reader"))
        self.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust(ACCOUNT, Condition={"StringEquals": {"sts:ExternalId": "7f3a"}}))
        self.iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=document(allow("s3:GetObject", "arn:aws:s3:::denied/*")))
        sts = client("sts", key=user)
        role = f"arn:aws:iam::{ACCOUNT}:role/reader"
        message = f"User: arn:aws:iam::{ACCOUNT}:user/assumer is not authorized to perform: sts:AssumeRole on resource: {role}"
        with self.refused("AccessDenied", 403, message):
            sts.assume_role(RoleArn=role, RoleSessionName="story")
        session = sts.assume_role(RoleArn=role, RoleSessionName="story", ExternalId="7f3a", DurationSeconds=900)
        self.assertEqual(f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/story", session["AssumedRoleUser"]["Arn"])
        left = session["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
        self.assertTrue(800 < left.total_seconds() <= 900)

        key = session["Credentials"]
        caller = client("sts", key=key).get_caller_identity()
        self.assertEqual((ACCOUNT, session["AssumedRoleUser"]["Arn"], session["AssumedRoleUser"]["AssumedRoleId"]), (caller["Account"], caller["Arn"], caller["UserId"]))
        reader = client("s3", key=key)
        self.assertEqual(b"data", reader.get_object(Bucket="denied", Key="a")["Body"].read())
        who = f"User: {caller['Arn']} is not authorized to perform: "
        why = "because no identity-based policy allows the {} action"
        with self.refused("AccessDenied", 403, who + 's3:PutObject on resource: "arn:aws:s3:::denied/b" ' + why.format("s3:PutObject")):
            reader.put_object(Bucket="denied", Key="b", Body=b"x")
        with self.refused("AccessDenied", 403, who + 's3:ListBucket on resource: "arn:aws:s3:::denied" ' + why.format("s3:ListBucket")):
            reader.list_objects_v2(Bucket="denied")
        with self.refused("403", 403, "Forbidden"):
            reader.head_bucket(Bucket="denied")
        with self.refused("AccessDenied", 403):
            reader.get_object(Bucket="denied", Key="none")  # who may not list is not told
        deleted = reader.delete_objects(Bucket="denied", Delete={"Objects": [{"Key": "a"}]})
        self.assertEqual(("a", "AccessDenied"), (deleted["Errors"][0]["Key"], deleted["Errors"][0]["Code"]))
        with self.refused("AccessDenied", 403, who + f"iam:GetUser on resource: user assumer {why.format('iam:GetUser')}"):
            client("iam", key=key).get_user(UserName="assumer")
        with self.refused("AccessDenied", 403, who.lower().partition("user: ")[2].strip().split()[0]):
            client("sqs", key=key).create_queue(QueueName="denied")
        narrow = sts.assume_role(RoleArn=role, RoleSessionName="narrow", ExternalId="7f3a", Policy=document(allow("s3:ListBucket")))["Credentials"]
        with self.refused("AccessDenied", 403, "because no session policy allows the s3:GetObject action"):
            client("s3", key=narrow).get_object(Bucket="denied", Key="a")
        self.iam.put_role_policy(RoleName="reader", PolicyName="no", PolicyDocument=document({**allow("s3:GetObject"), "Effect": "Deny"}))
        with self.refused("AccessDenied", 403, "with an explicit deny in an identity-based policy"):
            reader.get_object(Bucket="denied", Key="a")

    def test_credentials(self):
        user = self.user("keys")
        for service, call, unknown in [("s3", "list_buckets", "InvalidAccessKeyId"), ("iam", "list_users", "InvalidClientTokenId"), ("sts", "get_caller_identity", "InvalidClientTokenId")]:
            with self.subTest(service=service):
                with self.refused("SignatureDoesNotMatch", 403):
                    getattr(client(service, key={**user, "SecretAccessKey": "wrong"}), call)()
                with self.refused(unknown, 403):
                    getattr(client(service, key={**user, "AccessKeyId": "AKIAUNKNOWN"}), call)()
                with self.refused("InvalidToken" if service == "s3" else "InvalidClientTokenId", 400 if service == "s3" else 403):
                    getattr(client(service, key={**user, "SessionToken": "none"}), call)()
        self.iam.update_access_key(UserName="keys", AccessKeyId=user["AccessKeyId"], Status="Inactive")
        with self.refused("InvalidClientTokenId", 403):
            client("sts", key=user).get_caller_identity()
        with self.assertRaises(botocore.exceptions.ClientError):
            client("sts", key=user).get_session_token()

    def test_policies_are_documents(self):
        self.iam.create_role(RoleName="documents", AssumeRolePolicyDocument=trust(ACCOUNT), Tags=[{"Key": "Team", "Value": "Ü b"}], Path="/p/")
        role = self.iam.get_role(RoleName="documents")["Role"]
        self.assertEqual(json.loads(trust(ACCOUNT)), role["AssumeRolePolicyDocument"])
        self.assertEqual(([{"Key": "Team", "Value": "Ü b"}], f"arn:aws:iam::{ACCOUNT}:role/p/documents"), (role["Tags"], role["Arn"]))
        self.assertIsInstance(role["CreateDate"], datetime.datetime)
        policy = self.iam.create_policy(PolicyName="documents", PolicyDocument=document(allow("s3:*")))["Policy"]
        self.iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=document(allow("sqs:*")), SetAsDefault=True)
        version = self.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v2")["PolicyVersion"]
        self.assertEqual((json.loads(document(allow("sqs:*"))), True), (version["Document"], version["IsDefaultVersion"]))
        self.iam.attach_role_policy(RoleName="documents", PolicyArn=policy["Arn"])
        details = self.iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"]).build_full_result()
        mine = next(r for r in details["RoleDetailList"] if r["RoleName"] == "documents")
        self.assertEqual([{"PolicyName": "documents", "PolicyArn": policy["Arn"]}], mine["AttachedManagedPolicies"])
        results = self.iam.simulate_principal_policy(PolicySourceArn=role["Arn"], ActionNames=["sqs:SendMessage", "s3:GetObject"])
        self.assertEqual(["allowed", "implicitDeny"], [r["EvalDecision"] for r in results["EvaluationResults"]])
        self.iam.get_waiter("role_exists").wait(RoleName="documents")
        self.iam.get_waiter("policy_exists").wait(PolicyArn=policy["Arn"])

    def test_pages_and_waiters(self):
        for n in range(5):
            self.iam.create_user(UserName=f"page{n}", Path="/pages/")
        pages = list(self.iam.get_paginator("list_users").paginate(PathPrefix="/pages/", PaginationConfig={"PageSize": 2}))
        self.assertEqual([[0, 1], [2, 3], [4]], [[int(u["UserName"][-1]) for u in page["Users"]] for page in pages])
        self.assertEqual([True, True, False], [page["IsTruncated"] for page in pages])
        self.iam.get_waiter("user_exists").wait(UserName="page0")
        self.iam.create_instance_profile(InstanceProfileName="pages")
        self.iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="pages")
        managed = self.iam.get_paginator("list_policies").paginate(Scope="AWS").search("Policies[?PolicyName=='AmazonS3ReadOnlyAccess'].Arn")
        self.assertEqual(["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], list(managed))

    def test_errors(self):
        errors = self.iam.exceptions
        for code, status, kind, call, given in [
            ("NoSuchEntity", 404, errors.NoSuchEntityException, self.iam.get_user, {"UserName": "none"}),
            ("NoSuchEntity", 404, errors.NoSuchEntityException, self.iam.get_role, {"RoleName": "none"}),
            ("MalformedPolicyDocument", 400, errors.MalformedPolicyDocumentException, self.iam.create_policy, {"PolicyName": "p", "PolicyDocument": "{}"}),
            ("ValidationError", 400, botocore.exceptions.ClientError, self.iam.create_user, {"UserName": "not a name"}),
            ("NoSuchEntity", 404, errors.NoSuchEntityException, self.iam.get_policy, {"PolicyArn": "arn:aws:iam::aws:policy/None"}),
        ]:
            with self.subTest(call=call.__name__):
                with self.refused(code, status) as raised:
                    call(**given)
                self.assertIsInstance(raised.exception, kind)
                self.assertEqual("Sender", raised.exception.response["Error"]["Type"])
        self.user("twice", allow("s3:*"))
        with self.refused("EntityAlreadyExists", 409, "User with name twice already exists."):
            self.iam.create_user(UserName="twice")
        with self.refused("DeleteConflict", 409):
            self.iam.delete_user(UserName="twice")
        self.iam.create_access_key(UserName="twice")
        with self.refused("LimitExceeded", 409, "Cannot exceed quota for AccessKeysPerUser: 2"):
            self.iam.create_access_key(UserName="twice")
        with self.refused("AccessDenied", 403):
            client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/none", RoleSessionName="story")


if __name__ == "__main__":
    main()
