// A search over the settings, and those that differ from the recommended ones. Which controls are in sight is a mark on
// them (`data-off`), which the page's own drawing leaves alone.
let onlyChanged = false, query = '', value = {};
const input = el('input', 'tool-search'), told = el('span', 'settings-told'), list = el('ul', 'settings-list');
const nothing = el('p', 'muted settings-nothing');
const show = button('mini', '', () => { onlyChanged = !onlyChanged; if (onlyChanged) trigger('open', {}); apply(); });
const reset = button('mini', '', () => { onlyChanged = false; trigger('reset', {}); });
input.type = 'search';
input.addEventListener('input', () => { query = input.value.trim().toLowerCase(); if (query) trigger('open', {}); apply(); });
const bar = el('div', 'settings-bar', '', input, told, show, reset);
element.append(bar, list, nothing);

const apply = () => {
  const words = value.words || {}, changed = value.changed || [], off = new Set(value.off || []);
  const ids = new Set(changed.map((one) => one.id));
  let shown = 0;
  for (const node of document.querySelectorAll('#advanced [id^="field-"]')) {
    const fits = !query || node.textContent.toLowerCase().includes(query);
    const isOff = off.has(node.id) || !fits || (onlyChanged && !ids.has(node.id));
    node.toggleAttribute('data-off', isOff);
    shown += !isOff;
  }
  for (const group of document.querySelectorAll('#advanced .field-group')) {
    group.toggleAttribute('data-off', !group.querySelector('[id^="field-"]:not([data-off])'));
  }
  show.textContent = onlyChanged ? words.show_all : words.show;
  nothing.textContent = shown || !query || !document.querySelector('#advanced .field-group') ? '' : words.nothing;
  list.replaceChildren(...(onlyChanged ? changed.map((one) => el('li', '', one.text)) : []));
  for (const node of [show, reset, told]) node.hidden = !changed.length;
};
// The folded settings are built when they are first unfolded; then they are filtered, too.
new MutationObserver((seen) => { if (seen.some((one) => one.addedNodes.length && !element.contains(one.target))) apply(); })
  .observe(element.closest('.card') || element.parentNode, { childList: true, subtree: true });
draws((now) => {
  value = now;
  if (!(value.changed || []).length) onlyChanged = false;
  input.placeholder = value.words?.search || '';
  input.setAttribute('aria-label', value.words?.search || '');
  told.textContent = value.told || '';
  reset.textContent = value.words?.reset || '';
  apply();
});
