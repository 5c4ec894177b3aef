// Reads the wire models of AWS services from the npm packages @aws-sdk/client-*, whose
// runtime schemas carry everything that a codec needs: operations, HTTP bindings, member
// names and error shapes. README.md beside this file describes the format.
'use strict';
const fs = require('fs');
const path = require('path');

// Services that share a signing name with another one: their schemas have names of
// their own.
const names = { 's3-control': 's3-control' };

// SQS answered the Query protocol alone until 2023 and still does beside JSON.
// Its package names the JSON protocol only; the shapes kept their Query names.
const alsoQuery = { sqs: 'http://queue.amazonaws.com/doc/2012-11-05/' };

const protocols = {
  AwsJson1_0Protocol: 'awsJson1_0',
  AwsJson1_1Protocol: 'awsJson1_1',
  AwsQueryProtocol: 'awsQuery',
  AwsRestJsonProtocol: 'restJson1',
  AwsRestXmlProtocol: 'restXml',
  S3RestXmlProtocol: 'restXml',
  AwsEc2QueryProtocol: 'ec2Query',
  AwsSmithyRpcV2CborProtocol: 'rpcv2Cbor',
  SmithyRpcV2CborProtocol: 'rpcv2Cbor',
};

// The simple types, by the packages' numbers.
const simple = {
  0: 'string', 1: 'number', 2: 'boolean', 4: 'timestamp', 5: 'dateTime',
  6: 'httpDate', 7: 'epoch', 15: 'document', 21: 'blob', 42: 'stream',
};

// The traits that the packages fold into one number.
const bits = [
  [1, 'httpLabel'], [2, 'idempotent'], [4, 'idempotencyToken'], [8, 'sensitive'],
  [16, 'httpPayload'], [32, 'httpResponseCode'], [64, 'httpQueryParams'],
];

// What becomes of each trait: the name in our format, or null for those that
// do not concern the wire. A trait that is not listed stops the extraction.
const traitNames = {
  httpLabel: 'label', httpPayload: 'payload', httpResponseCode: 'status',
  httpHeader: 'header', httpQuery: 'query', httpPrefixHeaders: 'prefix', hostLabel: 'hostLabel',
  xmlName: 'xml', xmlFlattened: 'flat', xmlAttribute: 'attr', xmlNamespace: 'ns', jsonName: 'json',
  eventPayload: 'eventPayload', streaming: 'streaming',
  httpQueryParams: 'queryParams', ec2QueryName: 'ec2',
  error: 'fault', httpError: 'code', awsQueryError: 'queryError',
  idempotent: null, idempotencyToken: null, sensitive: null, mediaType: null, sparse: null,
};

function traits(tr, where) {
  let named = {};
  if (typeof tr === 'number') {
    if (tr < 0 || tr > 127) throw new Error(`${where}: trait bits ${tr}`);
    for (const [bit, name] of bits) if (tr & bit) named[name] = 1;
  } else {
    named = tr || {};
  }
  const out = {};
  for (const [name, value] of Object.entries(named)) {
    if (!(name in traitNames)) throw new Error(`${where}: unknown trait ${name}`);
    if (traitNames[name]) out[traitNames[name]] = value === 1 ? true : value;
  }
  if (Array.isArray(out.ns)) out.ns = out.ns.join(' '); // prefix and URI
  if (out.queryError) out.queryError = out.queryError[0];
  return out;
}

const deref = (r) => {
  for (let n = 0; typeof r === 'function' && n < 5; n++) r = r();
  return r;
};

// A Model collects the shapes that the operations of one service reach.
class Model {
  constructor() {
    this.shapes = {};
    this.seen = new Map();
  }

  simple(n, where) {
    if (n >= 128) return '{' + this.simple(n - 128, where);
    if (n >= 64) return '[' + this.simple(n - 64, where);
    if (!(n in simple)) throw new Error(`${where}: unknown simple type ${n}`);
    return simple[n];
  }

  // ref returns {t: type, ...traits} of a schema or of a member of one.
  ref(r, where) {
    r = deref(r);
    if (r === 'unit') return { t: '' };
    if (typeof r === 'number') return { t: this.simple(r, where) };
    if (!Array.isArray(r)) throw new Error(`${where}: not a schema`);
    const member = typeof r[0] !== 'number' || (r.length === 2 && typeof r[1] !== 'string');
    if (member) return { ...this.ref(r[0], where), ...traits(r[1], where) };
    if (r[0] === 0) return this.ref(r[4], where); // a named simple type
    return { t: '#' + this.shape(r) };
  }

  shape(r) {
    if (this.seen.has(r)) return this.seen.get(r);
    const [kind, , name, tr] = r;
    this.seen.set(r, name);
    const s = {};
    const head = traits(tr, name);
    switch (kind) {
      case 3: case -3: case 4:
        s.k = { 3: 'structure', '-3': 'error', 4: 'union' }[kind];
        Object.assign(s, head);
        s.m = (r[4] || []).map((n, i) => ({ n, ...this.ref(r[5][i], `${name}.${n}`) }));
        for (let i = 0; i < (r[6] || 0); i++) s.m[i].req = true; // the required ones come first
        break;
      case 1:
        Object.assign(s, { k: 'list', ...head, e: this.ref(r[4], name) });
        break;
      case 2:
        Object.assign(s, { k: 'map', ...head, key: this.ref(r[4], name), e: this.ref(r[5], name) });
        break;
      default:
        throw new Error(`${name}: unknown kind ${kind}`);
    }
    // Some packages make the same schema twice.
    const twin = this.shapes[name];
    if (twin && JSON.stringify(twin) !== JSON.stringify(s)) throw new Error(`two shapes are called ${name}`);
    this.shapes[name] = s;
    return name;
  }
}

function extract(modules, client) {
  const dir = path.join(modules, '@aws-sdk', 'client-' + client);
  const schemas = require(dir);
  const config = fs.readFileSync(path.join(dir, 'dist-es/runtimeConfig.shared.js'), 'utf8');
  const auth = fs.readFileSync(path.join(dir, 'dist-es/auth/httpAuthSchemeProvider.js'), 'utf8');
  const find = (re, text) => (re.exec(text) || [])[1];
  const protocol = protocols[find(/protocol \?\? (\w+)/, config)];
  if (!protocol) throw new Error(`${client}: unknown protocol`);

  const model = new Model();
  const sorted = Object.keys(schemas).filter((k) => k.endsWith('$') && Array.isArray(schemas[k])).sort();
  const operations = [];
  for (const key of sorted) {
    const s = schemas[key];
    // Errors that no operation names, too; but not the packages' own base classes.
    if (s[0] === -3 && !s[1].startsWith('smithy.ts.')) model.shape(s);
    if (s[0] !== 9) continue;
    const op = { n: s[2], in: model.ref(s[4], s[2]).t.slice(1), out: model.ref(s[5], s[2]).t.slice(1) };
    if (s[3] && s[3].http) [op.method, op.uri, op.code] = s[3].http;
    operations.push(op);
  }
  const shapes = {};
  for (const name of Object.keys(model.shapes).sort()) shapes[name] = model.shapes[name];
  return {
    source: `@aws-sdk/client-${client}@${require(path.join(dir, 'package.json')).version}`,
    name: names[client] || find(/name: "([^"]+)"/, auth),
    version: find(/apiVersion: "([^"]+)"/, config),
    protocols: alsoQuery[client] ? [protocol, 'awsQuery'] : [protocol],
    target: find(/serviceTarget: "([^"]+)"/, config),
    namespace: alsoQuery[client] || find(/xmlNamespace: "([^"]+)"/, config),
    errorNamespace: find(/defaultNamespace: "([^"]+)"/, config),
    queryCompatible: /awsQueryCompatible: true/.test(config) || undefined,
    operations,
    shapes,
  };
}

// serviceID returns the id of a client's service: "Secrets Manager".
function serviceID(modules, client) {
  const file = path.join(modules, '@aws-sdk', 'client-' + client, 'dist-es/runtimeConfig.shared.js');
  return (/serviceId \?\? "([^"]+)"/.exec(fs.readFileSync(file, 'utf8')) || [])[1];
}

module.exports = { extract, serviceID };
