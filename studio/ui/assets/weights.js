// What the board says in sentences, and how much each setting matters.
draws((value) => {
  const said = (value.sentences || []).map((text) => el('p', 'board-said', text));
  const bars = (value.bars || []).map((bar) => {
    const fill = el('span', 'bar-fill'), track = el('div', 'bar', '', fill);
    fill.style.width = Math.round(bar.share * 100) + '%';
    return el('div', 'weight', '', el('dt', '', bar.name), el('dd', '', '', track, el('b', '', bar.text)));
  });
  const list = el('dl', 'weights', '', ...bars);
  list.setAttribute('aria-label', value.label || '');
  element.replaceChildren(said.length ? el('div', 'board-says', '', ...said) : '', bars.length ? list : said.length ? '' : el('p', 'empty', value.empty),
    value.hint ? el('p', 'muted board-note', value.hint) : '');
});
