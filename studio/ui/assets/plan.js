// What will happen: whether it fits, the memory with its parts, and a line per subject.
let isOpen = false;
const told = (title, lines) => el('div', 'plan-told', '', el('strong', '', title), el('ul', '', '', ...lines.map((line) => el('li', '', line))));
const memory = (value) => {
  const fill = el('span', 'bar-fill'), bar = el('div', 'bar', '', fill);
  fill.style.width = Math.round(value.share * 100) + '%';
  bar.setAttribute('role', 'img');
  bar.setAttribute('aria-label', value.text);
  const summary = el('summary', '', value.parts_title);
  summary.dataset.key = 'parts';
  const parts = el('details', 'plan-parts', '', summary,
    el('ul', '', '', ...value.parts.map((part) => el('li', '', '', el('span', '', part.label), el('b', '', part.value)))));
  parts.open = isOpen;
  parts.addEventListener('toggle', () => { isOpen = parts.open; });
  return el('div', 'plan-memory', '', el('div', 'plan-amount', value.text), bar, parts);
};
draws((value) => {
  if (!value.title) { element.replaceChildren(); return; }
  const head = el('h3', '', value.title);
  if (value.problem) {
    const problem = value.problem;
    const box = el('div', 'notice ' + (problem.kind || 'warn'), '', el('strong', '', problem.title), el('p', '', problem.text));
    if (problem.fix) box.append(el('p', 'fix', problem.fix));
    element.replaceChildren(el('div', 'plan', '', head, box));
    return;
  }
  const verdict = el('div', 'plan-verdict ' + value.verdict, '', el('span', 'plan-word', value.verdict_text));
  verdict.setAttribute('role', 'status');
  if (value.fit_label) {
    const fit = button('mini primary', value.fit_label, () => {
      fit.disabled = true;
      trigger('fit', {});
      // Where nothing helps the plan stays as it is.
      setTimeout(() => { fit.disabled = false; }, 3000);
    });
    fit.dataset.key = 'fit';
    verdict.append(fit);
  }
  const rows = value.rows.map((row) => el('div', '', '', el('dt', '', row.label),
    el('dd', '', '', ...row.lines.map((line, place) => el('span', place ? 'muted' : '', line)))));
  element.replaceChildren(el('div', 'plan', '', el('div', 'plan-head', '', head, verdict), memory(value.memory),
    el('dl', 'plan-rows', '', ...rows), value.note ? el('p', 'plan-note', value.note) : '',
    value.told && value.told.length ? told(value.told_title, value.told) : ''));
});
