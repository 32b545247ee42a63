// The skeleton is built once, so that the bar glides and a screen reader hears only what changed.
const dot = el('span', 'dot'), state = el('span', 'state-word'), name = el('span', 'run-name'), aside = el('span', 'muted aside');
const pill = el('span', 'pill', '', dot, state);
pill.setAttribute('role', 'status');
const fill = el('span', 'bar-fill'), bar = el('div', 'bar', '', fill);
bar.setAttribute('role', 'progressbar');
bar.setAttribute('aria-valuemin', '0');
bar.setAttribute('aria-valuemax', '100');
const stage = el('p', 'stage'), problem = el('div', 'notice error'), tiles = el('div', 'tiles'), notes = el('ul', 'notes'), empty = el('p', 'empty');
const box = el('div', 'status', '', el('div', 'status-head', '', pill, name, aside), bar, stage, problem, tiles, notes);
problem.setAttribute('role', 'alert');
element.append(empty, box);
const say = (node, text) => { if (node.textContent !== (text || '')) node.textContent = text || ''; };

draws((value) => {
  box.hidden = !value.state;
  empty.hidden = Boolean(value.state);
  say(empty, value.empty);
  if (!value.state) return;
  box.dataset.state = value.state;
  say(state, value.state_label);
  say(name, value.name);
  say(aside, value.aside);
  say(stage, value.stage);
  problem.hidden = !value.problem;
  const told = value.problem || {};
  if (problem.dataset.said !== JSON.stringify(told)) {
    problem.dataset.said = JSON.stringify(told);
    problem.replaceChildren(el('strong', '', told.title), el('p', '', told.text), el('p', 'fix', told.fix));
  }
  const percent = value.share === null || value.share === undefined ? null : Math.round(value.share * 1000) / 10;
  bar.classList.toggle('unknown', percent === null);
  fill.style.width = percent === null ? '' : percent + '%';
  if (percent === null) bar.removeAttribute('aria-valuenow'); else bar.setAttribute('aria-valuenow', String(percent));
  bar.setAttribute('aria-label', value.bar_label || '');
  tiles.replaceChildren(...(value.tiles || []).map((tile) => {
    const figure = el('div', 'figure', tile.value);
    if (tile.of) figure.append(el('small', '', ' ' + tile.of));
    const node = el('div', 'tile', '', figure, el('div', 'tile-label', tile.label));
    if (tile.hint) node.title = tile.hint;
    return node;
  }));
  notes.replaceChildren(...(value.notes || []).map((note) => el('li', note.kind, note.text)));
});
