// The steps that made this data set, the last one with a way back.
draws((value) => {
  if (!value.steps || !value.steps.length) { element.replaceChildren(el('p', 'empty', value.empty)); return; }
  element.replaceChildren(el('ol', 'history', '', ...value.steps.map((step, i) => {
    const node = el('li', '', '', el('span', 'number', i + 1), el('span', 'step-text', step.text), el('span', 'muted', step.count));
    if (i === value.steps.length - 1 && value.undo) {
      const undo = button('mini', value.undo, () => { undo.disabled = true; trigger('undo', {}); });
      undo.dataset.key = 'undo';
      node.append(undo);
    }
    return node;
  })));
});
