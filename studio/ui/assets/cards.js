// Data sets as radio cards; an own one can be deleted after a question in its place.
let asking = null;
// A file's name may break behind its signs, and not in the middle of a word.
const title = (text) => el('span', 'pick-title', '', ...String(text).split(/(?<=[_.-])/).flatMap((part) => [part, el('wbr')]));
const card = (item, value) => {
  const node = button('pick' + (item.tag_kind ? ' ' + item.tag_kind : ''), '', () => trigger('pick', { id: item.id }));
  node.dataset.key = item.id;
  node.setAttribute('role', 'radio');
  node.setAttribute('aria-checked', String(item.id === value.chosen));
  node.append(
    el('span', 'pick-head', '', title(item.title), item.can_drop ? '' : el('span', 'tag', item.tag)),
    el('span', 'pick-what', item.what),
    el('span', 'pick-count', item.can_drop ? item.count + ' · ' + item.tag : item.count));
  return node;
};
const bin = (item, value) => {
  const node = button('bin', '', () => { asking = item.id; show(value); element.querySelector('.pick-ask button')?.focus(); });
  node.append(icon(BIN, 17));
  node.title = value.drop_label;
  node.setAttribute('aria-label', value.drop_label + ': ' + item.title);
  return node;
};
const question = (item, value) => {
  const yes = button('mini danger', value.drop_label, () => { asking = null; trigger('drop', { id: item.id }); });
  const no = button('mini', value.keep_label, () => { asking = null; show(value); });
  const box = el('div', 'pick pick-ask', '', el('span', 'pick-title', item.title), el('span', 'pick-what', value.drop_question),
    el('span', 'pick-acts', '', yes, no));
  box.setAttribute('role', 'alertdialog');
  box.setAttribute('aria-label', value.drop_question);
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') no.click(); });
  return box;
};
const show = (value) => {
  const group = el('div', 'picker');
  group.setAttribute('role', 'radiogroup');
  group.setAttribute('aria-label', value.label || '');
  for (const item of value.items || []) {
    const cell = el('div', 'pick-cell');
    if (item.can_drop && asking === item.id) cell.append(question(item, value));
    else cell.append(...[card(item, value), item.can_drop ? bin(item, value) : ''].filter(Boolean));
    group.append(cell);
  }
  element.replaceChildren(group);
};
draws(show);
