draws((value) => {
  if (!value.steps) { element.replaceChildren(); return; }
  const steps = el('ol', 'tour-steps', '', ...value.steps.map((text, i) => {
    const node = el('li', i < value.at ? 'done' : i === value.at ? 'now' : '', '',
      el('span', 'number', i < value.at ? '✓' : i + 1), el('span', '', text));
    if (i === value.at) node.setAttribute('aria-current', 'step');
    return node;
  }));
  const close = button('icon-button close', '', () => trigger('leave', {}));
  close.append(icon('M6 6l12 12M18 6L6 18'));
  close.title = value.leave;
  close.setAttribute('aria-label', value.leave);
  const words = el('div', 'tour-words', '', el('strong', '', value.title), el('p', '', value.text));
  const act = el('div', 'tour-act');
  if (value.action) {
    const go = button('act', value.action, () => { go.disabled = true; trigger('go', { action: value.does }); });
    act.append(go);
  }
  const card = el('section', 'tour', '', close, steps, el('div', 'tour-body', '', words, act));
  if (value.share !== null && value.share !== undefined) {
    const fill = el('span', 'bar-fill');
    fill.style.width = Math.round(value.share * 100) + '%';
    card.append(el('div', 'bar', '', fill));
  }
  card.setAttribute('aria-label', value.title);
  element.replaceChildren(card);
});
