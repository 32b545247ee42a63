// The file's first rows with a role to choose above every column. One choice is out at a time, so that none overtakes
// another; what is chosen meanwhile goes as a whole when the answer is there.
let turn = 0;
let isOut = false;
let later = null;
const send = (roles) => {
  turn += 1;
  const sent = turn;
  isOut = true;
  later = null;
  trigger('roles', { roles, turn });
  // An answer that never comes must not block the table.
  setTimeout(() => { if (turn === sent) settle(); }, 5000);
};
const settle = () => {
  isOut = false;
  if (later) send(later);
};
draws((value) => {
  settle();
  // What is shown is newer than this answer.
  if (isOut) return;
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
      const roles = [...element.querySelectorAll('select')].map((one) => one.value);
      if (isOut) later = roles; else send(roles);
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
