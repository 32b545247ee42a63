const ago = (seconds, lang) => {
  if (!seconds) return '';
  const when = new Date(seconds * 1000), now = new Date();
  const options = when.toDateString() === now.toDateString() ? { hour: '2-digit', minute: '2-digit' }
    : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(lang, options).format(when);
};
draws((value) => {
  if (!value.items || !value.items.length) { element.replaceChildren(el('p', 'empty', value.empty)); return; }
  element.replaceChildren(el('div', 'run-list', '', ...value.items.map((item) => {
    const card = button('run-card' + (item.id === value.chosen ? ' chosen' : '') + (item.kind === 'search' ? ' search' : ''), '', () => trigger('pick', { id: item.id }));
    card.dataset.key = 'run-' + item.id;
    card.setAttribute('aria-pressed', String(item.id === value.chosen));
    const pill = el('span', 'pill', '', el('span', 'dot'), el('span', 'state-word', item.state_label));
    const head = el('span', 'run-head', '', el('span', 'run-name', '', item.kind_label ? el('span', 'run-kind', item.kind_label) : '', item.name), pill);
    const foot = el('span', 'run-foot', '', el('span', '', ago(item.created, value.lang)), el('span', '', item.facts));
    card.dataset.state = item.state;
    card.append(head, foot, item.origin ? el('span', 'run-origin', item.origin) : '');
    return card;
  })));
});
