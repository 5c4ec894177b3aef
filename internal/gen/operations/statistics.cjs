// Counts what was found, for who runs the generator.
'use strict';

const order = 'htaesxrgdpn';
const classes = {};
const keys = {};
const policies = {};
const unknown = [];
const totals = { operations: 0, roles: 0, tags: 0 };
const count = (table, name) => { table[name] = (table[name] || 0) + 1; };

// note counts an operation under the best of its bindings; W is no resource type, u an action
// that the reference does not have.
function note(name, all, f) {
  totals.operations++;
  const found = all.flatMap((p) => (p.unknown ? ['u'] : p.r.length === 0 ? ['W'] : p.r.map((r) => r.c || 'e')));
  const rank = (c) => (order.includes(c) ? order.indexOf(c) : order.length);
  const best = found.sort((x, y) => rank(x) - rank(y))[0];
  count(classes, best);
  if (best === 'u') unknown.push(name);
  for (const v of Object.values(f.k || {})) count(keys, v[0]);
  if (f.pr) totals.roles++;
  if (f.t) totals.tags++;
  if (f.rp) count(policies, f.rp.do);
}

function text() {
  if (process.env.UNKNOWN) console.error(unknown.join('\n'));
  return Object.entries({ ...totals, classes, keys, policies, unknown: unknown.length }).map(([k, v]) => `  ${k}: ${JSON.stringify(v)}`).join('\n');
}

module.exports = { note, text };
