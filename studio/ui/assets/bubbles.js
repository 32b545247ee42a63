// An example as a conversation. A pencil on each bubble corrects it in place; what is being typed survives a redraw, and so
// does what was wrong with it.
const PENCIL = 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3';
let editing = null, adding = null, shownKey, drawnKey, toldMark, scrolled = 0, attempt = 0;
const isEdited = (spot) => editing && ['side', 'turn', 'call'].every((name) => editing[name] === spot[name]);
const typing = (className, text, label, key, keep) => {
  const box = el('textarea', className);
  box.value = text;
  box.rows = Math.min(14, Math.max(2, text.split('\n').length + Math.floor(text.length / 60)));
  box.dataset.key = key;
  box.setAttribute('aria-label', label || '');
  box.addEventListener('input', () => keep(box.value));
  return box;
};
const onKeys = (box, save, leave) => box.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { event.stopPropagation(); leave(); }
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
});
// The two ends of what is being typed, below what was wrong with it when it was last to be saved.
const savers = (typed, value, save, leave) => {
  const problem = typed.problem ? el('p', 'edit-problem', typed.problem) : '';
  if (problem) problem.setAttribute('role', 'alert');
  const keep = button('mini primary', typed.isSaving ? value.words.saving : value.words.save, save);
  keep.disabled = typed.isSaving;
  return [problem, el('div', 'edit-acts', '', keep, button('mini', value.words.cancel, leave))];
};
const editor = (spot, who, value) => {
  const leave = () => { editing = null; show(value); };
  const save = () => {
    const change = { ...spot, text: editing.text, attempt: attempt += 1 };
    Object.assign(editing, { isSaving: true, problem: '' });
    show(value);
    trigger('edit', change);
  };
  const box = typing('editor', editing.text, who, 'editor', (text) => { editing.text = text; });
  onKeys(box, save, leave);
  box.disabled = editing.isSaving;
  return el('div', 'editing', '', box, ...savers(editing, value, save, leave));
};
const pencil = (spot, text, who, value) => {
  const node = button('pencil', '', () => {
    editing = { ...spot, text, isSaving: false };
    show(value);
    element.querySelector('textarea.editor')?.focus();
  });
  node.append(icon(PENCIL, 15));
  node.title = value.words.edit;
  node.setAttribute('aria-label', value.words.edit + ': ' + who);
  node.dataset.key = 'pencil-' + spot.side + spot.turn + '-' + spot.call;
  return node;
};
const said = (spot, text, who, value, className) => {
  if (isEdited(spot)) return [editor(spot, who, value)];
  return [el('div', className, text), value.can_edit ? pencil(spot, text, who, value) : ''];
};
const bubble = (message, value) => {
  const node = el('div', 'bubble ' + message.role + (message.side === 'rejected' ? ' rejected' : ''), '', el('span', 'who', message.who));
  const spot = { side: message.side, turn: message.turn, call: -1 };
  if (message.content || !(message.calls || []).length) node.append(...said(spot, message.content, message.who, value, 'said').filter(Boolean));
  (message.calls || []).forEach((call, i) => {
    const at = { side: message.side, turn: message.turn, call: i };
    node.append(el('div', 'call', '', el('span', 'call-name', call.name), ...said(at, call.arguments, call.name, value, 'call-said').filter(Boolean)));
  });
  return node;
};
const form = (value) => {
  const leave = () => { adding = null; show(value); };
  const save = () => {
    Object.assign(adding, { isSaving: true, problem: '' });
    show(value);
    trigger('write', { fields: adding.fields, attempt: attempt += 1 });
  };
  const fields = value.fields.map((field) => {
    const box = typing('editor', adding.fields[field.key] || '', field.label, 'add-' + field.key, (text) => { adding.fields[field.key] = text; });
    box.disabled = adding.isSaving;
    onKeys(box, save, leave);
    return el('label', 'add-field', '', el('span', 'who', field.label), box);
  });
  return el('div', 'adding', '', ...fields, ...savers(adding, value, save, leave));
};
const acts = (value) => {
  const words = value.words;
  const act = (name, text) => {
    const node = button('mini', text, () => trigger('act', { name }));
    node.dataset.key = 'act-' + name;
    return node;
  };
  const add = button('mini', words.add, () => { adding = { fields: {}, isSaving: false }; show(value); element.querySelector('.adding textarea')?.focus(); });
  add.dataset.key = 'act-add';
  return el('div', 'row-acts', '', ...(value.has_row ? [act('copy', words.copy), act('drop', words.drop)] : []), add);
};
const conversation = (value) => {
  const list = el('div', 'bubbles', '', ...(value.messages || []).map((message) => bubble(message, value)));
  if (!(value.rejected || []).length) return list;
  const shared = value.shared || 0;
  const before = el('div', 'bubbles', '', ...value.messages.slice(0, shared).map((message) => bubble(message, value)));
  const side = (title, messages, className) => el('div', 'side ' + className, '', el('h4', '', title),
    el('div', 'bubbles', '', ...messages.map((message) => bubble(message, value))));
  return el('div', 'pair', '', before, el('div', 'sides', '',
    side(value.words.chosen, value.messages.slice(shared), 'is-chosen'), side(value.words.rejected, value.rejected, 'is-rejected')));
};
// A long conversation scrolls in its own frame, and stays where it was when it is drawn anew.
const frame = (talk, value) => {
  const node = el('div', 'talk-frame', '', talk), before = element.querySelector('.talk-frame');
  node.tabIndex = 0;
  node.setAttribute('role', 'region');
  node.setAttribute('aria-label', value.label || '');
  if (before && value.key === drawnKey) requestAnimationFrame(() => { node.scrollTop = scrolled; });
  else scrolled = 0;
  drawnKey = value.key;
  node.addEventListener('scroll', () => { scrolled = node.scrollTop; });
  return node;
};
const show = (value) => {
  const parts = [];
  if (value.note) parts.push(el('p', 'muted row-note', value.note));
  const marks = (value.marks || []).map((mark) => {
    const node = el('span', 'mark-chip ' + mark.kind, mark.text);
    if (mark.hint) node.title = mark.hint;
    return node;
  });
  if (marks.length) parts.push(el('div', 'marks', '', ...marks));
  if ((value.messages || []).length) parts.push(frame(conversation(value), value));
  else parts.push(el('p', 'empty', value.empty));
  if (value.problem && !editing && !adding) parts.push(el('p', 'edit-problem', value.problem));
  if (value.can_edit) parts.push(adding ? form(value) : acts(value));
  element.replaceChildren(...parts);
};
draws((value) => {
  if (value.key !== shownKey) { shownKey = value.key; editing = null; adding = null; }
  for (const typed of [editing, adding].filter((one) => one?.isSaving)) {
    if (value.problem) Object.assign(typed, { isSaving: false, problem: value.problem });
    else if (value.mark !== toldMark) typed.isSaved = true;
  }
  if (editing?.isSaved) editing = null;
  if (adding?.isSaved) adding = null;
  show(value);
  // Whoever shows the tokens of an example wants to know that another one, or a corrected one, is here.
  if (value.has_row && value.mark !== toldMark) { toldMark = value.mark; trigger('shown', {}); }
});
