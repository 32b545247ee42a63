// Models to choose from: the catalog with a filter of its own, and below what the Hub has found.
// What the Hub has found stays until the words are taken out, whatever is picked from it.
let query = '', asking = '', dropping = '', found = null;
const ID = /^[\w.-]{1,96}\/[\w.-]{1,96}(@[0-9a-f]{40})?$/;
const input = el('input', 'tool-search'), list = el('div', 'model-list');
const hub = button('mini', '', () => { if (query.trim()) { asking = 'search'; trigger('search', { text: query.trim() }); show(props.value || {}); } });
input.type = 'search';
input.addEventListener('input', () => { query = input.value; if (!query) found = null; show(props.value || {}); });
input.addEventListener('keydown', (event) => { if (event.key === 'Enter') hub.click(); });
element.append(el('div', 'model-tools', '', input, hub), list);

const languages = (item, value) => {
  const named = new Intl.DisplayNames([value.lang || 'en'], { type: 'language' });
  const all = (item.languages || []).map((code) => named.of(code)), shown = all.slice(0, 4).join(', ');
  const rest = all.length - 4;
  return shown + (rest > 0 ? ' +' + rest : '') + (item.has_more_languages ? ' ' + value.words.more_languages : '');
};
const choose = (id) => { asking = id; trigger('pick', { id }); show(props.value || {}); };
const question = (item, value) => {
  const yes = button('mini danger', value.words.drop, () => { dropping = ''; trigger('drop', { id: item.id }); });
  const no = button('mini', value.words.drop_no, () => { dropping = ''; show(value); });
  const box = el('div', 'model-drop', '', el('span', 'pick-title', item.id), el('span', 'pick-what', value.words.drop_question),
    el('span', 'pick-acts', '', yes, no));
  box.setAttribute('role', 'alertdialog');
  box.setAttribute('aria-label', value.words.drop_question);
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') no.click(); });
  return box;
};
const bin = (item, value) => {
  const node = button('bin', '', () => { dropping = item.id; show(value); list.querySelector('.model-drop button')?.focus(); });
  node.append(icon(BIN, 17));
  node.title = value.words.drop;
  node.setAttribute('aria-label', value.words.drop + ': ' + item.id);
  return node;
};
const entry = (item, value) => {
  if (item.can_drop && dropping === item.id) return el('div', 'model-item', '', question(item, value));
  const node = button('model-pick', '', () => choose(item.id));
  node.dataset.key = 'model-' + item.id;
  node.setAttribute('role', 'radio');
  node.setAttribute('aria-checked', String(item.id === value.chosen));
  const head = el('span', 'pick-head', '', el('span', 'pick-title', item.id));
  for (const tag of item.tags) head.append(el('span', 'tag' + (item.is_here ? ' here' : ''), tag));
  node.append(head, el('span', 'pick-count', item.facts));
  if (item.good_for) node.append(el('span', 'pick-what', item.good_for));
  if (item.languages) node.append(el('span', 'pick-what', languages(item, value)));
  if (asking === item.id) node.append(el('span', 'model-asking', value.words.asking));
  const box = el('div', 'model-item' + (item.can_drop ? ' own' : ''), '', node, item.can_drop ? bin(item, value) : '');
  if (item.licence) box.append(el('span', 'model-licence', value.words.licence + ' ', outward(item.licence.text, item.licence.link)));
  return box;
};
const show = (value) => {
  const words = value.words || {}, wanted = query.trim().toLowerCase();
  const fits = (item) => !wanted || [item.id, item.good_for, item.licence?.text, item.facts].join(' ').toLowerCase().includes(wanted);
  const own = (value.items || []).filter(fits);
  input.placeholder = words.search || '';
  input.setAttribute('aria-label', words.search || '');
  hub.textContent = asking === 'search' ? words.asking : words.search_hub;
  hub.disabled = !wanted || asking === 'search';
  list.setAttribute('role', 'radiogroup');
  list.setAttribute('aria-label', words.search || '');
  const top = list.scrollTop;
  list.replaceChildren(...own.map((item) => entry(item, value)));
  if (value.problem) {
    list.append(el('div', 'notice error', '', el('strong', '', value.problem.title), el('p', '', value.problem.text), el('p', 'fix', value.problem.fix)));
  }
  const typed = query.trim(), isKnown = [...(value.items || []), ...(found || [])].some((item) => item.id === typed);
  if (ID.test(typed) && !isKnown && typed !== value.chosen) {
    const direct = button('mini model-direct', words.use_id + ' ' + typed, () => choose(typed));
    if (asking === typed) { direct.disabled = true; direct.textContent = words.asking; }
    list.append(direct);
  }
  if (found) {
    list.append(el('p', 'model-group', words.found), ...found.map((item) => entry(item, value)));
    if (!found.length) list.append(el('p', 'empty', words.nothing));
  } else if (!list.childElementCount) list.append(el('p', 'empty', words.nothing));
  list.scrollTop = top;
};
draws((value) => { asking = ''; if (value.is_searched) found = value.found; show(value); });
