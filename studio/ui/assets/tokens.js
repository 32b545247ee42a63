draws((value) => {
  if (!value.spans || !value.spans.length) {
    element.replaceChildren(el('p', value.error ? 'empty error' : 'empty', value.error || value.empty));
    return;
  }
  const legend = el('div', 'token-legend', '',
    el('span', 'token learned', value.learned_label), el('span', 'token read', value.read_label),
    el('span', 'muted', value.share));
  const text = el('div', 'tokens');
  for (const span of value.spans) {
    const node = el('span', 'token ' + (span.kind === 'learned' ? 'learned' : 'read'));
    node.textContent = span.text;
    text.append(node);
  }
  element.replaceChildren(legend, text);
});
