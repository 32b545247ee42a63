// A dialog with an answer in pieces; the one that is pointed at, tapped or reached by the arrow keys tells how likely it was.
let shownMark;
const close = button('icon-button close', '', () => dialog.close());
close.append(icon('M6 6l12 12M18 6L6 18'));
const title = el('h3'), about = el('p', 'muted'), text = el('div', 'sure-text'), told = el('div', 'sure-told');
told.setAttribute('aria-live', 'polite');
text.setAttribute('role', 'group');
const dialog = el('dialog', 'sure', '', close, title, about, text, told);
// Outside of the card, a click closes.
dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
element.append(dialog);

const tell = (value, piece, node) => {
  for (const other of text.querySelectorAll('.chosen')) { other.classList.remove('chosen'); other.tabIndex = -1; }
  node.classList.add('chosen');
  node.tabIndex = 0;
  told.replaceChildren(el('p', 'sure-piece', '', el('span', 'sure-word', piece.text.trim() || '␣')), ...piece.lines.map((line, i) => {
    const fill = el('span', 'bar-fill');
    fill.style.width = Math.round(line.share * 100) + '%';
    return el('div', 'sure-line ' + value.kinds[i], '', el('span', 'sure-name', value.names[i]), el('div', 'bar', '', fill),
      el('b', '', line.percent), el('span', 'muted', line.rather));
  }));
};
draws((value) => {
  if (!value.pieces || value.mark === shownMark) return;
  shownMark = value.mark;
  title.textContent = value.title;
  about.textContent = value.about;
  close.title = value.close;
  close.setAttribute('aria-label', value.close);
  text.setAttribute('aria-label', value.hint);
  text.replaceChildren(...value.pieces.map((piece) => {
    if (!piece.lines) return el('span', '', piece.text);
    const node = button('sure-bit level-' + piece.level, piece.text, () => tell(value, piece, node));
    node.tabIndex = -1;
    for (const kind of ['pointerenter', 'focus']) node.addEventListener(kind, () => tell(value, piece, node));
    return node;
  }));
  const bits = [...text.querySelectorAll('.sure-bit')];
  text.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    bits[bits.indexOf(document.activeElement) + step]?.focus();
  };
  told.replaceChildren(el('p', 'muted', value.hint));
  if (bits[0]) bits[0].tabIndex = 0;
  if (!dialog.open) dialog.showModal();
});
