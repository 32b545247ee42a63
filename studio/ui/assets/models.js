// Models to choose from: the catalog with a filter of its own, and below what the Hub has found.
let query = '', asking = '';
const input = el('input', 'tool-search'), list = el('div', 'model-list');
const hub = button('mini', '', () => { if (query.trim()) { asking = 'search'; trigger('search', { text: query.trim() }); show(props.value || {}); } });
input.type = 'search';
input.addEventListener('input', () => { query = input.value; show(props.value || {}); });
input.addEventListener('keydown', (event) => { if (event.key === 'Enter') hub.click(); });
element.append(el('div', 'model-tools', '', input, hub), list);

const link = (text, href) => {
  if (!/^https?:\/\//.test(href || '')) return el('span', '', text);
  const node = el('a', '', text);
  node.href = href;
  node.target = '_blank';
  node.rel = 'noopener noreferrer';
  return node;
};
const languages = (item, value) => {
  const named = new Intl.DisplayNames([value.lang || 'en'], { type: 'language' });
  const all = (item.languages || []).map((code) => named.of(code)), shown = all.slice(0, 4).join(', ');
  const rest = all.length - 4;
  return shown + (rest > 0 ? ' +' + rest : '') + (item.has_more_languages ? ' ' + value.words.more_languages : '');
};
const entry = (item, value) => {
  const node = button('model-pick', '', () => { asking = item.id; trigger('pick', { id: item.id }); show(props.value || {}); });
  node.dataset.key = 'model-' + item.id;
  node.setAttribute('role', 'radio');
  node.setAttribute('aria-checked', String(item.id === value.chosen));
  const head = el('span', 'pick-head', '', el('span', 'pick-title', item.id));
  for (const tag of item.tags) head.append(el('span', 'tag' + (item.is_here ? ' here' : ''), tag));
  node.append(head, el('span', 'pick-count', item.facts));
  if (item.good_for) node.append(el('span', 'pick-what', item.good_for));
  if (item.languages) node.append(el('span', 'pick-what', languages(item, value)));
  if (asking === item.id) node.append(el('span', 'model-asking', value.words.asking));
  const box = el('div', 'model-item', '', node);
  if (item.licence) box.append(el('span', 'model-licence', value.words.licence + ' ', link(item.licence.text, item.licence.link)));
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
  if (value.is_searched) {
    list.append(el('p', 'model-group', words.found), ...value.found.map((item) => entry(item, value)));
    if (!value.found.length) list.append(el('p', 'empty', words.nothing));
  } else if (!own.length && !value.problem) list.append(el('p', 'empty', words.nothing));
  list.scrollTop = top;
};
draws((value) => { asking = ''; show(value); });
