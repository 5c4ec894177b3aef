// Finds the members of an operation's input that name the resources of an action, by
// rules from the sure to the vague. The letter of the rule goes with the binding:
//
//   t  the ARN of the type has no variables
//   e  the member has the name of the variable
//   a  the member is the ARN of a resource of the type
//   s  both are the same but for Name, Id, Arn and the like, or the member is called as the type
//   x  one of the two names ends with the other
//   r  the member is an ARN of any type
//   g  the member is called Name or Id
//   d  as e, s or a, but the member is inside another
//   p  not all variables are found: the others are *
//   n  none is found
'use strict';

const order = 'taesxrgdpn';
const context = new Set(['partition', 'region', 'account', 'accountid']);
const generic = new Set(['resourcearn', 'arn', 'resourceid', 'resourceidentifier', 'resource', 'resourcename']);
const suffix = /(names?|ids?|identifiers?|arns?|keys?|urls?|numbers?)$/;

const plain = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const stem = (name) => plain(name).replace(suffix, '');
const suffixOf = (name) => (suffix.exec(plain(name)) || [''])[0].replace(/s$/, '');
const singular = (name) => name.replace(/ies$/, 'y').replace(/s$/, '');
const worst = (classes) => [...classes].sort((x, y) => order.indexOf(y) - order.indexOf(x))[0];
const better = (x, y) => order.indexOf(x) < order.indexOf(y);

// So many types are not all needed at once.
const many = 3;

// What can be the name of a resource.
const kinds = new Set(['string', 'strings', 'number']);

function variablesOf(form) {
  const names = [...form.split(':').slice(0, 5).join(':').matchAll(/\$\{([^}]*)\}/g), ...form.split(':').slice(5).join(':').matchAll(/\$\{([^}]*)\}/g)];
  return [...new Set(names.map((m) => m[1]).filter((v) => v !== '*' && !context.has(v.toLowerCase())))];
}

const sourceOf = (m) => m.source || m.map;
const listed = (m) => m.kind === 'strings';
const isARN = (m) => /arns?$/i.test(m.name);

// nameOf is a member's name for the comparison with a variable's.
const nameOf = (m) => (listed(m) ? singular(plain(m.name)) : plain(m.name));
const stemOf = (m) => (listed(m) ? singular(stem(m.name)) : stem(m.name));

// bindVariable binds a variable: last is the last of the ARN, before the one before an id that
// the service makes.
function bindVariable(v, type, members, { last, before }, where) {
  const want = plain(v).replace(/withpath$/, '');
  const wantStem = stem(v.replace(/WithPath$/i, '')) || plain(type.key);
  const typeName = plain(type.key);
  if (where.aliases[v] === '') return undefined; // the service makes it
  const [alias, fn] = (where.aliases[v] || '').split(/(?=\|)/);
  const aliased = (m) => alias !== undefined && alias.split(',').includes(m.name);
  const rules = [
    ['e', (m) => aliased(m)],
    ['e', (m) => nameOf(m) === want],
    ['s', (m) => stemOf(m) === wantStem || (last && (nameOf(m) === typeName || stemOf(m) === typeName))],
    ['x', (m) => ends(stemOf(m), wantStem)],
  ];
  for (const [c, rule] of rules) {
    const fitting = members.filter(rule);
    const m = fitting.find((x) => suffixOf(x.name) === suffixOf(v)) || fitting[0];
    if (m) return { c: c !== 'e' && /id$/i.test(v) && /names?$/i.test(m.name) ? 'g' : c, m, with: (aliased(m) && fn) || '' };
  }
  const made = /^Create/.test(where.operation) && /id$/i.test(v);
  if ((last && !made) || (before && /name$/i.test(v))) {
    const m = members.find((x) => ['name', 'id', 'identifier'].includes(nameOf(x)));
    if (m) return { c: 'g', m, with: '' };
  }
  return undefined;
}

const ends = (x, y) => Math.min(x.length, y.length) >= 3 && (x.endsWith(y) || y.endsWith(x));

function bindARN(type, form, vars, members) {
  const last = vars[vars.length - 1];
  const stems = new Set([plain(type.key), last && stem(last)].filter(Boolean));
  const own = members.find((m) => isARN(m) && stems.has(stemOf(m)));
  if (own) return { c: 'a', m: own };
  const any = members.find((m) => generic.has(nameOf(m)) && m.depth === 0);
  return any && { c: 'r', m: any };
}

// aliasOfOther reports whether a member is known to be another variable.
const aliasOfOther = (m, v, vars, { aliases }) => vars.some((o) => o !== v && (aliases[o] || '').split('|')[0].split(',').includes(m.name));

const placeOf = (vars, i, { operation }) => ({
  last: i === vars.length - 1,
  before: i === vars.length - 2 && /^Create/.test(operation) && /id$/i.test(vars[vars.length - 1]),
});

function bindForm(type, form, members, where) {
  const vars = variablesOf(form);
  if (vars.length === 0) return { t: type.key, c: 't', sources: [] };
  const used = new Set();
  const found = vars.map((v, i) => {
    const free = members.filter((m) => !used.has(m.path) && !aliasOfOther(m, v, vars, where));
    const b = bindVariable(v, type, [...free.filter((m) => !isARN(m)), ...free.filter(isARN)], placeOf(vars, i, where), where);
    if (b) used.add(b.m.path);
    return b && { ...b, v };
  });
  const all = found.filter(Boolean);
  const names = { t: type.key, v: Object.fromEntries(all.map((b) => [b.v, others(b, members, used)])), sources: all.map((b) => sourceOf(b.m)) };
  names.c = all.length === vars.length ? worst(all.map((b) => b.c)) : all.length > 0 ? 'p' : 'n';
  const arn = bindARN(type, form, vars, members);
  // A member that is the ARN says more than one that may be a name.
  const whole = all.length > 0 && isARN(all[all.length - 1].m) ? { c: 'a', m: all[all.length - 1].m } : arn;
  const instead = whole && whole.c === 'a' && !whole.m.req && 'esx'.includes(names.c);
  if (instead && !all.some((b) => b.m === whole.m)) return { ...names, a: sourceOf(whole.m) };
  if (whole && ((whole.m.req && whole.c === 'a') || better(whole.c, names.c) || (vars.length === 1 && whole.m === (all[0] || {}).m))) {
    return { t: type.key, a: sourceOf(whole.m), c: whole.c, sources: [sourceOf(whole.m)] };
  }
  return names;
}

// others returns the source of a variable, with those of the members that may be given in
// its place: LogGroupIdentifier beside LogGroupName.
function others(b, members, used) {
  const own = sourceOf(b.m) + b.with;
  if (b.m.req || b.m.depth > 0 || !'es'.includes(b.c)) return own;
  const same = (m) => m.kind === b.m.kind && stemOf(m) !== '' && stemOf(m) === stemOf(b.m) && suffixOf(m.name) !== '' && !(suffixOf(m.name) === 'name' && /id$/i.test(b.v));
  const more = members.filter((m) => m !== b.m && !m.req && !used.has(m.path) && !isARN(m) && same(m));
  return [own, ...more.map(sourceOf)].join(',');
}

// nested tries the members inside others, by the surer rules.
function nested(type, form, members, where) {
  const inside = members.filter((m) => m.depth === 1);
  const b = bindForm(type, form, inside, where);
  return 'aes'.includes(b.c) ? { ...b, c: 'd' } : undefined;
}

function bindType(type, members, where) {
  const top = members.filter((m) => m.depth === 0);
  let best;
  type.forms.forEach((form, i) => {
    let b = bindForm(type, form, top, where);
    if (b.c === 'n') b = nested(type, form, members, where) || b;
    if (i > 0) b.form = i;
    if (!best || better(b.c, best.c)) best = b;
  });
  return { ...best, required: type.required };
}

// bind returns the resources of an action: those that are required, and of the others
// those that are named. When none is, the first stands for them.
function bind(action, all, where) {
  const members = all.filter((m) => kinds.has(m.kind));
  const bound = action.types.map((type) => bindType(type, members, where));
  const any = members.find((m) => m.depth === 0 && m.req && (nameOf(m) === 'resourcearn' || nameOf(m) === 'arn'));
  if (bound.length > 1) {
    const arn = (any && sourceOf(any)) || (bound[0].c === 'r' && bound.every((b) => b.a === bound[0].a) && bound[0].a);
    if (arn) return [{ t: '*', a: arn, c: 'r', required: true }];
  }
  // The reference marks as required what are alternatives, where there are many.
  if (bound.length >= many && bound.every((b) => 'nt'.includes(b.c))) return [likeliest(bound, where)];
  const named = bound.filter((b) => b.required || (b.c !== 'n' && b.c !== 't'));
  let kept = named.filter((b) => b.required || !named.some((o) => o !== b && covers(o, b)));
  if (kept.some((b) => !'pn'.includes(b.c))) kept = kept.filter((b) => b.required || b.c !== 'p');
  if (kept.length === 0) kept = [likeliest(bound, where)];
  return oneOf(called(kept, where));
}

// called drops types that are bound by Name or Id alone, where the operation is called after
// another one that is bound by the same: a cluster, of RegisterCluster.
function called(kept, { operation }) {
  const name = plain(operation);
  const vague = (b) => !b.required && 'gx'.includes(b.c);
  const named = (b) => name.includes(plain(b.t));
  return kept.filter((b) => !vague(b) || named(b) || !kept.some((o) => o !== b && vague(o) && named(o) && o.sources.join() === b.sources.join()));
}

// oneOf makes one of types of which the same member is the ARN: it says which of them.
function oneOf(kept) {
  const first = (b) => kept.findIndex((x) => x.a === b.a && !x.v === !b.v && !b.v);
  const out = [];
  kept.forEach((b, i) => {
    if (!b.a || b.v || first(b) === i) out.push({ ...b });
    else Object.assign(out.find((x) => x.a === b.a), { t: '*', required: true });
  });
  return out;
}

// covers reports whether a type is bound by the same members as another, and better: the
// member names one of both.
function covers(o, b) {
  const same = o.sources.length === b.sources.length && o.sources.every((s) => b.sources.includes(s));
  return same && better(o.c, b.c);
}

function likeliest(bound, { operation }) {
  const name = plain(operation);
  const score = (b) => (name.includes(plain(b.t)) ? plain(b.t).length : 0) + (b.c === 'n' ? 0 : 1000);
  return [...bound].sort((x, y) => score(y) - score(x))[0];
}

module.exports = { bind, bindType, plain, stem, stemOf, nameOf, ends, singular, sourceOf, order, variablesOf };
