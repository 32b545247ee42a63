// The running score: a bar with its interval for every two columns, mean ratings, what was said last, and what to make of it.
const bar = (pair) => {
  const node = el('div', 'score-bar');
  node.setAttribute('aria-hidden', 'true');
  if (pair.share === null || pair.share === undefined) return node;
  const span = el('span', 'score-interval'), dot = el('span', 'score-dot');
  span.style.left = pair.low + '%';
  span.style.width = Math.max(1, pair.high - pair.low) + '%';
  dot.style.left = pair.share + '%';
  node.append(span, el('span', 'score-even'), dot);
  return node;
};
const act = (className, text, name) => {
  const node = button(className, text, () => { node.disabled = true; trigger(name, {}); setTimeout(() => { node.disabled = false; }, 2000); });
  node.dataset.key = 'score-' + name;
  return node;
};
const ratings = (value) => {
  const cell = (tag, text) => { const node = el(tag, '', text); if (tag === 'th') node.scope = 'col'; return node; };
  const head = el('tr', '', '', cell('td', ''), ...value.heads.map((text) => cell('th', text)), cell('td', ''));
  const rows = value.ratings.map((row) => {
    const name = el('th', '', row.name);
    name.scope = 'row';
    return el('tr', '', '', name, ...row.means.map((text) => cell('td', text)), el('td', 'muted', row.n));
  });
  const box = el('div', 'rows-box', '', el('table', 'score-table', '', el('thead', '', '', head), el('tbody', '', '', ...rows)));
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', value.words.ratings_label);
  return box;
};
draws((value) => {
  if (!value.words) { element.replaceChildren(); return; }
  const words = value.words;
  const parts = value.pairs.map((pair) => el('section', 'score-pair', '',
    el('div', 'score-names', '', el('span', 'who', pair.second), el('span', 'who', pair.first)),
    bar(pair), el('p', '', pair.told), el('p', pair.is_clear ? 'score-clear' : 'muted', pair.next)));
  if (value.pairs.some((pair) => pair.votes)) parts.push(el('p', 'muted score-note', value.note));
  if (value.ratings.length) parts.push(ratings(value));
  if (value.said.length) {
    const link = el('a', 'mini', words.csv);
    link.href = '/files/judgements.csv';
    link.setAttribute('download', '');
    link.dataset.key = 'score-csv';
    parts.push(el('div', 'act-row', '',
      value.has_votes ? act('mini', words.votes_set, 'learn') : '',
      value.has_corrections ? act('mini', words.corrections, 'corrections') : '', link));
    parts.push(el('details', 'score-list', '', el('summary', '', words.list_label), el('ul', '', '',
      ...value.said.map((one) => el('li', '', '', el('span', '', one.text), el('span', 'muted', one.question), el('time', 'muted', one.time))))));
  }
  element.replaceChildren(el('div', 'score', '', ...parts));
});
