// Goals as radio cards: one purpose each, in a sentence.
draws((value) => {
  const group = el('div', 'goals');
  group.setAttribute('role', 'radiogroup');
  group.setAttribute('aria-label', value.label || '');
  for (const item of value.items || []) {
    const node = button('pick goal', '', () => trigger('pick', { id: item.id }));
    node.dataset.key = item.id;
    node.setAttribute('role', 'radio');
    node.setAttribute('aria-checked', String(item.id === value.chosen));
    node.append(el('span', 'pick-title', item.title), el('span', 'pick-what', item.what));
    if (item.tag) node.append(el('span', 'tag', item.tag));
    group.append(node);
  }
  element.replaceChildren(group, value.note ? el('p', 'goal-note', value.note) : '');
});
