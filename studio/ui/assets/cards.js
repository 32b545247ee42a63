draws((value) => {
  const group = el('div', 'picker');
  group.setAttribute('role', 'radiogroup');
  group.setAttribute('aria-label', value.label || '');
  for (const item of value.items || []) {
    const card = button('pick' + (item.tag_kind ? ' ' + item.tag_kind : ''), '', () => trigger('pick', { id: item.id }));
    card.dataset.key = item.id;
    card.setAttribute('role', 'radio');
    card.setAttribute('aria-checked', String(item.id === value.chosen));
    card.append(
      el('span', 'pick-head', '', el('span', 'pick-title', item.title), el('span', 'tag', item.tag)),
      el('span', 'pick-what', item.what), el('span', 'pick-count', item.count));
    group.append(card);
  }
  element.replaceChildren(group);
});
