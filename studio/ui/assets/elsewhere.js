// The key for other programs, shown once, and the code that uses it. What ends a key asks before it does.
let asking = '';
const copyable = (label, text, words, key) => {
  const shown = el('pre', 'code', text), told = el('span', 'muted');
  shown.tabIndex = 0;
  shown.setAttribute('role', 'group');
  shown.setAttribute('aria-label', label);
  told.setAttribute('role', 'status');
  const copy = button('mini', words.copy, async () => {
    const range = document.createRange();
    range.selectNodeContents(shown);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    // Only a secure page may write there; elsewhere the text is selected for the keyboard.
    try { await navigator.clipboard.writeText(shown.textContent); told.textContent = words.copied; } catch { told.textContent = ''; }
  });
  copy.dataset.key = key;
  return el('div', 'copyable', '', el('span', 'who', label), shown, el('div', 'act-row', '', copy, told));
};
const acts = (value) => {
  const words = value.words;
  const act = (className, text, name, key) => {
    const node = button(className, text, () => { asking = ''; node.disabled = true; trigger(name, {}); });
    node.dataset.key = key;
    return node;
  };
  const ask = (text, name, className) => {
    const node = button(className, text, () => { asking = name; show(value); });
    node.dataset.key = 'elsewhere-' + name;
    return node;
  };
  if (!value.is_on) return [act('mini primary', words.make, 'make', 'elsewhere-make')];
  if (asking) {
    const label = asking === 'make' ? words.renew : words.remove;
    const keep = button('mini', words.keep, () => { asking = ''; show(value); });
    return [el('span', 'ask-text', words.sure), act('mini danger', label, asking, 'elsewhere-' + asking), keep];
  }
  return [ask(words.renew, 'make', 'mini'), ask(words.remove, 'remove', 'mini danger')];
};
const show = (value) => {
  if (!value.words) { element.replaceChildren(); return; }
  const words = value.words;
  const parts = [el('p', 'muted', value.lead), el('p', 'elsewhere-state', value.state)];
  if (value.key) parts.push(copyable(words.key_label, value.key, words, 'copy-key'));
  if (value.is_on) parts.push(copyable(words.code_label, value.code.replace('ADDRESS', () => location.origin), words, 'copy-code'), el('p', 'muted', value.models));
  parts.push(el('div', 'act-row', '', ...acts(value)));
  element.replaceChildren(el('div', 'elsewhere', '', ...parts));
};
draws((value) => { asking = ''; show(value); });
