
'use strict';
(() => {
  const of = id => document.getElementById(id);
  const policy = of('policy'), principal = of('principal'), unused = of('unused');
  const policies = [...document.querySelectorAll('.policy')];
  const rows = [...document.querySelectorAll('tr[data-caller]')];
  const callers = policies.map(p => new Set(p.dataset.callers.split(' ').filter(c => c)));

  const filter = () => {
    const name = policy.value.trim().toLowerCase(), caller = principal.value;
    const seen = new Set();
    let shown = 0;
    policies.forEach((p, i) => {
      p.hidden = !p.dataset.name.toLowerCase().includes(name) ||
        caller !== '' && !callers[i].has(caller) ||
        unused.checked && 'full' in p.dataset;
      if (!p.hidden) {
        shown++;
        callers[i].forEach(c => seen.add(c));
      }
    });
    rows.forEach(r => {
      r.hidden = caller !== '' && r.dataset.caller !== caller || name !== '' && !seen.has(r.dataset.caller);
    });
    of('nothing').hidden = shown > 0 || policies.length === 0;
    of('shown').textContent = shown + ' of ' + policies.length + ' policies';
  };

  of('filters').addEventListener('input', filter);
  of('filters').addEventListener('submit', e => e.preventDefault());
  filter();
})();
