// Each setting against the result: a small picture per setting, a point per try.
const HEIGHT = 132, PAD = { top: 10, right: 14, bottom: 24, left: 58 };
const frame = el('div', 'scatters');
element.append(frame);
const picture = (one, value, width) => {
  const root = svg('svg', { width, height: HEIGHT, viewBox: '0 0 ' + width + ' ' + HEIGHT, role: 'img', 'aria-label': one.summary || '' });
  const x = (share) => PAD.left + share * (width - PAD.left - PAD.right), y = (share) => HEIGHT - PAD.bottom - share * (HEIGHT - PAD.top - PAD.bottom);
  for (const [share, text] of [[0, value.low], [1, value.high]]) {
    root.append(svg('line', { class: 'grid', x1: PAD.left - 6, x2: width - PAD.right + 6, y1: y(share), y2: y(share) }),
      svg('text', { class: 'axis', x: PAD.left - 10, y: y(share) + 4, 'text-anchor': 'end' }, text));
  }
  one.ticks.forEach(([share, text], i) => {
    const anchor = one.ticks.length > 1 && i === one.ticks.length - 1 && share > 0.9 ? 'end' : i === 0 && share < 0.1 ? 'start' : 'middle';
    root.append(svg('text', { class: 'axis', x: x(share) + (anchor === 'end' ? 6 : anchor === 'start' ? -6 : 0), y: HEIGHT - 6, 'text-anchor': anchor }, text));
  });
  for (const point of [...one.points].sort((a, b) => (a.look === 'best') - (b.look === 'best'))) {
    const node = svg('circle', { class: 'point ' + point.look, cx: x(point.x), cy: y(point.y), r: point.look === 'best' ? 6 : 4.5 });
    node.append(svg('title', {}, point.label));
    lights(node, point.number);
    root.append(node);
  }
  return root;
};
const plot = (value) => {
  const plots = value.plots || [];
  if (!plots.length) { frame.replaceChildren(el('p', 'empty', value.empty)); return; }
  const whole = Math.max(240, frame.clientWidth || 560), columns = whole > 520 ? 2 : 1, width = Math.floor((whole - (columns - 1) * 18) / columns);
  frame.replaceChildren(...plots.map((one) => el('figure', 'scatter', '', el('figcaption', '', one.name), picture(one, value, width))));
};
draws(plot);
drawsToFit(frame, plot);
