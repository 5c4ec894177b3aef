// Says which requests a REST operation takes, where method and path do not.
'use strict';

// uriOf returns the URI of an operation, with the bucket that the packages of S3 leave to
// the endpoint, and without the hint x-id that no request needs to have.
function uriOf(op, model) {
  let uri = op.uri.replace(/([?&])x-id=[^&]*&?/, '$1').replace(/[?&]$/, '');
  const bucket = model.shapes[op.in] && (model.shapes[op.in].m || []).some((m) => m.n === 'Bucket' && m.label);
  if (bucket && !uri.includes('{Bucket}')) uri = '/{Bucket}' + (uri.startsWith('/?') ? uri.slice(1) : uri === '/' ? '' : uri);
  return uri;
}

const pattern = ([method, uri]) => {
  const [path, query = ''] = uri.split('?');
  return method + ' ' + path.replace(/\{[^}]*\+\}/g, '{+}').replace(/\{[^}+]*\}/g, '{}') + '?' + query.split('&').sort().join('&');
};

// discriminate adds the query and header members that a request must have to the operations
// of a service that have the same method and path; it returns to how many.
function discriminate(services) {
  let n = 0;
  for (const s of services) {
    const groups = new Map();
    for (const o of s.operations) {
      if (o.line.length === 0) continue;
      const p = pattern(o.line).split('?')[0];
      if (!groups.has(p)) groups.set(p, []);
      groups.get(p).push(o);
    }
    for (const group of groups.values()) {
      if (group.length < 2) continue;
      for (const o of group) {
        const must = s.shapes.inputs(o.op).filter((m) => m.depth === 0 && m.req && /^[qh]:/.test(m.source || '')).map((m) => m.source);
        if (must.length === 0) continue;
        o.required = must;
        n++;
      }
    }
  }
  return n;
}

module.exports = { uriOf, discriminate, pattern };
