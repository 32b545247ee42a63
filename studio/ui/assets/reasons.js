// Why each setting is what it is; it stays unfolded while the settings change.
let isOpen = false;
draws((value) => {
  if (!value.items || !value.items.length) { element.replaceChildren(); return; }
  const summary = el('summary', '', value.title);
  summary.dataset.key = 'reasons';
  const list = el('dl', 'reasons', '', ...value.items.map((item) => el('div', '', '',
    el('dt', '', item.label, el('b', '', item.value)), el('dd', '', item.text))));
  const box = el('details', 'why', '', summary, list);
  box.open = isOpen;
  box.addEventListener('toggle', () => { isOpen = box.open; });
  element.replaceChildren(box);
});
