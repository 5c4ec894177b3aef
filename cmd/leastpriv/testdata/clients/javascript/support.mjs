// What the stories of the JavaScript SDK share. Each story is a program with tests of its own.
//
// AWS_ENDPOINT_URL is the address of `leastpriv serve`, LEASTPRIV_TLS_URL that of a proxy
// before it which speaks TLS, and the AWS_* variables have the root user's key.

import assert from "node:assert/strict";
import dns from "node:dns";
import http from "node:http";

export const url = process.env.AWS_ENDPOINT_URL;
export const tlsUrl = process.env.LEASTPRIV_TLS_URL;
export const account = "000000000000";

// keys turns what IAM or STS gave out into a client's credentials.
export const keys = (given) => ({
  credentials: { accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken },
});

// refused expects an error of the SDK: its name, its status, and a part of its text.
export async function refused(call, name, status, message = "") {
  await assert.rejects(call, (error) => {
    assert.equal(error.name, name, `${error.name}: ${error.message}`);
    assert.equal(error.$metadata?.httpStatusCode, status);
    assert.ok(error.message.includes(message), error.message);
    assert.ok(error.$metadata.requestId);
    return true;
  });
}

// fetchHost gets a path with a Host that no resolver knows.
export function fetchHost(host, path) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = http.get({ hostname, port, path, headers: { host }, agent: false }, async (answer) => {
      let body = "";
      for await (const piece of answer.setEncoding("utf8")) body += piece;
      resolve({ status: answer.statusCode, headers: answer.headers, body });
    });
    request.on("error", reject);
  });
}

// resolveLocalhost: names below localhost are this machine (RFC 6761), which not every
// resolver knows.
export function resolveLocalhost() {
  const lookup = dns.lookup;
  dns.lookup = (host, options, done) => lookup(host.endsWith(".localhost") ? "127.0.0.1" : host, options, done);
}
