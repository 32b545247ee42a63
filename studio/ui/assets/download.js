draws((value) => {
  if (!value.title) { element.replaceChildren(); return; }
  const box = el('div', 'download', '', el('strong', '', value.title), el('p', '', value.text));
  if (value.share !== null && value.share !== undefined) box.append(el('div', 'bar unknown', '', el('span', 'bar-fill')));
  if (value.href) {
    const link = el('a', 'act', value.action);
    link.href = value.href;
    link.setAttribute('download', value.file || '');
    link.addEventListener('click', () => trigger('taken', {}));
    box.append(link);
  }
  element.replaceChildren(box);
});
