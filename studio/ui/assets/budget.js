// What a search comes to: so many tries in so much time, or what is wrong.
draws((value) => {
  if (!value.title) { element.replaceChildren(); return; }
  const head = el('h3', '', value.title);
  if (value.problem) {
    const box = el('div', 'notice ' + (value.problem.kind || 'warn'), '', el('strong', '', value.problem.title), el('p', '', value.problem.text));
    if (value.problem.fix) box.append(el('p', 'fix', value.problem.fix));
    element.replaceChildren(el('div', 'plan', '', head, box));
    return;
  }
  const text = el('p', 'budget', value.text);
  text.setAttribute('role', 'status');
  const enough = value.enough ? button('mini', value.enough_label, () => trigger('enough', { minutes: value.enough })) : '';
  if (enough) enough.dataset.key = 'enough';
  element.replaceChildren(el('div', 'plan', '', head, text, el('ul', 'budget-lines', '', ...value.lines.map((line) => el('li', '', line))),
    value.few ? el('div', 'budget-few', '', el('span', '', value.few), enough) : ''));
});
