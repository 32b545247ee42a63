// The file's first rows with a role to choose above every column; the roles go as a whole, also when they are used, so that
// what is used is what stands here.
const roles = oneByOne('roles');
const chosen = () => [...element.querySelectorAll('select')].map((one) => one.value);
const act = (kind, key, text, isOn, onclick) => {
  const node = button('mini' + kind, text, onclick);
  node.dataset.key = key;
  node.disabled = !isOn;
  return node;
};
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
      roles.ask({ roles: chosen() });
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
  const words = value.words;
  const use = act(' primary', 'use', words.use, value.can_use, () => {
    use.disabled = true;
    trigger('use', { roles: chosen() });
    // Where it was refused it can be pressed again.
    setTimeout(() => { use.disabled = !value.can_use; }, 3000);
  });
  const undo = act('', 'undo', words.undo, value.can_undo, () => roles.step({ undo: true }));
  element.replaceChildren(box, el('div', 'act-row', '', use, undo));
});
