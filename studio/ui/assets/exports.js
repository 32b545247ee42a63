// The forms that a model can be taken home in: what each is for, how its packing stands, and the link once it is there.
const bar = (item) => {
  const fill = el('span', 'bar-fill'), node = el('div', 'bar' + (item.share === null ? ' unknown' : ''), '', fill);
  node.setAttribute('role', 'progressbar');
  node.setAttribute('aria-label', item.title);
  if (item.share !== null) {
    fill.style.width = Math.round(item.share * 100) + '%';
    node.setAttribute('aria-valuenow', String(Math.round(item.share * 100)));
  }
  return node;
};
const act = (item) => {
  if (item.href) {
    const link = el('a', 'act', item.action);
    link.href = item.href;
    link.setAttribute('download', item.file || '');
    link.dataset.key = 'link-' + item.id;
    return link;
  }
  if (!item.action) return '';
  const name = item.does, kind = name === 'take' ? 'mini primary' : 'mini';
  const node = button(kind, item.action, () => { node.disabled = true; trigger(name, { form: item.id, job: item.job }); });
  node.dataset.key = name + '-' + item.id;
  node.setAttribute('aria-label', item.action + ': ' + item.title);
  return node;
};
// On a phone the form opens far below, and only when the studio has answered.
const reveal = (id, looks) => {
  const box = document.getElementById(id);
  if (box?.offsetParent) box.scrollIntoView({ block: 'nearest' });
  else if (looks) setTimeout(() => reveal(id, looks - 1), 100);
};
const push = (item) => {
  if (!item.push) return '';
  const node = button('mini', item.push, () => { trigger('push', { job: item.job }); reveal('push', 100); });
  node.dataset.key = 'push-' + item.id;
  node.setAttribute('aria-label', item.push + ': ' + item.title);
  return node;
};
// What else can be done about it, besides what its first button does. Gradio knows an event by its name in quotes.
const FURTHER = ['update'];
const also = (item) => {
  if (!FURTHER.includes(item.also?.does)) return '';
  const node = button('mini', item.also.text, () => { node.disabled = true; trigger(item.also.does, { form: item.id }); });
  node.dataset.key = item.also.does + '-' + item.id;
  node.setAttribute('aria-label', item.also.text + ': ' + item.title);
  return node;
};
const entry = (item) => {
  const head = el('div', 'export-head', '', el('strong', '', item.title), el('span', 'muted', item.size));
  const box = el('div', 'export-item', '', head, el('p', '', item.text));
  if (item.problem) box.append(el('p', 'export-problem', item.problem));
  if (item.verdict) box.append(el('p', 'export-verdict ' + item.verdict.kind, item.verdict.text));
  if (item.share !== undefined) box.append(bar(item));
  if (item.page) box.append(el('p', '', '', outward(item.page.text, item.page.link)));
  const told = item.told ? el('span', 'export-told', item.told) : '', done = act(item);
  if (told || done) box.append(el('div', 'export-row', '', done, also(item), push(item), told));
  box.dataset.target = item.id;
  return box;
};
draws((value) => {
  const items = value.items || [], more = items.filter((item) => item.is_more);
  const known = element.querySelector('.export-more');
  const rest = more.length ? el('details', 'export-more', '', el('summary', '', value.more), ...more.map(entry)) : '';
  // What is at work, or was done, is not hidden at first.
  if (rest) rest.open = known ? known.open : more.some((item) => item.href || item.share !== undefined);
  const law = value.licence;
  const conditions = law ? el('p', 'export-licence', '', document.createTextNode(law.before + ' '), outward(law.text, law.link)) : '';
  element.replaceChildren(conditions, ...items.filter((item) => !item.is_more).map(entry), rest);
});
