// Says which actions an operation needs, on which resources.
'use strict';
const { bind, bindType, sourceOf } = require('./bind.cjs');
const { find } = require('./wire.cjs');

// A member that stands for several: the ARN of what is copied in S3.
const copied = 'CopySource';
// The service whose actions are the methods and whose resources are the paths of requests.
const byPath = 'apigateway';

// permissions returns [{a, if, r, k}] of an operation, and the actions with what is known
// of them. Where operations.json has nothing, it is the action of the same name.
function permissions(op, members, where) {
  const { iam, prefix, facts } = where;
  const name = `${prefix}:${op.n}`;
  const written = facts.operations[`${where.api}:${op.n}`] || facts.operations[name];
  // Roles that are passed are found by roles.cjs.
  if (written) return written.filter((text) => !text.startsWith('iam:PassRole')).map((text) => byHand(text, op, members, where));
  const action = iam.action(name) || ofBatch(name, iam);
  if (!action && prefix === byPath) {
    const path = op.uri.replace(/\?.*/, '').replace(/^\/v2/, '');
    return [{ a: `${prefix}:${op.method}`, r: [{ t: '*', a: '=arn:${Partition}:' + prefix + ':${Region}::' + path, c: 'h' }] }];
  }
  if (!action) return [{ a: name, unknown: true, r: [] }];
  return [{ a: `${prefix}:${action.name}`, action, r: resources(name, action, members, { ...where, operation: op.n }) }];
}

// ofBatch returns the action of a single item, where the operation for several has none.
function ofBatch(name, iam) {
  const [, prefix, single] = /^(.*):Batch(.*)$/.exec(name) || [];
  return single && (iam.action(`${prefix}:${single}`) || iam.action(`${prefix}:${single.replace(/s$/, '')}`));
}

function resources(name, action, members, where) {
  const own = `${where.api}:${where.operation}`;
  const by = where.facts.services.resources;
  // What is tagged when it is made is not named as where it is tagged later.
  const written = by[own] || (name.endsWith(':' + where.operation) ? by[name] : undefined);
  if (written) return Object.entries(written).map(([t, by]) => resourceByHand(name, t, by, members));
  if (action.types.length === 0) return [];
  return bind(action, members, where).map(compact).map((r) => ofAccount(r, members, where));
}

// ofAccount adds the account of a resource where a member of the request has it.
function ofAccount(r, members, { aliases }) {
  const m = aliases.Account && r.c !== 'a' && !r.a && members.find((x) => x.path === aliases.Account);
  return m ? { ...r, v: { ...r.v, Account: m.source }, ...(r.v ? {} : { c: 'h' }) } : r;
}

const compact = ({ t, a, v, form, c, required }) => ({
  t, ...(a ? { a } : {}), ...(v && Object.keys(v).length ? { v } : {}), ...(form ? { f: form } : {}),
  ...(c === 'e' ? {} : { c }), ...(required ? {} : { o: 1 }),
});

// source returns the source of a member's path with the function that may follow it; of
// several, the first that is set.
function source(members, path, name) {
  if (path.includes(',')) return path.split(',').map((p) => source(members, p, name)).join(',');
  const [bare, ...fn] = path.split('|');
  return find(members, bare, name).source + fn.map((f) => '|' + f).join('');
}

// resourceByHand reads {"type": "member"} of the ARN, {"type": {"variable": "member"}}; a type
// with ? is optional, one without variables stands for what the operation makes.
function resourceByHand(name, type, by, members) {
  const t = type.startsWith('=') ? '=' + source(members, type.slice(1), name) : type.replace('?', '');
  const more = t === type ? {} : { o: 1 };
  if (typeof by === 'string') return { t, a: source(members, by, name), c: 'h', ...more };
  const { ARN, ...variables } = by;
  if (ARN) more.a = source(members, ARN, name);
  const v = Object.fromEntries(Object.entries(variables).map(([variable, path]) => [variable, source(members, path, name)]));
  return Object.keys(v).length ? { t, v, c: 'h', ...more } : { t, c: 'n', ...more };
}

// byHand reads "action@member?condition#key=value" of operations.json.
function byHand(all, op, members, where) {
  const [text, constant] = all.split('#');
  const [key, value] = (constant || '').split('=');
  const p = withoutKeys(text, op, members, where);
  return constant ? { ...p, k: { [key]: '=' + value } } : p;
}

function withoutKeys(text, op, members, where) {
  const { iam, prefix } = where;
  const name = `${prefix}:${op.n}`;
  const [rest, condition] = text.split('?');
  const [a, member] = rest.split('@');
  const action = iam.action(a);
  if (!action) return { a, unknown: true, r: [], ...conditions(condition, member, members, name) };
  return { a, action, r: member ? ofMember(action, member, members, { ...where, operation: op.n }, name) : resources(name, action, members, { ...where, operation: op.n }), ...conditions(condition, member, members, name) };
}

// ofMember binds the resources of an action by a member that is given.
function ofMember(action, path, members, where, name) {
  if (path === copied) return [{ t: 'object', a: 'h:x-amz-copy-source|copied', c: 'h' }];
  const [bare, fn] = path.split('|');
  const given = { ...find(members, bare, name), depth: 0 };
  const all = [given, ...members.filter((m) => m.path !== given.path)];
  const types = action.types.map((t) => bindType(t, all.filter((m) => ['string', 'strings'].includes(m.kind)), where));
  const fitting = types.filter((b) => !fn && b.sources.includes(sourceOf(given))).sort((x, y) => (x.c < y.c ? -1 : 1));
  if (fitting.length > 0) return [compact({ ...fitting[0], c: fitting[0].c === 'e' ? 'e' : 'h', required: true })];
  const type = action.types.find((t) => t.required) || action.types[0];
  return [{ t: type.key, a: given.source + (fn ? '|' + fn : ''), c: 'h' }];
}

// conditions reads "A|B*", "!A" and "A~WORD". A member that is not at the top is beside
// the one that names the resource.
function conditions(text, member, members, name) {
  if (!text) return {};
  const not = text.startsWith('!') ? '!' : '';
  const beside = (member || '').includes('.') ? member.replace(/[^.]*$/, '') : '';
  const sources = text.slice(not.length).split('|').flatMap((path) => {
    const [bare, word] = path.split('~');
    if (bare.split('.')[0] === copied) return ['h:x-amz-copy-source|version'];
    if (bare.endsWith('*')) return members.filter((m) => m.path.startsWith(bare.slice(0, -1)) && m.depth === 0).map(sourceOf);
    const at = members.some((m) => m.path.toLowerCase() === bare.toLowerCase()) ? bare : beside + bare;
    return [find(members, at, name).source + (word ? '~' + word : '')];
  });
  return { if: sources.map((s) => not + s) };
}

module.exports = { permissions, resources, source };
