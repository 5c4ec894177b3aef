// Says where on the wire the members of an operation's input are: "b:Table.Name" in the
// body, "q:name" in the query, "h:name" a header, "l:name" in the path. ../README.md
// describes these sources.
'use strict';

// Members further inside than this are not looked for.
const deepest = 4;

const isJSON = (protocol) => /Json|Cbor/.test(protocol);
const capitalized = (name) => name[0].toUpperCase() + name.slice(1);

function wireName(protocol, m) {
  if (protocol === 'ec2Query') return m.ec2 || capitalized(m.xml || m.n);
  if (protocol === 'restJson1') return m.json || m.n;
  return isJSON(protocol) ? m.n : m.xml || m.n;
}

// inList is what follows a list's name: the name of its elements where the wire has one.
function inList(protocol, m, list) {
  if (isJSON(protocol) || protocol === 'ec2Query' || m.flat) return '[]';
  return `[${list.e.xml || 'member'}]`;
}

const join = (base, name) => (base ? base + '.' + name : name);

// A Shapes reads the members of the shapes of one service.
class Shapes {
  constructor(model) {
    this.model = model;
    this.protocol = model.protocols[0];
    this.rest = this.protocol.startsWith('rest');
  }

  // inputs returns all members of an operation's input, those inside others after them.
  inputs(op) { return this.members(op.in); }

  outputs(op) { return this.members(op.out); }

  members(name) {
    const found = [];
    const s = this.model.shapes[name];
    if (s) for (const m of s.m) this.top(m, found);
    return found;
  }

  top(m, found) {
    if (!this.rest) return this.member(m, '', { depth: 0, within: [] }, found);
    const at = { name: m.n, path: m.n, depth: 0, req: !!m.req, place: 'request' };
    if (m.label) return this.leaf({ ...at, source: 'l:' + (m.labelName || m.n) }, m.t, found);
    if (m.query) return this.leaf({ ...at, source: 'q:' + m.query }, m.t, found);
    if (m.header) return this.leaf({ ...at, source: 'h:' + m.header.toLowerCase() }, m.t, found);
    if (m.prefix) return found.push({ ...at, source: `h:${m.prefix.toLowerCase()}{}`, kind: 'keys' });
    if (m.queryParams) return found.push({ ...at, source: 'q:{}', kind: 'keys' });
    if (m.status) return undefined;
    if (m.payload) {
      found.push({ ...at, source: 'b:', kind: m.t.startsWith('#') ? 'structure' : m.t });
      if (m.t.startsWith('#')) this.inside(m, '', { ...at, within: [] }, found);
      return undefined;
    }
    return this.member(m, '', { depth: 0, within: [] }, found);
  }

  leaf(at, type, found) {
    let kind = type;
    if (type.startsWith('#')) {
      const s = this.model.shapes[type.slice(1)];
      kind = s.k === 'list' ? 'list' : 'structure';
      if (s.k === 'list' && s.e.t === 'string') kind = 'strings';
    } else if (type.startsWith('[')) {
      kind = type === '[string' ? 'strings' : 'list';
    }
    found.push({ ...at, kind });
  }

  member(m, base, { depth, within, path }, found) {
    const at = {
      name: m.n, path: join(path || '', m.n), source: 'b:' + join(base, wireName(this.protocol, m)), depth, req: !!m.req, within, place: 'body',
    };
    this.inside(m, join(base, wireName(this.protocol, m)), at, found);
  }

  // inside adds a member and what is in it.
  inside(m, base, at, found) {
    const { depth, within = [] } = at;
    const add = (kind, more) => found.push({ ...at, kind, ...more });
    if (m.t === '[string') return add('strings', { source: 'b:' + base + this.simpleList(m) });
    if (m.t.startsWith('[')) return add('list', { source: 'b:' + base + this.simpleList(m) });
    if (m.t.startsWith('{')) return add('map', { map: 'b:' + base });
    if (!m.t.startsWith('#')) return m.payload ? undefined : add(m.t);
    const name = m.t.slice(1);
    const s = this.model.shapes[name];
    if (depth >= deepest || within.includes(name)) return undefined;
    const deeper = (path, plus) => ({ depth: depth + plus, within: [...within, name], path });
    switch (s.k) {
      case 'list': {
        const source = base + inList(this.protocol, m, s);
        if (s.e.t === 'string') return add('strings', { source: 'b:' + source });
        const element = s.e.t.startsWith('#') && this.model.shapes[s.e.t.slice(1)];
        add('list', { source: 'b:' + source, element });
        if (element && element.m) for (const e of element.m) this.member(e, source, deeper(at.path + '[]', 1), found);
        return undefined;
      }
      case 'map':
        return add('map', { map: 'b:' + base, element: s.e.t });
      default:
        if (!m.payload) add('structure', { shape: s });
        for (const e of s.m) this.member(e, base, deeper(m.payload ? at.path : at.path, 1), found);
        return undefined;
    }
  }

  simpleList(m) { return isJSON(this.protocol) || this.protocol === 'ec2Query' || m.flat ? '[]' : '[member]'; }

  // element returns the wire name of a member of a list's element.
  element(m) { return wireName(this.protocol, m); }
}

// find returns the member of a path like "Items[].Get.TableName", "Attributes{}" or
// "Attributes{Policy}"; what is not there stops the generator.
function find(members, path, where) {
  const [, name, map] = /^(.*?)(\{[^}]*\})?$/.exec(path);
  const bare = name.replace(/\[\]$/, '');
  const m = members.find((x) => x.path === bare) || members.find((x) => x.path.toLowerCase() === bare.toLowerCase());
  if (!m) throw new Error(`${where}: no member ${path}`);
  if (map) return { ...m, source: (m.map || m.source) + map };
  return { ...m, source: m.source || m.map };
}

module.exports = { Shapes, find, isJSON };
