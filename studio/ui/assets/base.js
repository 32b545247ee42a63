// What a search starts from, and a way to where that is made.
draws((value) => {
  if (!value.text) { element.replaceChildren(); return; }
  const change = button('mini', value.change, () => trigger('train', {}));
  change.dataset.key = 'base-change';
  element.replaceChildren(el('div', 'search-base', '', el('span', '', value.text), change));
});
