// Data sets of the Hub: what was found, then the chosen one with its part and its size.
let subset = null, split = null, shownKey;
const picker = (label, options, chosen, onchange, key) => {
  const node = el('select', 'tool-select', '', ...options.map(([value, text]) => {
    const entry = el('option', '', text);
    entry.value = value;
    return entry;
  }));
  node.value = chosen;
  node.dataset.key = key;
  node.addEventListener('change', () => onchange(node.value));
  return el('label', 'add-field', '', el('span', 'who', label), node);
};
const details = (value) => {
  const found = value.details, words = value.words;
  if (found.id !== shownKey) { shownKey = found.id; subset = found.subsets[0]?.name ?? null; split = null; }
  const part = found.subsets.find((one) => one.name === subset) || found.subsets[0];
  const one = part?.splits.find((entry) => entry.name === split) || part?.splits[0];
  const box = el('div', 'hub-details', '', el('strong', '', found.id), el('p', 'muted', found.facts));
  if (found.note) box.append(el('p', 'token-note', found.note));
  if (!part || !one) { box.append(el('p', 'empty', found.nothing)); return box; }
  split = one.name;
  box.append(
    picker(words.subset, found.subsets.map((entry) => [entry.name, entry.name]), part.name, (name) => { subset = name; split = null; show(value); }, 'hub-subset'),
    picker(words.split, part.splits.map((entry) => [entry.name, entry.name + ' · ' + entry.size]), one.name, (name) => { split = name; show(value); }, 'hub-split'));
  const bring = button('mini primary', words.bring, () => { bring.disabled = true; trigger('bring', { id: found.id, subset: part.name, split: one.name }); });
  bring.dataset.key = 'hub-bring';
  box.append(el('div', 'edit-acts', '', bring, button('mini', words.back, () => trigger('back', {}))));
  return box;
};
const show = (value) => {
  if (value.error) { element.replaceChildren(el('div', 'notice error', '', el('strong', '', value.error.title), el('p', '', value.error.text), el('p', 'fix', value.error.fix))); return; }
  if (value.details) { element.replaceChildren(details(value)); return; }
  if (!value.items || !value.items.length) { element.replaceChildren(value.empty ? el('p', 'empty', value.empty) : ''); return; }
  element.replaceChildren(el('div', 'hub-list', '', ...value.items.map((item) => {
    const node = button('hub-item', '', () => {
      trigger('pick', { id: item.id });
      element.replaceChildren(el('p', 'empty', value.asking));
    });
    node.dataset.key = 'hub-' + item.id;
    node.append(el('span', 'hub-id', item.id), el('span', 'muted', item.facts));
    return node;
  })));
};
draws(show);
