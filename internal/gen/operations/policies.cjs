// Finds the operations that set, return and delete the policies of resources.
'use strict';
const { source } = require('./permissions.cjs');
const { sourceOf } = require('./bind.cjs');

const verbs = { Put: 'put', Set: 'put', Update: 'put', Create: 'put', Get: 'get', Describe: 'get', Delete: 'delete' };
const kinds = new Set(['string', 'blob', 'stream', 'document']);
const document = /polic(y|ies)(document|text|injson|body)?$/i;
const revision = /(id|hash|version|name|type|status|condition|arn)$/i;
const missing = /polic\w*(notfound|notexist|nonexist)|nosuch\w*policy|notfound|nosuch|nonexist|doesnotexist/i;

// policy returns {do, document, none} of an operation about the policy of a resource, which
// is the one that the operation's first permission is about: do is put, get, delete, add or
// remove (a statement), none the code of the error when there is no policy.
function policy(name, op, shapes, members, facts, errors) {
  const written = facts.operations[name];
  if (written) return byHand(name, op, shapes, members, written);
  const [, verb, noun] = /^(Put|Set|Update|Create|Get|Describe|Delete)(.+)$/.exec(op.n) || [];
  if (!verb || !facts.nouns.includes(noun)) return undefined;
  const what = { do: verbs[verb] };
  if (what.do === 'delete') return what;
  const of = what.do === 'put' ? members : shapes.outputs(op);
  const found = of.filter((m) => kinds.has(m.kind) && document.test(m.name) && !revision.test(m.name)).sort((x, y) => x.depth - y.depth);
  if (found.length === 0) {
    const inside = of.filter((m) => kinds.has(m.kind) && /^(policy|document)$/i.test(m.name));
    if (inside.length !== 1) return undefined;
    found.push(inside[0]);
  }
  what.document = sourceOf(found[0]);
  if (what.do === 'get') {
    const code = facts.none[name] !== undefined ? facts.none[name] : noneOf(op, errors);
    if (code) what.none = code;
  }
  return what;
}

function noneOf(op, model) {
  const o = model && model.operations[op.n];
  const names = ((o && o.errors) || []).map((e) => [e.shape, (model.shapes[e.shape].error || {}).code || e.shape]).filter(([shape]) => missing.test(shape));
  const own = names.find(([shape]) => /policy/i.test(shape));
  return (own || names[0] || [])[1];
}

function byHand(name, op, shapes, members, written) {
  const of = written.do === 'get' ? shapes.outputs(op) : members;
  const at = (p) => source(of, p, name);
  const what = { do: written.do };
  if (written.document) what.document = at(written.document);
  if (written.created) what.created = source(shapes.outputs(op), written.created, name);
  if (written.none) what.none = written.none;
  for (const part of ['sid', 'action', 'principal']) if (written[part]) what[part] = at(written[part]);
  if (written.conditions) what.conditions = Object.fromEntries(Object.entries(written.conditions).map(([k, p]) => [k, at(p)]));
  if (written.if) what.if = written.if.map((x) => { const [p, v] = x.split('='); return at(p) + '=' + v; });
  return what;
}

module.exports = { policy };
