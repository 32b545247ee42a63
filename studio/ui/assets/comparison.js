// Two trainings in a table: {heads: [left, right], groups: [{title, rows: [[name, left, right]]}], note}
draws((value) => {
  if (!value.heads) { element.replaceChildren(); return; }
  const head = el('tr', '', '', el('td'), ...value.heads.map((name) => { const cell = el('th', '', name); cell.scope = 'col'; return cell; }));
  const groups = value.groups.filter((group) => group.rows.length).map((group) => {
    const title = el('th', 'compared-group', group.title);
    title.colSpan = 3;
    title.scope = 'colgroup';
    return el('tbody', '', '', el('tr', '', '', title), ...group.rows.map(([name, left, right]) => {
      const cell = el('th', '', name);
      cell.scope = 'row';
      return el('tr', left === right ? '' : 'differs', '', cell, el('td', '', left), el('td', '', right));
    }));
  });
  const table = el('table', 'compared', '', el('thead', '', '', head), ...groups);
  element.replaceChildren(el('div', 'compared-box', '', table), value.note ? el('p', 'muted compared-note', value.note) : '');
});
