// What a search varies: a row per setting, switched on or off, with a range, a list of numbers, or choices to pick from.
let isOpen = false;
// Everything that somebody has changed, in the order of `turn`. It lies in the component's own value, where whoever starts
// the search finds it; an answer to an earlier change does not undo a later one.
let edits = {}, turn = 0;
const overlay = (row) => {
  const { chosen, ...plain } = edits[row.setting] || {};
  Object.assign(row, plain);
  if (chosen) for (const option of row.options) option.on = chosen.includes(option.value);
};
// What is kept here is on the page already: whoever is on the way to the next field must still find it.
const keep = (value) => { props.value = { ...value, edits, turn, kept: turn }; };
const send = (row, change) => {
  edits = { ...edits, [row.setting]: { ...edits[row.setting], ...change } };
  turn += 1;
  overlay(row);
  keep(props.value);
  trigger('vary', {});
};
const field = (row, name, label) => {
  const input = el('input', 'knob-input');
  Object.assign(input, { type: 'text', value: row[name], autocomplete: 'off', spellcheck: false });
  if (name !== 'listed') input.inputMode = 'decimal';
  input.dataset.key = row.setting + '-' + name;
  input.setAttribute('aria-label', row.name + ': ' + label);
  if (row.problem) input.setAttribute('aria-invalid', 'true');
  // What was typed is sent once, however the field is left.
  const commit = () => {
    if (input.value === row[name]) return;
    send(row, { [name]: input.value });
  };
  for (const leaving of ['change', 'blur']) input.addEventListener(leaving, commit);
  return el('label', 'knob-field' + (name === 'listed' ? ' wide' : ''), '', el('span', 'muted', label), input);
};
const check = (key, label, isOn, onchange) => {
  const box = el('input');
  Object.assign(box, { type: 'checkbox', checked: isOn });
  box.dataset.key = key;
  box.addEventListener('change', () => onchange(box.checked));
  return el('label', 'knob-check', '', box, el('span', '', label));
};
const values = (row, words) => {
  if (row.kind === 'range') {
    return el('div', 'knob-values', '', field(row, 'low', words.from), field(row, 'high', words.to),
      check(row.setting + '-log', words.log, row.log, (log) => send(row, { log })));
  }
  if (row.kind === 'list') return el('div', 'knob-values', '', field(row, 'listed', words.values));
  return el('div', 'knob-values choices', '', ...row.options.map((option) => check(row.setting + '=' + option.value, option.label, option.on, () => {
    const isOn = (one) => (one === option ? !one.on : one.on);
    send(row, { chosen: row.options.filter(isOn).map((one) => one.value) });
  })));
};
const draw = (row, words) => {
  const node = el('div', 'knob' + (row.on ? ' is-on' : ''));
  node.dataset.setting = row.setting;
  const own = el('span', 'knob-own muted', words.now + ' ' + row.own);
  const box = check(row.setting + '-on', row.name, row.on, (on) => send(row, { on }));
  box.classList.add('knob-name');
  node.append(el('div', 'knob-head', '', box, own), el('p', 'knob-info muted', row.info));
  if (row.on) node.append(values(row, words), row.problem ? el('p', 'knob-problem', row.problem) : '');
  return node;
};
draws((value) => {
  if (!value.rows) { element.replaceChildren(); return; }
  if (value.kept === turn && element.firstElementChild) return;
  const isLate = (value.turn || 0) < turn;
  if (!isLate) { edits = value.edits || {}; turn = value.turn || 0; }
  for (const row of [...value.rows, ...value.more]) overlay(row);
  // What is being typed just now must not be lost to an answer to what was typed before.
  const typed = element.contains(document.activeElement) && document.activeElement.matches('.knob-input') ? document.activeElement : null;
  const kept = typed && { key: typed.dataset.key, text: typed.value, at: typed.selectionStart };
  const summary = el('summary', '', value.words.more, value.more_told ? el('span', 'knob-told', value.more_told) : '');
  summary.dataset.key = 'more-knobs';
  const more = el('details', 'knob-more', '', summary, ...value.more.map((row) => draw(row, value.words)));
  more.open = isOpen;
  more.addEventListener('toggle', () => { isOpen = more.open; });
  element.replaceChildren(el('div', 'knobs', '', ...value.rows.map((row) => draw(row, value.words)), more));
  if (kept) {
    const again = element.querySelector('[data-key="' + CSS.escape(kept.key) + '"]');
    if (again) { again.value = kept.text; again.focus(); again.setSelectionRange(kept.at, kept.at); }
  }
  if (isLate) keep(value);
});
