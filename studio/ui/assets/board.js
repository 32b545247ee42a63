// Every try of a search in a line, the best first. Pointing at one lights it up in all pictures.
let editing = null;
// What is typed into a copy of a try, by setting; whether it was sent, and what waited then.
let typed = {};
let sent = null;
const leave = () => { editing = null; typed = {}; sent = null; };
const settings = (row) => el('div', 'try-settings', '', ...row.settings.map((one) => el('span', 'try-setting', '', el('span', 'muted', one.name), el('b', '', one.text))));
const editor = (value, row) => {
  const inputs = row.settings.map((one) => {
    const input = el('input', 'knob-input');
    Object.assign(input, { type: 'text', value: typed[one.setting] ?? one.value, autocomplete: 'off', spellcheck: false });
    input.addEventListener('input', () => { typed[one.setting] = input.value; });
    input.dataset.setting = one.setting;
    input.dataset.key = 'clone-' + row.number + '-' + one.setting;
    input.setAttribute('aria-label', one.name);
    return [input, el('label', 'knob-field', '', el('span', 'muted', one.name), input)];
  });
  const yes = button('mini primary', value.words.clone_yes, () => {
    // It stays open until the copy is listed: what is refused can be mended.
    sent = value.wishes;
    yes.disabled = true;
    setTimeout(() => { yes.disabled = false; }, 3000);
    trigger('clone', { search: value.search, number: row.number, settings: Object.fromEntries(inputs.map(([input]) => [input.dataset.setting, input.value])) });
  });
  const no = button('mini', value.words.clone_no, () => { leave(); show(value); });
  yes.dataset.key = 'clone-yes';
  const box = el('div', 'try-editor', '', el('p', 'muted', value.words.clone_ask), el('div', 'knob-values', '', ...inputs.map(([, label]) => label)), el('div', 'act-row', '', yes, no));
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') no.click(); });
  return box;
};
const act = (value, row, one) => {
  const node = button('mini', one.label, () => {
    if (one.id === 'clone') { leave(); editing = row.number; show(value); element.querySelector('.try-editor input')?.focus(); return; }
    node.disabled = true;
    setTimeout(() => { node.disabled = false; }, 3000);
    if (one.id === 'stop') trigger('stop', { search: value.search, number: row.number });
    if (one.id === 'settings') trigger('settings', { search: value.search, number: row.number });
    if (one.id === 'withdraw') trigger('withdraw', { search: value.search, wish: row.wish });
  });
  node.dataset.key = one.id + '-' + (row.number ?? row.wish);
  if (row.number !== null) node.setAttribute('aria-label', one.label + ' (' + value.words.number + ' ' + row.number + ')');
  return node;
};
const entry = (value, row) => {
  const state = el('span', 'try-state', '', el('span', 'dot'), el('span', '', row.state_label));
  const node = el('li', 'try' + (row.is_best ? ' is-best' : ''), '',
    el('div', 'try-head', '', el('span', 'try-number', row.number === null ? '' : '#' + row.number), el('b', 'try-value', row.value),
      ...row.tags.map((tag) => el('span', 'tag', tag)), state, el('span', 'try-seconds muted', row.seconds)),
    settings(row), row.told ? el('p', 'try-told', row.told) : '',
    editing !== null && editing === row.number ? editor(value, row) : row.acts.length ? el('div', 'act-row', '', ...row.acts.map((one) => act(value, row, one))) : '');
  node.dataset.state = row.state;
  if (row.number !== null) lights(node, row.number);
  return node;
};
let waiting = null;
const show = (value) => {
  if (!value.rows || !value.rows.length) { element.replaceChildren(el('p', 'empty', value.empty)); return; }
  const list = el('ol', 'tries', '', ...value.rows.map((row) => entry(value, row)));
  list.setAttribute('aria-label', value.words.settings);
  element.replaceChildren(value.note ? el('p', 'board-note muted', value.note) : '', list);
};
draws((value) => {
  if (sent !== null && (value.wishes || []).some((wish) => !sent.includes(wish))) { leave(); show(value); return; }
  // What is typed into a copy of a try stays until it is sent or left.
  if (editing !== null && element.contains(document.activeElement)) { waiting = value; return; }
  show(value);
});
element.addEventListener('focusout', () => setTimeout(() => {
  if (waiting && !element.contains(document.activeElement)) { const value = waiting; waiting = null; show(value); }
}, 0));
