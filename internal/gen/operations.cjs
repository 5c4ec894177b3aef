// Makes what is known of every operation of every AWS service: how its request looks, which
// permissions it needs on which resources, and where the request has the values of condition
// keys, tags, roles and policies.
//
//   node operations.cjs <node_modules of operations/> <botocore's data> <output directory>
//
// Two files are written, operations.index.tsv.gz and operations.bin; README.md beside this
// file describes them. The same packages always give the same bytes.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { models } = require('./operations/models.cjs');
const { IAM } = require('./operations/iam.cjs');
const { Shapes } = require('./operations/wire.cjs');
const { keys, tags } = require('./operations/keys.cjs');
const { passes } = require('./operations/roles.cjs');
const { permissions, resources } = require('./operations/permissions.cjs');
const { policy } = require('./operations/policies.cjs');
const { discriminate, uriOf } = require('./operations/routes.cjs');
const statistics = require('./operations/statistics.cjs');

const [, , modulesArg, data, out] = process.argv;
if (!out) throw new Error('usage: node operations.cjs <node_modules> <botocore data> <output directory>');
const modules = path.resolve(modulesArg);
const read = (name) => JSON.parse(fs.readFileSync(path.join(__dirname, name), 'utf8'));
const facts = {
  operations: read('operations.json'), services: read('operations/services.json'), roles: read('operations/roles.json'),
  policies: read('operations/policies.json'),
};
const iam = new IAM(modules);

// prefixOf finds the prefix of a service's actions: of the likely ones that which has most
// actions called as the operations.
function prefixOf(id, model) {
  const own = facts.services.prefixes[id];
  if (own) return own;
  const names = [model.name, id.replace(/ /g, ''), id.replace(/ /g, '-')].map((p) => p.toLowerCase());
  const score = (p) => model.operations.filter((o) => iam.service(p).actions.has(o.n.toLowerCase())).length;
  return names.filter((p) => iam.prefixes.has(p)).sort((x, y) => score(y) - score(x))[0] || names[0];
}

// ofOther returns the other prefix that some operations of a service have.
function ofOther(id, op, prefix) {
  const other = facts.services.others[id];
  return other && other.operations.includes(op.n) ? other.prefix : prefix;
}

function factsOf(op, shapes, api, prefix, own, errors) {
  const members = shapes.inputs(op);
  const name = `${prefix}:${op.n}`;
  const where = { iam, api, prefix, facts, aliases: facts.services.aliases[prefix] || {} };
  const all = permissions(op, members, where);
  const actions = all.map((p) => p.action).filter(Boolean);
  const tagged = tags(members, shapes, op.n);
  const dependents = iam.service(prefix).dependents.get(op.n.toLowerCase()) || [];
  const tagging = tagOnCreate(op, members, where, all, tagged, dependents);
  const f = compact(`${own}:${op.n}`, [...all, ...tagging]);
  const k = keys(actions, members, {
    makes: /^(Create|Allocate)/.test(op.n),
    types: iam.keyTypes(prefix), computed: facts.services.computed, byHand: (key) => handKey(key, members),
  });
  if (Object.keys(k).length) f.k = k;
  const asks = actions.length === 0 || actions.some((a) => a.keys.some((x) => /^aws:(RequestTag|TagKeys)/.test(x)));
  if (tagged && (asks || tagged.keys || tagging.length)) f.t = tagged;
  const roles = passes(name, op.n, members, dependents.includes('iam:PassRole'), facts.roles);
  if (roles.length) f.pr = roles;
  const rp = policy(name, op, shapes, members, facts.policies, errors);
  if (rp) f.rp = rp;
  statistics.note(name, all, f);
  return f;
}

// handKey returns the source of a key by hand: of several, the first that is set; "" when no
// member has it.
function handKey(key, members) {
  const by = facts.services.keys[key];
  if (!by) return by;
  const sources = by.split(',').map((path) => {
    const [bare, ...fn] = path.split('|');
    const m = members.find((x) => x.path === bare.replace(/\[\]$/, ''));
    return m && (m.source || m.map) + fn.map((f) => '|' + f).join('');
  }).filter(Boolean);
  return sources.length ? `h ${sources.join(',')}` : undefined;
}

const isTagging = (a) => (iam.action(a) || { accessLevel: '' }).accessLevel.startsWith('Tagging');

// tagOnCreate returns the permission to tag what the operation makes: the dependent action
// of the reference, or that of the service by hand.
function tagOnCreate(op, members, where, all, tagged, dependents) {
  const { prefix } = where;
  if (!tagged || tagged.keys || all.some((p) => isTagging(p.a))) return [];
  const by = facts.services.tagOnCreate;
  const stated = dependents.filter((a) => a.startsWith(prefix + ':') && isTagging(a));
  const own = by[`${prefix}:${op.n}`] || by[prefix];
  const source = tagged.l || tagged.m || tagged.u;
  return (own ? [own] : stated).map((text) => text.split('@')).map(([a, type]) => ({
    a, action: iam.action(a), if: [source], r: tagged.of ? [{ t: '=' + tagged.of }] : made(a, type, all[0], op, members, where),
    ...(a === 'ec2:CreateTags' ? { k: { 'ec2:CreateAction': '=' + op.n } } : {}),
  }));
}

// made is what is tagged: what the operation is about, or something of a type that can be.
function made(a, type, first, op, members, where) {
  if (type) return [{ t: type, c: 'n' }];
  return first.r.length > 0 ? first.r : resources(a, iam.action(a), members, { ...where, operation: op.n });
}

// compact leaves out what goes without saying.
function compact(name, all) {
  const one = ({ a, unknown, if: when, r, k }) => ({
    ...(a === name ? {} : { a }), ...(unknown ? { u: 1 } : {}), ...(when ? { if: when } : {}), ...(r.length ? { r } : {}), ...(k ? { k } : {}),
  });
  if (all.length === 1 && !all[0].if && !all[0].k && all[0].a === name) return one(all[0]);
  return { p: all.map(one) };
}

function serviceOf(s) {
  const model = s.model();
  const shapes = new Shapes(model);
  const prefix = prefixOf(s.id, model);
  const operations = model.operations.map((op) => ({
    n: op.n, op, line: shapes.rest ? [op.method, uriOf(op, model), op.code] : [], facts: factsOf(op, shapes, s.package, ofOther(s.id, op, prefix), prefix, s.errors),
  }));
  return { id: s.id, package: s.package, model, prefix, shapes, operations: operations.sort((x, y) => (x.n < y.n ? -1 : 1)) };
}

function textOf(s) {
  return s.operations.map((o) => {
    const [method, uri, code] = o.line;
    const http = method ? [method, uri, ...(code === 200 ? [] : [code]), ...(o.required || [])].join(' ') : '';
    const fields = [o.n, http, Object.keys(o.facts).length ? JSON.stringify(o.facts) : ''];
    while (fields[fields.length - 1] === '') fields.pop();
    if (fields.some((x) => /[\t\n]/.test(x))) throw new Error(`${s.id} ${o.n}: white space`);
    return fields.join('\t');
  }).join('\n') + '\n';
}

// targeted says whether requests name the target: in JSON in a header, in CBOR in the path.
const targeted = (m) => m.protocols.some((p) => /^awsJson|Cbor/.test(p));

// Deflate's window: a dictionary cannot be longer.
const dictionarySize = 32768;
// One of so many lines goes into the dictionary, of those that are not longer; measured.
const sample = 97;
const typicalSize = 400;

const { sources, all } = models(modules, data, path.join(__dirname, 'operations'));
const services = all.map(serviceOf);
discriminate(services);
const texts = services.map(textOf);
const typical = texts.join('').split('\n').filter((l, i) => i % sample === 0 && l.length < typicalSize);
const dictionary = Buffer.from(typical.join('\n')).subarray(-dictionarySize);
const deflate = (text, options) => zlib.deflateRawSync(text, { level: 9, memLevel: 9, ...options });
const parts = [deflate(dictionary)];
const lines = [['V', [...sources, ...iam.versions()].join(' '), parts[0].length].join('\t')];
for (const [key, source] of Object.entries(facts.services.computed).sort()) lines.push(['C', key, source].join('\t'));
services.forEach((s, i) => {
  const part = deflate(texts[i], { dictionary });
  parts.push(part);
  const m = s.model;
  const name = facts.services.signing[s.id] || m.name;
  lines.push(['S', s.package, s.id, name, s.prefix, m.protocols.join(','), targeted(m) ? m.target || '' : '', m.version || '', m.namespace || '', s.operations.length, part.length].join('\t'));
});
fs.writeFileSync(path.join(out, 'operations.bin'), Buffer.concat(parts));
fs.writeFileSync(path.join(out, 'operations.index.tsv.gz'), zlib.gzipSync(lines.join('\n') + '\n', { level: 9, memLevel: 9 }));
console.error(`${out}: ${services.length} services, ${Buffer.concat(parts).length} bytes\n${statistics.text()}`);
if (process.env.TEXTS) services.forEach((s, i) => fs.writeFileSync(path.join(process.env.TEXTS, s.package + '.tsv'), texts[i]));
