// Extracts the wire models of all services, in the form of extract.cjs.
//
//   node allschemas.cjs <node_modules of operations/> <botocore's data> <output directory>
//
// Two files are written, index.tsv and schemas.bin; README.md beside this file describes
// them. The same packages always give the same bytes.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { models } = require('./operations/models.cjs');

const [, , modules, data, out] = process.argv;
if (!out) throw new Error('usage: node allschemas.cjs <node_modules> <botocore data> <output directory>');
const { sources, all } = models(path.resolve(modules), data, path.join(__dirname, 'operations'));
const parts = [];
const lines = [sources.join(' ')];
for (const s of all) {
  const text = JSON.stringify(s.model());
  const part = zlib.deflateRawSync(text, { level: 9, memLevel: 9 });
  parts.push(part);
  lines.push([s.package, s.id, part.length, text.length].join('\t'));
}
fs.writeFileSync(path.join(out, 'schemas.bin'), Buffer.concat(parts));
fs.writeFileSync(path.join(out, 'index.tsv'), lines.join('\n') + '\n');
console.error(`${out}: ${all.length} services, ${Buffer.concat(parts).length} bytes`);
