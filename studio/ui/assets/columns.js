// The file's first rows with a role to choose above every column; the roles go as a whole.
const roles = oneByOne('roles');
draws((value) => {
  if (!roles.isNews(value)) return;
  if (!value.columns || !value.columns.length) { element.replaceChildren(el('p', 'empty', value.empty)); return; }
  const head = el('tr', '', '', ...value.columns.map((column, i) => {
    const choice = el('select', 'tool-select role-select' + (column.role === 'ignore' ? '' : ' is-used'), '', ...value.roles.map(([key, text]) => {
      const node = el('option', '', text);
      node.value = key;
      return node;
    }));
    choice.value = column.role;
    choice.dataset.key = 'role-' + i;
    choice.setAttribute('aria-label', value.role_label + ': ' + column.name);
    choice.addEventListener('change', () => {
      for (const other of element.querySelectorAll('select')) {
        if (other !== choice && other.value === choice.value) other.value = 'ignore';
      }
      roles.ask({ roles: [...element.querySelectorAll('select')].map((one) => one.value) });
    });
    const cell = el('th', column.role === 'ignore' ? 'unused' : '', '', el('span', 'column-name', column.name), choice);
    cell.scope = 'col';
    return cell;
  }));
  const body = el('tbody', '', '', ...value.rows.map((cells) =>
    el('tr', '', '', ...cells.map((text, i) => el('td', value.columns[i].role === 'ignore' ? 'unused' : '', text)))));
  const box = el('div', 'rows-box', '', el('table', 'rows role-table', '', el('thead', '', '', head), body));
  box.tabIndex = 0;
  box.setAttribute('aria-label', value.label || '');
  element.replaceChildren(box);
});
