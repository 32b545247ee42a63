// The filled template: learned, only read, cut off; the mark that ends a turn has a frame, a new piece a line of its own.
const KINDS = ['learned', 'read', 'cut'];
const piece = (span, value) => {
  if (span.kind === 'break') return el('span', 'token-break', value.break_label);
  const node = el('span', 'token ' + (KINDS.includes(span.kind) ? span.kind : 'read') + (span.is_end ? ' end' : ''));
  node.textContent = span.text;
  if (span.is_end) node.title = value.end_label;
  return node;
};
draws((value) => {
  if (!value.spans || !value.spans.length) {
    element.replaceChildren(el('p', value.error ? 'empty error' : 'empty', value.error || value.empty));
    return;
  }
  const used = new Set(value.spans.map((span) => span.kind));
  const legend = el('div', 'token-legend', '',
    ...KINDS.filter((kind) => kind !== 'cut' || used.has('cut')).map((kind) => el('span', 'token ' + kind, value[kind + '_label'])),
    value.spans.some((span) => span.is_end) ? el('span', 'token end learned', value.end_label) : '',
    el('span', 'muted', value.share));
  const text = el('div', 'tokens', '', ...value.spans.map((span) => piece(span, value)));
  text.tabIndex = 0;
  text.setAttribute('role', 'region');
  text.setAttribute('aria-label', value.label || '');
  const notes = (value.notes || []).map((note) => el('p', 'token-note', note));
  element.replaceChildren(legend, text, ...notes);
});
