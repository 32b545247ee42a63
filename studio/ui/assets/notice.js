// A card that speaks: {kind: "ok"|"warn"|"error"|"info", title, text, points: [...], fix}
draws((value) => {
  if (!value.title && !value.text) { element.replaceChildren(); return; }
  const box = el('div', 'notice ' + (value.kind || 'info'), '', el('strong', '', value.title), el('p', '', value.text));
  box.setAttribute('role', value.kind === 'error' ? 'alert' : 'status');
  if (value.points && value.points.length) box.append(el('ul', '', '', ...value.points.map((p) => el('li', '', p))));
  if (value.fix) box.append(el('p', 'fix', value.fix));
  element.replaceChildren(box);
});
