// A chip per column, in the groups that answer at once, and lists to add one or to begin with a pair.
const chip = (item, value) => {
  const node = el('li', 'column-chip ' + item.kind, '', el('span', 'chip-name', item.name), item.own ? el('span', 'tag', item.own) : '');
  if (value.items.length > 1) {
    const drop = button('chip-drop', '', () => trigger('leave', { key: item.key }));
    drop.append(icon('M7 7l10 10M17 7L7 17', 14));
    drop.title = value.drop_label;
    drop.setAttribute('aria-label', value.drop_label + ': ' + item.name);
    drop.dataset.key = 'drop-' + item.key;
    node.append(drop);
  }
  return node;
};
const chooser = (name, key, label, groups) => {
  const first = el('option', '', label);
  first.value = '';
  const node = el('select', 'tool-select', '', first, ...groups);
  node.dataset.key = key;
  node.setAttribute('aria-label', label);
  node.addEventListener('change', () => {
    if (node.value) trigger(name, { key: node.value });
    node.value = '';
  });
  return node;
};
const option = ([key, text]) => {
  const node = el('option', '', text);
  node.value = key;
  return node;
};
draws((value) => {
  const items = value.items || [];
  if (!items.length) { element.replaceChildren(); return; }
  const groups = [...new Set(items.map((item) => item.group))];
  const chips = el('ul', 'lineup-chips', '', ...groups.map((group) => {
    const inside = items.filter((item) => item.group === group);
    return el('li', 'lineup-group' + (groups.length > 1 && inside.length > 1 ? ' together' : ''), '',
      el('ul', '', '', ...inside.map((item) => chip(item, value))));
  }));
  chips.setAttribute('aria-label', value.label);
  const adds = value.adds || [];
  const add = chooser('join', 'add-column', value.add_label, adds.map((group) => {
    const node = el('optgroup', '', '', ...group.options.map(option));
    node.label = group.label;
    return node;
  }));
  add.disabled = !adds.length;
  const pairs = value.pairs || [];
  const pair = pairs.length > 1 ? chooser('pair', 'usual-columns', value.pairs_label, pairs.map(option)) : '';
  element.replaceChildren(el('div', 'lineup', '', chips, el('div', 'lineup-acts', '', add, pair)),
    value.note ? el('p', 'lineup-note muted', value.note) : '');
});
