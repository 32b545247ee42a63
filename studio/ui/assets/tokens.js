// The filled template: learned, only read, cut off; the mark that ends a turn has a frame, a new piece a line of its own.
const KINDS = ['learned', 'read', 'cut'];
// Single tokens are many elements; the rest of a very long example stays whole.
const MOST_PIECES = 6000;
let inPieces = false, made = 0;
const cutUp = (span) => {
  const letters = Array.from(span.text), places = [0, ...span.cuts, letters.length];
  made += places.length;
  return places.slice(1).map((end, i) => el('span', 'piece', letters.slice(places[i], end).join('')));
};
const piece = (span, value) => {
  if (span.kind === 'break') return el('span', 'token-break', value.break_label);
  const node = el('span', 'token ' + (KINDS.includes(span.kind) ? span.kind : 'read') + (span.is_end ? ' end' : ''));
  if (inPieces && made < MOST_PIECES) node.append(...cutUp(span));
  else node.textContent = span.text;
  if (span.is_end) node.title = value.end_label;
  return node;
};
const show = (value) => {
  made = 0;
  if (!value.spans || !value.spans.length) {
    element.replaceChildren(el('p', value.error ? 'empty error' : 'empty', value.error || value.empty));
    return;
  }
  const used = new Set(value.spans.map((span) => span.kind));
  const legend = el('div', 'token-legend', '',
    ...KINDS.filter((kind) => kind !== 'cut' || used.has('cut')).map((kind) => el('span', 'token ' + kind, value[kind + '_label'])),
    value.spans.some((span) => span.is_end) ? el('span', 'token end learned', value.end_label) : '',
    el('span', 'muted', value.share));
  const box = el('input'), toggle = el('label', 'token-toggle', '', box, el('span', '', value.pieces_label));
  Object.assign(box, { type: 'checkbox', checked: inPieces });
  box.dataset.key = 'pieces';
  box.addEventListener('change', () => { inPieces = box.checked; show(value); element.querySelector('[data-key=pieces]').focus(); });
  const text = el('div', 'tokens', '', ...value.spans.map((span) => piece(span, value)));
  text.tabIndex = 0;
  text.setAttribute('role', 'region');
  text.setAttribute('aria-label', value.label || '');
  const notes = (value.notes || []).map((note) => el('p', 'token-note', note));
  element.replaceChildren(legend, text, toggle, ...notes);
};
draws(show);
