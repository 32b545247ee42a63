// A definition list: {title, rows: [[name, value, isChanged]], code}
draws((value) => {
  if (!value.rows || !value.rows.length) { element.replaceChildren(); return; }
  const list = el('dl', 'facts');
  for (const [name, text, mark] of value.rows) {
    list.append(el('div', mark ? 'changed' : '', '', el('dt', '', name), el('dd', '', text)));
  }
  element.replaceChildren(value.title ? el('h3', '', value.title) : '', list);
});
