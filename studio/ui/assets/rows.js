draws((value) => {
  if (!value.rows || !value.rows.length) { element.replaceChildren(el('p', 'empty', value.empty)); return; }
  const head = el('tr', '', '', ...value.columns.map((name) => {
    const cell = el('th', '', name);
    cell.scope = 'col';
    return cell;
  }));
  const body = el('tbody');
  for (const row of value.rows) {
    const line = el('tr', row.id === value.chosen ? 'chosen' : '', '', ...row.cells.map((text) => el('td', '', text)));
    line.tabIndex = 0;
    line.dataset.key = 'row-' + row.id;
    line.setAttribute('aria-selected', String(row.id === value.chosen));
    const pick = () => trigger('pick', { id: row.id });
    line.addEventListener('click', pick);
    line.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); pick(); }
      const next = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
      if (next && line[next]) { event.preventDefault(); line[next].focus(); }
    });
    body.append(line);
  }
  const table = el('table', 'rows', '', el('thead', '', '', head), body);
  table.setAttribute('aria-label', value.label || '');
  const turn = (label, offset, path) => {
    const node = button('icon-button', '', () => trigger('turn', { offset }));
    node.append(icon(path));
    node.title = label;
    node.setAttribute('aria-label', label);
    node.dataset.key = label;
    node.disabled = offset < 0 || offset >= value.total;
    return node;
  };
  const pager = el('div', 'pager', '', el('span', '', value.range),
    turn(value.previous, value.offset - value.limit, 'M15 5l-7 7 7 7'),
    turn(value.next, value.offset + value.limit, 'M9 5l7 7-7 7'));
  element.replaceChildren(el('div', 'rows-box', '', table), pager);
});
