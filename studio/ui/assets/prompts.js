// Prompts with the answers of all columns. The table asks for one row after the other, as long as it is there to show them.
let rows = [], shownRun, asked = '', address = '';
const told = el('p', 'prompts-told muted'), acts = el('div', 'act-row'), box = el('div', 'rows-box prompts-box');
told.setAttribute('role', 'status');
box.tabIndex = 0;
const head = el('thead'), body = el('tbody');
box.append(el('table', 'prompts-table', '', head, body));

draws((value) => {
  if (!value.heads) { element.replaceChildren(); rows = []; return; }
  if (!box.isConnected) element.replaceChildren(el('div', 'prompts-bar', '', told, acts), box);
  if (value.run !== shownRun) { rows = []; shownRun = value.run; asked = ''; body.replaceChildren(); }
  told.textContent = value.told;
  box.setAttribute('aria-label', value.label);
  head.replaceChildren(el('tr', '', '', ...value.heads.map((text) => { const cell = el('th', '', text); cell.scope = 'col'; return cell; })));
  value.rows.forEach((cells, i) => {
    const place = value.since + i;
    if (place < rows.length) return;
    rows.push(cells);
    const [first, ...rest] = cells;
    const name = el('th', '', first);
    name.scope = 'row';
    body.append(el('tr', '', '', name, ...rest.map((text) => el('td', '', text))));
  });
  acts.replaceChildren();
  if (address) { URL.revokeObjectURL(address); address = ''; }
  if (value.next !== null && value.next !== undefined) {
    const stop = button('mini danger', value.stop, () => { stop.disabled = true; trigger('halt', {}); });
    stop.dataset.key = 'halt';
    acts.append(stop);
    const wanted = value.run + ':' + value.next;
    if (asked !== wanted) { asked = wanted; trigger('next', { run: value.run, place: value.next }); }
  } else if (value.csv) {
    address = URL.createObjectURL(new Blob([value.csv], { type: 'text/csv;charset=utf-8' }));
    const link = el('a', 'mini', value.csv_label);
    link.href = address;
    link.setAttribute('download', value.csv_name);
    link.dataset.key = 'csv';
    acts.append(link);
  }
});
