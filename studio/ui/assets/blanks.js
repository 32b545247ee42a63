// Names in the text that wait for words: one field each.
let texts = {}, shownKey;
draws((value) => {
  if (!value.names || !value.names.length) { element.replaceChildren(); return; }
  const key = value.names.join('\n');
  if (key !== shownKey) { shownKey = key; texts = {}; }
  const fields = value.names.map((name, i) => {
    const box = el('input', 'tool-search');
    box.value = texts[name] || '';
    box.dataset.key = 'blank-' + i;
    box.addEventListener('input', () => { texts[name] = box.value; save.disabled = !ready(); });
    return el('label', 'add-field', '', el('span', 'who', value.labels[i]), box);
  });
  const ready = () => value.names.some((name) => (texts[name] || '').trim());
  const save = button('mini primary', value.save, () => { save.disabled = true; trigger('fill', { values: { ...texts } }); });
  save.disabled = !ready();
  element.replaceChildren(el('div', 'notice warn blanks', '', el('strong', '', value.title), el('p', '', value.text),
    el('div', 'blank-fields', '', ...fields), el('div', 'edit-acts', '', save)));
});
