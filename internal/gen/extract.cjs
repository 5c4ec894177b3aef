// Extracts the wire models of the services that have a typed fake from the npm packages
// @aws-sdk/client-*.
//
//   node extract.cjs <node_modules> <output directory>
//
// One file is written for each service, <signing name>.json.gz: compact, in a
// fixed order and without a time stamp, so that the same packages always give
// the same bytes. README.md beside this file describes the format.
'use strict';
const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { extract } = require('./models.cjs');

const clients = ['s3', 's3-control', 'iam', 'sts', 'sqs', 'sns', 'kms', 'lambda', 'secrets-manager', 'dynamodb', 'eventbridge', 'organizations', 'scheduler', 'cloudwatch-logs', 'dynamodb-streams', 'kinesis', 'firehose', 'sfn', 'accessanalyzer', 'ses', 'sesv2', 'api-gateway', 'cloudformation'];

const [, , modules, out] = process.argv;
if (!out) throw new Error('usage: node extract.cjs <node_modules> <output directory>');
// Services of which there is no package yet: their models are beside this file, by hand
// from the API references.
const written = ['iam-toolbox'];

const models = [
  ...clients.map((client) => extract(path.resolve(modules), client)),
  ...written.map((name) => JSON.parse(fs.readFileSync(path.join(__dirname, name + '.json'), 'utf8'))),
];
// DynamoDB Streams is signed for dynamodb, and has a schema of its own.
models[clients.indexOf('dynamodb-streams')].name = 'dynamodb-streams';
// Version 2 of the API of Amazon SES is signed for ses too.
models[clients.indexOf('sesv2')].name = 'sesv2';
for (const model of models) {
  const file = path.join(out, model.name + '.json.gz');
  fs.writeFileSync(file, zlib.gzipSync(JSON.stringify(model), { level: 9, mtime: 0 }));
  console.error(`${file}: ${model.operations.length} operations, ${Object.keys(model.shapes).length} shapes`);
}
