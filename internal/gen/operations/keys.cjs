// Finds the members that are the values of condition keys and the tags of a request.
'use strict';
const { plain, stem, ends, sourceOf } = require('./bind.cjs');

// Shorter names end too many others.
const shortestEnd = 5;

const values = new Set(['string', 'strings', 'number', 'boolean', 'timestamp', 'dateTime', 'epoch', 'httpDate']);

function fits(type, m, c) {
  const t = (type || 'String').replace(/^ArrayOf/, '');
  if (m.kind === 'map') return true;
  if (!values.has(m.kind)) return false;
  if (t === 'Bool') return m.kind === 'boolean';
  if (t === 'ARN') return c === 'e' || /arns?$/i.test(m.name);
  return m.kind !== 'boolean';
}

// keys returns {key: "class source"} for the keys of the operation's actions that the
// input has. Those of a service that need no member are not among them.
function keys(actions, members, { types, computed, byHand, makes }) {
  const found = {};
  for (const key of [...new Set(actions.flatMap((a) => (makes ? [...a.keys, ...a.types.flatMap((t) => (t.required && t.conditionKeys) || [])] : a.keys)))].sort()) {
    if (/^aws:/i.test(key) || computed[key]) continue;
    const written = byHand(key);
    const b = written === '' ? undefined : written || keyOf(key, members, types);
    if (b) found[key] = b;
  }
  return found;
}

function keyOf(key, members, types) {
  const name = key.slice(key.indexOf(':') + 1);
  const [base] = name.split(/[:/]?\$\{/);
  if (/ResourceTag$/i.test(base) || /^(Request)?Tag(Keys?)?$|req-tag$/i.test(base)) return undefined;
  if (/^x-amz-/.test(base)) {
    const m = members.find((x) => x.source === 'h:' + base);
    return m && 'h ' + m.source;
  }
  const type = types.get(key);
  const top = members.filter((m) => m.depth === 0);
  if (name !== base) {
    const map = top.find((m) => m.kind === 'map' && plain(m.name) === plain(base));
    return map && 'm ' + map.map;
  }
  const map = top.find((m) => m.kind === 'map' && plain(m.name) + 'keys' === plain(base));
  if (map) return `m ${map.map}{}`;
  const rules = [
    ['e', top, (m) => plain(m.name) === plain(base)],
    ['s', top, (m) => stem(m.name) !== '' && stem(m.name) === stem(base)],
    ['x', top, (m) => Math.min(plain(m.name).length, plain(base).length) >= shortestEnd && ends(plain(m.name), plain(base))],
  ];
  for (const [c, where, rule] of rules) {
    const m = where.find((x) => x.kind !== 'map' && rule(x) && fits(type, x, c));
    if (m) return `${c} ${sourceOf(m)}`;
  }
  const inside = members.filter((m) => m.depth > 0 && m.kind !== 'map' && plain(m.name) === plain(base) && fits(type, m, 'e'));
  return inside.length === 1 && plain(base).length >= shortestEnd ? `d ${sourceOf(inside[0])}` : undefined;
}

const tagNames = /^(tags?|taglist|tagset|resourcetags?|tagsto(add|set|create)|tag(s|list)?\w*|\w*tags)$/i;
const keyNames = ['Key', 'key', 'TagKey', 'tagKey'];
const valueNames = ['Value', 'value', 'TagValue', 'tagValue'];

// tags returns where the tags of a request are: {l, k, v} a list of structures with the
// wire names of key and value (of: the types of resources), {m} a map, {keys} a list of keys,
// {u} a query string.
function tags(members, shapes, operation) {
  const specified = members.find((m) => m.name === 'TagSpecifications' && m.element);
  if (specified && !members.some((m) => m.path === 'Tags')) {
    const inner = members.find((m) => m.path === specified.path + '[].Tags');
    if (inner) return { l: inner.source, k: 'Key', v: 'Value', of: members.find((m) => m.path === specified.path + '[].ResourceType').source };
  }
  const url = members.find((m) => m.source === 'h:x-amz-tagging');
  if (url) return { u: url.source };
  const lists = members.filter((m) => m.depth <= 1 && (tagNames.test(m.name) || m.path === 'Tags.Items'));
  for (const m of lists) {
    if (m.kind === 'list' && m.element && m.element.m && !(m.depth === 1 && !/^(TagSet|Items)$/.test(m.name))) {
      const k = m.element.m.find((e) => keyNames.includes(e.n));
      const v = m.element.m.find((e) => valueNames.includes(e.n));
      if (k && v && v.t === 'string') return { l: m.source, k: shapes.element(k), v: shapes.element(v) };
    }
    if (m.kind === 'map' && m.depth === 0 && m.element === undefined) return { m: m.map };
    if (m.kind === 'map' && m.depth === 0 && m.element === 'string') return { m: m.map };
  }
  const all = members.find((m) => m.kind === 'strings' && m.depth === 0 && /^(tagkeys?|tagkeylist|tagstoremove|keys)$/i.test(m.name));
  if (all && /untag|removetag|deletetag|unassign/i.test(operation)) return { keys: all.source };
  return undefined;
}

module.exports = { keys, tags };
