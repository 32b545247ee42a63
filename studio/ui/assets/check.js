// What is known of a model that is not here: what is wrong, or what its download brings.
let arrived = '';
draws((value) => {
  if (value.arrived && value.arrived !== arrived) trigger('arrived', {});
  arrived = value.arrived || '';
  if (!value.id) { element.replaceChildren(value.note ? el('p', 'notice', value.note) : ''); return; }
  const parts = value.problems.map((problem) => el('div', 'notice error', '', el('strong', '', problem.title),
    el('p', '', problem.text), el('p', 'fix', problem.fix)));
  const links = el('p', 'model-links', '', ...value.links.map((one) => outward(one.text, one.link)));
  if (value.download) {
    const download = button('mini', value.download, () => { download.disabled = true; trigger('download', { id: value.id }); });
    download.dataset.key = 'download';
    parts.push(el('div', 'notice', '', el('strong', '', value.id), el('p', '', value.facts.join(' · ')), links,
      el('div', 'edit-acts', '', download, el('span', 'muted model-hint', value.hint))));
  } else if (value.links.length) parts.push(links);
  element.replaceChildren(...parts);
});
