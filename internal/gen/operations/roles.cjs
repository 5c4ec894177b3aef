// Finds the roles that a request passes to a service.
'use strict';
const { sourceOf } = require('./bind.cjs');

const role = /(^|[a-z])role(arn)?$|^rolearns?$/i;
// Operations of other names hand nothing over.
const reading = /^(Get|List|Describe|Search|Delete|Batch(Get|Delete|Describe)|Query|Scan|Head|Untag|Tag|Remove|Revoke|Detach|Disassociate|Check|Validate|Cancel)/;

// passes returns [source, principal] for each member that is a role which the operation
// passes on. That it does is what the reference's dependent actions say; where they are
// silent, the name of the member does, but for those on the list of denials.
function passes(name, operation, members, stated, facts) {
  if (facts.deny[name] || facts.deny[name.split(':')[0]]) return [];
  const byHand = facts.operations[name];
  if (byHand) return byHand.map(([path, to, instance]) => {
    const m = members.find((x) => x.path === path);
    if (!m) throw new Error(`${name}: no member ${path}`);
    return [sourceOf(m), to, ...(instance ? [instance] : [])];
  });
  if (!stated && reading.test(operation)) return [];
  const found = members.filter((m) => (m.kind === 'string' || m.kind === 'strings') && role.test(m.name) && !(m.name === 'role' && m.depth > 0) && !facts.members.includes(m.path));
  return found.map((m) => [sourceOf(m), principal(name.split(':')[0], m.name, facts)]);
}

function principal(prefix, member, { principals }) {
  const own = principals[`${prefix}:${member}`];
  if (own !== undefined) return own;
  return principals[prefix] === undefined ? '' : principals[prefix];
}

module.exports = { passes };
