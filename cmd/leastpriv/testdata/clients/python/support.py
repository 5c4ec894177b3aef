"""What the stories of boto3 share. Each story is a program with tests of its own.

AWS_ENDPOINT_URL is the address of `leastpriv serve`, LEASTPRIV_TLS_URL that of a proxy
before it which speaks TLS, and the AWS_* variables have the root user's key.
"""

import contextlib
import http.client
import os
import socket
import unittest
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.exceptions
from botocore.config import Config

URL = os.environ["AWS_ENDPOINT_URL"]
TLS_URL = os.environ["LEASTPRIV_TLS_URL"]
ACCOUNT = "000000000000"


def client(service, endpoint=URL, key=None, **config):
    """A client; key is what IAM or STS gave out, config is botocore's."""
    credentials = {}
    if key:
        credentials = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
            "aws_session_token": key.get("SessionToken"),
        }
    config.setdefault("retries", {"total_max_attempts": 1})
    return boto3.client(service, endpoint_url=endpoint, config=Config(**config), **credentials)


def has(service_client, operation, member):
    """Whether this version of boto3 knows a parameter."""
    return member in service_client.meta.service_model.operation_model(operation).input_shape.members


def fetch(url, data=None, method=None, headers=None):
    """What a plain HTTP client gets: status, headers and body."""
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def fetch_host(host, path):
    """GET of a path with a Host that no resolver knows; redirections are not followed."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(URL).netloc)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def resolve_localhost():
    """Names below localhost are this machine (RFC 6761), which not every resolver knows."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host, *args, **kwargs):
        if isinstance(host, str) and host.endswith(".localhost"):
            host = "127.0.0.1"
        return resolve(host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo


class Story(unittest.TestCase):
    maxDiff = None

    @contextlib.contextmanager
    def refused(self, code, status=None, message=None):
        """Expects botocore's ClientError; message is a part of its text."""
        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            yield raised
        error = raised.exception.response
        self.assertEqual(code, error["Error"]["Code"], error)
        if status:
            self.assertEqual(status, error["ResponseMetadata"]["HTTPStatusCode"], error)
        if message:
            self.assertIn(message, error["Error"]["Message"])
        self.assertTrue(error["ResponseMetadata"]["RequestId"], error)


def main():
    # botocore leaves its connections to the garbage collector.
    unittest.main(warnings="ignore")
