// A page of examples with search, order and filters. The tools are built once, so that typing goes on while the table changes.
// What to look at goes as a whole: two quick clicks, the second before the answer to the first, both count.
const looks = oneByOne('look');
let wanted = {};
const look = (change) => {
  wanted = { ...wanted, ...change };
  looks.ask({ view: wanted });
};
const lookAnew = (change) => look({ ...change, offset: 0, chosen: null });
const turnTo = (offset) => look({ offset, chosen: null });
const search = el('input', 'tool-search'), tools = el('div', 'rows-tools'), place = el('div');
search.type = 'search';
const selects = {};
let waiting = 0, typed = '';
search.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { typed = search.value; lookAnew({ search: typed }); }, 350);
});
for (const name of ['part', 'order', 'filter']) {
  selects[name] = el('select', 'tool-select tool-' + name);
  selects[name].addEventListener('change', () => lookAnew({ [name]: selects[name].value }));
}
tools.append(search, ...Object.values(selects));
element.append(tools, place);

const option = ([key, text]) => {
  const node = el('option', '', text);
  node.value = key;
  return node;
};
const fillSelect = (node, groups, chosen, label) => {
  const key = JSON.stringify(groups);
  if (node.dataset.made !== key) {
    node.dataset.made = key;
    node.replaceChildren(...groups.flatMap((group) => {
      if (!group.label) return group.options.map(option);
      const box = el('optgroup', '', '', ...group.options.map(option));
      box.label = group.label;
      return [box];
    }));
  }
  node.value = chosen;
  node.setAttribute('aria-label', label || '');
};
const line = (row, value) => {
  const node = el('tr', row.id === value.chosen ? 'chosen' : '', '', ...row.cells.map((text) => el('td', '', text)));
  node.tabIndex = 0;
  node.dataset.key = 'row-' + row.id;
  node.setAttribute('aria-selected', String(row.id === value.chosen));
  const pick = () => look({ chosen: row.id });
  node.addEventListener('click', pick);
  node.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); pick(); }
    const next = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    if (next && node[next]) { event.preventDefault(); node[next].focus(); }
  });
  return node;
};
const pager = (value) => {
  const turn = (label, offset, path) => {
    const node = button('icon-button', '', () => turnTo(offset));
    node.append(icon(path));
    node.title = label;
    node.setAttribute('aria-label', label);
    node.dataset.key = label;
    node.disabled = offset < 0 || offset >= value.total;
    return node;
  };
  const pages = Math.max(1, Math.ceil(value.total / value.limit));
  const jump = el('input', 'page-number');
  jump.type = 'number';
  jump.min = 1;
  jump.max = pages;
  jump.value = Math.floor(value.offset / value.limit) + 1;
  jump.dataset.key = 'page-number';
  jump.setAttribute('aria-label', value.page_label || '');
  jump.addEventListener('change', () => {
    const page = Math.min(pages, Math.max(1, Math.round(Number(jump.value) || 1)));
    turnTo((page - 1) * value.limit);
  });
  return el('div', 'pager', '', el('span', '', value.range),
    turn(value.previous, value.offset - value.limit, 'M15 5l-7 7 7 7'), jump,
    el('span', 'of-pages', '/ ' + pages.toLocaleString()),
    turn(value.next, value.offset + value.limit, 'M9 5l7 7-7 7'));
};
draws((value) => {
  if (!looks.isNews(value)) return;
  const view = wanted = value.view || {};
  tools.hidden = !value.view;
  if (value.view) {
    // What a person is typing is theirs; only a change from elsewhere (another data set) is put into the field.
    if ((view.search || '') !== typed && document.activeElement !== search) { typed = view.search || ''; search.value = typed; }
    search.placeholder = value.search_label;
    search.setAttribute('aria-label', value.search_label);
    for (const name of ['part', 'order', 'filter']) fillSelect(selects[name], value.tools[name].groups, view[name], value.tools[name].label);
  }
  if (!value.rows || !value.rows.length) { place.replaceChildren(el('p', 'empty', value.empty)); return; }
  const head = el('tr', '', '', ...value.columns.map((name) => {
    const cell = el('th', '', name);
    cell.scope = 'col';
    return cell;
  }));
  const table = el('table', 'rows', '', el('thead', '', '', head), el('tbody', '', '', ...value.rows.map((row) => line(row, value))));
  table.setAttribute('aria-label', value.label || '');
  place.replaceChildren(el('div', 'rows-box', '', table), pager(value));
});
