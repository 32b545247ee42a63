// Somebody's own documents, and the button that lets a column answer with them.
draws((value) => {
  const items = value.items || [];
  const list = el('ul', 'document-list', '', ...items.map((item) => {
    const drop = button('chip-drop', '', () => { drop.disabled = true; trigger('drop', { id: item.id }); });
    drop.append(icon(BIN, 17));
    drop.title = item.drop;
    drop.setAttribute('aria-label', item.drop);
    drop.dataset.key = 'document-' + item.id;
    return el('li', '', '', el('span', 'document-name', item.name), el('span', 'muted', item.facts), drop);
  }));
  list.setAttribute('aria-label', value.label || '');
  const problems = value.problems?.length ? el('ul', 'document-problems', '', ...value.problems.map((text) => el('li', '', text))) : '';
  if (problems) problems.setAttribute('role', 'alert');
  let join = '';
  if (value.join) {
    join = button('mini primary', value.join, () => { join.disabled = true; trigger('join', {}); });
    join.dataset.key = 'join-documents';
  }
  element.replaceChildren(el('div', 'documents', '', problems, items.length ? list : '',
    value.note ? el('p', 'muted', value.note) : '', join ? el('div', 'act-row', '', join) : '',
    value.told ? el('p', 'document-told', value.told) : ''));
});
