// Questions with how their answers changed. A question is drawn anew only when something was said to it; what is unfolded stays.
const empty = el('p', 'empty'), about = el('p', 'strip-about muted'), list = el('div', 'strip'), ending = el('p', 'strip-ending');
ending.setAttribute('role', 'status');
element.append(empty, about, list, ending);
const drawn = [];

const said = (row, value) => {
  const text = el('dd', 'said', '', ...row.pieces.map(([piece, isNew]) => {
    const node = el(isNew ? 'mark' : 'span', '', piece);
    if (isNew) node.title = value.new_hint || '';
    return node;
  }));
  if (!row.pieces.some(([piece]) => piece)) text.append(el('span', 'muted', '–'));
  if (row.is_cut) { const more = el('span', 'muted', ' …'); more.title = value.cut_hint || ''; text.append(more); }
  return el('div', 'strip-row', '', el('dt', '', row.label), text);
};
const question = (item, value, isOpen) => {
  const rows = item.rows.map((row) => said(row, value)), last = rows.length > 1 ? rows.pop() : null;
  const [first, ...between] = rows;
  const answers = el('dl', '', '', first);
  let unfolded = null;
  if (between.length) {
    unfolded = el('details', 'strip-between', '', el('summary', '', item.between), el('dl', '', '', ...between));
    unfolded.open = isOpen;
  }
  if (last) last.classList.add('newest');
  const reference = el('div', 'strip-row reference', '', el('dt', '', value.reference_label), el('dd', 'said', item.reference));
  return el('section', 'strip-item', '', el('h4', '', item.question), answers, unfolded, el('dl', '', '', last, item.reference ? reference : null));
};

draws((value) => {
  const items = value.items || [];
  empty.hidden = items.length > 0;
  empty.textContent = value.empty || '';
  about.hidden = !items.length;
  about.textContent = value.about || '';
  items.forEach((item, place) => {
    const now = JSON.stringify(item), known = drawn[place];
    if (known && known.now === now) return;
    const node = question(item, value, Boolean(known?.node.querySelector('details')?.open));
    if (known) known.node.replaceWith(node); else list.append(node);
    drawn[place] = { now, node };
  });
  drawn.splice(items.length).forEach((old) => old.node.remove());
  const end = value.ending || {};
  ending.hidden = !end.text;
  ending.className = 'strip-ending ' + (end.kind || '');
  ending.textContent = end.text || '';
});
