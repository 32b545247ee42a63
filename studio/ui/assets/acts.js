// What can be done with a training now. What cannot be taken back asks first, in its place.
const NAMES = ['keep', 'discard', 'resume', 'compare', 'take', 'further', 'again', 'remove', 'use', 'more'];
const PAUSE_MS = 3000;
let asking = '';
// Pressed once is enough; where it was refused, it can be pressed again.
const fire = (value, act, node, given) => {
  if (!NAMES.includes(act.id)) return;
  node.disabled = true;
  setTimeout(() => { node.disabled = false; }, PAUSE_MS);
  trigger(act.id, { ...given, id: value.run });
};
const question = (value, act) => {
  // What is asked may need numbers.
  const inputs = (act.ask.fields || []).map((field) => {
    const input = el('input', 'knob-input');
    Object.assign(input, { type: 'text', inputMode: 'decimal', value: field.value, autocomplete: 'off' });
    input.dataset.key = act.id + '-' + field.name;
    return [field.name, input, el('label', 'knob-field', '', el('span', 'muted', field.label), input)];
  });
  const yes = button('mini ' + (inputs.length ? 'primary' : 'danger'), act.ask.yes, () => {
    asking = '';
    fire(value, act, yes, Object.fromEntries(inputs.map(([name, input]) => [name, input.value])));
    show(value);
  });
  const no = button('mini', act.ask.no, () => { asking = ''; show(value); element.querySelector('[data-key="' + act.id + '"]')?.focus(); });
  yes.dataset.key = act.id + '-yes';
  const box = el('div', 'act-ask', '', el('p', '', act.ask.text),
    inputs.length ? el('div', 'knob-values', '', ...inputs.map(([, , label]) => label)) : '', el('div', 'act-row', '', yes, no));
  if (inputs.length) box.classList.add('calm');
  box.setAttribute('role', 'alertdialog');
  box.setAttribute('aria-label', act.ask.text);
  box.addEventListener('keydown', (event) => { if (event.key === 'Escape') no.click(); });
  return box;
};
const control = (value, act) => {
  if (act.href) {
    const link = el('a', 'mini', act.label);
    link.href = act.href;
    link.setAttribute('download', act.file || '');
    link.dataset.key = act.id;
    return link;
  }
  const node = button('mini' + (act.kind ? ' ' + act.kind : ''), act.label, () => {
    if (!act.ask) { fire(value, act, node); return; }
    asking = act.id;
    show(value);
    element.querySelector('.act-ask :is(input, button)')?.focus();
  });
  node.dataset.key = act.id;
  return node;
};
const show = (value) => {
  const acts = value.acts || [], asked = acts.find((act) => act.id === asking && act.ask);
  const hint = value.hint && !asked ? el('p', 'act-hint', value.hint) : '';
  if (!acts.length && !hint) { element.replaceChildren(); return; }
  const row = asked ? question(value, asked) : el('div', 'act-row', '', ...acts.map((act) => control(value, act)));
  element.replaceChildren(row, hint);
};
draws((value) => { if (!(value.acts || []).some((act) => act.id === asking)) asking = ''; show(value); });
