// Several data sets in one training: a share each, and what the training will see.
let shares = {}, shownKey;
draws((value) => {
  const key = JSON.stringify([value.base, value.items?.map((item) => [item.id, item.percent])]);
  if (key !== shownKey) { shownKey = key; shares = Object.fromEntries((value.items || []).map((item) => [item.id, item.percent])); }
  if (!value.items || !value.items.length) { element.replaceChildren(el('p', 'empty', value.empty)); return; }
  const send = () => trigger('share', { shares: Object.fromEntries(Object.entries(shares).filter(([, percent]) => percent > 0)) });
  const rows = value.items.map((item, i) => {
    const slider = el('input'), shown = el('span', 'mix-percent', (shares[item.id] || 0) + ' %');
    Object.assign(slider, { type: 'range', min: 0, max: 90, step: 5, value: shares[item.id] || 0 });
    slider.dataset.key = 'mix-' + i;
    slider.setAttribute('aria-label', item.title);
    slider.addEventListener('input', () => { shares[item.id] = Number(slider.value); shown.textContent = slider.value + ' %'; });
    slider.addEventListener('change', send);
    return el('div', 'mix-row', '', el('span', 'mix-name', item.title), el('span', 'muted', item.count), slider, shown);
  });
  const parts = (value.seen || []).map((part, i) => {
    const node = el('span', 'mix-part part-' + i % 5);
    node.style.flexGrow = part.rows;
    node.title = part.text;
    return node;
  });
  const told = el('ul', 'mix-told', '', ...(value.seen || []).map((part, i) => el('li', '', '', el('span', 'mix-dot part-' + i % 5), el('span', '', part.text))));
  element.replaceChildren(el('div', 'mix-rows', '', ...rows),
    value.error ? el('p', 'empty error', value.error) : '',
    el('h4', '', value.seen_title), el('div', 'mix-bar', '', ...parts), told);
});
