// Reads the service models that botocore ships, in the form that models.cjs beside this
// folder gives to those of the npm packages. They say which services there are, and stand
// in for the packages that are not published with schemas.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');

const protocols = {
  query: 'awsQuery', ec2: 'ec2Query', 'rest-json': 'restJson1', 'rest-xml': 'restXml', 'smithy-rpc-v2-cbor': 'rpcv2Cbor',
};
const simple = {
  string: 'string', character: 'string', boolean: 'boolean', blob: 'blob',
  integer: 'number', long: 'number', double: 'number', float: 'number', bigdecimal: 'number', biginteger: 'number',
};
const timestamps = { undefined: 'timestamp', iso8601: 'dateTime', rfc822: 'httpDate', unixTimestamp: 'epoch' };
const places = { uri: 'label', header: 'header', headers: 'prefix', querystring: 'query', statusCode: 'status' };

// services returns what there is to read: every service with its newest model.
function services(data) {
  const found = [];
  for (const name of fs.readdirSync(data).sort()) {
    const folder = path.join(data, name);
    if (!fs.statSync(folder).isDirectory()) continue;
    const versions = fs.readdirSync(folder).filter((v) => fs.existsSync(path.join(folder, v, 'service-2.json.gz'))).sort();
    if (versions.length === 0) continue;
    const file = path.join(folder, versions[versions.length - 1], 'service-2.json.gz');
    const model = JSON.parse(zlib.gunzipSync(fs.readFileSync(file)));
    found.push({ name, id: model.metadata.serviceId, protocols: protocolsOf(model.metadata), model });
  }
  return found;
}

function protocolsOf(m) {
  return (m.protocols || [m.protocol]).map((p) => {
    const name = p === 'json' ? 'awsJson' + (m.jsonVersion || '1.0').replace('.', '_') : protocols[p];
    if (!name) throw new Error(`${m.serviceId}: unknown protocol ${p}`);
    return name;
  });
}

// A Model converts the shapes that the operations of one service reach.
class Model {
  constructor(c2j, rest) {
    this.c2j = c2j;
    this.rest = rest; // which name of a member is its wire name
    this.shapes = {};
  }

  type(name) {
    const s = this.c2j.shapes[name];
    if (s.document) return 'document';
    if (s.streaming && s.type === 'blob') return 'stream';
    if (s.type === 'timestamp') return timestamps[s.timestampFormat];
    if (s.type in simple) return simple[s.type];
    this.shape(name);
    return '#' + name;
  }

  member(ref, where) {
    const m = { t: this.type(ref.shape) };
    if (ref.streaming) m.t = 'stream';
    if (ref.location) {
      const place = places[ref.location];
      if (!place) throw new Error(`${where}: unknown location ${ref.location}`);
      const params = place === 'query' && this.c2j.shapes[ref.shape].type === 'map';
      if (params) m.queryParams = true;
      else m[place] = place === 'label' || place === 'status' ? true : ref.locationName;
      if (place === 'label') m.labelName = ref.locationName; // may differ from the member's name
    } else if (ref.locationName) {
      m[this.rest] = ref.locationName;
    }
    if (ref.queryName) m.ec2 = ref.queryName;
    if (ref.flattened || this.c2j.shapes[ref.shape].flattened) m.flat = true;
    if (ref.xmlAttribute) m.attr = true;
    if (ref.xmlNamespace) m.ns = [ref.xmlNamespace.prefix, ref.xmlNamespace.uri].filter(Boolean).join(' ');
    if (ref.eventpayload) m.eventPayload = true;
    if (ref.hostLabel) m.hostLabel = true;
    return m;
  }

  shape(name) {
    if (this.shapes[name]) return;
    const c = this.c2j.shapes[name];
    const s = { k: c.exception ? 'error' : c.union ? 'union' : c.type };
    this.shapes[name] = s;
    if (c.type === 'list') {
      s.e = this.member(c.member, name);
    } else if (c.type === 'map') {
      s.key = this.member(c.key, name);
      s.e = this.member(c.value, name);
    } else if (c.type === 'structure') {
      if (c.eventstream) s.streaming = true;
      if (c.locationName) s.xml = c.locationName;
      if (s.k === 'error') {
        s.fault = c.fault || (c.error && c.error.senderFault === false) ? 'server' : 'client';
        if (c.error && c.error.httpStatusCode) s.code = c.error.httpStatusCode;
        if (c.error && c.error.code) s.queryError = c.error.code;
      }
      const required = new Set(c.required || []);
      s.m = Object.entries(c.members || {}).map(([n, ref]) => {
        const m = { n, ...this.member(ref, `${name}.${n}`) };
        if (c.payload === n) m.payload = true;
        if (required.has(n)) m.req = true;
        return m;
      });
    } else {
      throw new Error(`${name}: unknown type ${c.type}`);
    }
  }
}

// convert returns the model of a service as models.cjs does.
function convert({ model: c2j, protocols: speaks, id }, release) {
  const md = c2j.metadata;
  const model = new Model(c2j, speaks[0] === 'restJson1' || /Json|Cbor/.test(speaks[0]) ? 'json' : 'xml');
  const operations = Object.keys(c2j.operations).sort().map((n) => {
    const o = c2j.operations[n];
    const op = { n, in: '', out: '' };
    if (o.input) { model.shape(o.input.shape); op.in = o.input.shape; }
    if (o.output) { model.shape(o.output.shape); op.out = o.output.shape; }
    for (const e of o.errors || []) model.shape(e.shape);
    if (/^rest/.test(speaks[0])) Object.assign(op, { method: o.http.method, uri: o.http.requestUri, code: o.http.responseCode || 200 });
    return op;
  });
  const shapes = {};
  for (const name of Object.keys(model.shapes).sort()) shapes[name] = model.shapes[name];
  return {
    source: `botocore@${release}`,
    name: md.signingName || md.endpointPrefix,
    version: md.apiVersion,
    protocols: speaks,
    target: md.targetPrefix,
    namespace: md.xmlNamespace && (md.xmlNamespace.uri || md.xmlNamespace),
    queryCompatible: md.awsQueryCompatible ? true : undefined,
    operations,
    shapes,
  };
}

module.exports = { services, convert };
