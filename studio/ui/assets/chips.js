draws((value) => {
  if (!value.items || !value.items.length) { element.replaceChildren(); return; }
  const row = el('div', 'prompt-chips', '', ...value.items.map((text, i) => {
    const chip = button('chip prompt', text, () => trigger('pick', { text }));
    chip.dataset.key = 'chip-' + i;
    return chip;
  }));
  element.replaceChildren(el('span', 'chips-label', value.label), row);
});
