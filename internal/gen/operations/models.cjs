// Gives the model of every service: that of its npm package, and where no package is
// published with schemas, botocore's.
'use strict';
const fs = require('fs');
const path = require('path');
const { extract, serviceID } = require('../models.cjs');
const botocore = require('./botocore.cjs');

const byName = (x, y) => (x < y ? -1 : x > y ? 1 : 0);
// packageOf is the name of a service's package in the SDK for Go, by its id.
const packageOf = (id) => id.toLowerCase().replace(/[^a-z0-9]/g, '');

// models returns {sources, all}: what they are of, and for each service {id, package, model,
// errors}, by the name of the package.
function models(modules, data, folder) {
  const all = new Map();
  const [, release] = /__version__ = '([^']+)'/.exec(fs.readFileSync(path.join(data, '..', '__init__.py'), 'utf8'));
  for (const s of botocore.services(data)) {
    all.set(s.id, { id: s.id, protocols: s.protocols, errors: s.model, model: () => botocore.convert(s, release) });
  }
  let newest = '';
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
  for (const [name, version] of Object.entries(dependencies)) {
    if (!name.startsWith('@aws-sdk/client-')) continue;
    const client = name.slice('@aws-sdk/client-'.length);
    const id = serviceID(modules, client);
    const known = all.get(id) || { protocols: [] };
    all.set(id, { ...known, id, model: () => withProtocols(extract(modules, client), known.protocols) });
    if (version.localeCompare(newest, 'en', { numeric: true }) > 0) newest = version;
  }
  const sorted = [...all.values()].map((s) => ({ ...s, package: packageOf(s.id) })).sort((x, y) => byName(x.package, y.package));
  return { sources: [`@aws-sdk/client-*@${newest}`, `botocore@${release}`], all: sorted };
}

// withProtocols adds the protocols that a service speaks besides the one of its package.
function withProtocols(model, others) {
  const json = model.protocols.some((p) => p.startsWith('awsJson'));
  const more = others.filter((p) => !model.protocols.includes(p) && !(json && p.startsWith('awsJson')));
  return { ...model, protocols: [...model.protocols, ...more] };
}

module.exports = { models };
