// A card per finding: how many, two of them, what it leads to, and the way to mend it.
const card = (finding, value) => {
  const fix = finding.fix ? button(finding.severity === 'warning' ? 'mini primary' : 'mini', finding.fix, () => { fix.disabled = true; trigger('fix', { code: finding.code }); }) : '';
  if (fix) fix.dataset.key = 'fix-' + finding.code;
  const show = finding.can_show ? button('mini', finding.show, () => trigger('show', { code: finding.code })) : '';
  if (show) show.dataset.key = 'show-' + finding.code;
  const examples = finding.examples.map((example) => {
    if (example.place === null) return el('p', 'finding-example is-plain', example.text);
    const node = button('finding-example', example.text, () => trigger('open', { place: example.place }));
    node.title = value.open_label;
    return node;
  });
  const node = el('article', 'finding ' + finding.severity, '',
    el('div', 'finding-head', '', el('h4', '', finding.title), el('span', 'finding-count', finding.count)),
    el('p', '', finding.what), el('p', 'muted', finding.why), ...examples,
    fix || show ? el('div', 'edit-acts', '', fix, show) : '');
  node.dataset.code = finding.code;
  return node;
};
draws((value) => {
  if (!value.title) { element.replaceChildren(); return; }
  const head = el('div', 'notice ' + (value.kind || 'info'), '', el('strong', '', value.title), value.text ? el('p', '', value.text) : '');
  head.setAttribute('role', 'status');
  if (value.is_checking) head.append(el('div', 'bar unknown', '', el('span', 'bar-fill')));
  element.replaceChildren(head, el('div', 'findings', '', ...(value.findings || []).map((finding) => card(finding, value))));
});
