// The settings of each finished try as one line through all of them, to its result on the right; the best few clearly.
const HEIGHT = 230, PAD = { top: 40, right: 46, bottom: 16, left: 58 };
const frame = el('div', 'chart-frame try-frame');
element.append(frame);
// A name is as long as there is room for it; pointing at it shows the whole.
const short = (text, room) => (text.length * 6.4 > room ? text.slice(0, Math.max(3, Math.floor(room / 6.4) - 1)) + '…' : text);
const plot = (value) => {
  const axes = value.axes || [], lines = value.lines || [];
  if (!lines.length) { frame.replaceChildren(el('p', 'empty', value.empty)); return; }
  const least = axes.length * 84, width = Math.max(280, least, frame.clientWidth || 560), step = (width - PAD.left - PAD.right) / Math.max(1, axes.length - 1);
  const root = svg('svg', { width, height: HEIGHT, viewBox: '0 0 ' + width + ' ' + HEIGHT, role: 'img', 'aria-label': value.summary || '' });
  root.style.maxWidth = 'none';
  const x = (i) => PAD.left + i * step, y = (share) => HEIGHT - PAD.bottom - share * (HEIGHT - PAD.top - PAD.bottom);
  for (const one of lines) {
    const points = one.places.map((share, i) => [i, share]).filter(([, share]) => share !== null);
    const group = svg('g', { class: 'try-curve ' + one.look });
    group.append(svg('title', {}, one.label), svg('path', { class: 'reach', d: pathOf(points, x, y) }), svg('path', { class: 'line', d: pathOf(points, x, y) }));
    lights(group, one.number);
    root.append(group);
  }
  axes.forEach((axis, i) => {
    const isLast = i === axes.length - 1, anchor = i === 0 ? 'start' : isLast ? 'end' : 'middle', at = x(i) + (i === 0 ? -PAD.left : isLast ? PAD.right : 0);
    const name = svg('text', { class: 'axis-head', x: at, y: 14, 'text-anchor': anchor }, short(axis.name, step - 8));
    name.append(svg('title', {}, axis.name));
    root.append(svg('line', { class: 'axis-line', x1: x(i), x2: x(i), y1: y(0), y2: y(1) }), name);
    for (const [share, text] of axis.ticks) {
      root.append(svg('text', { class: 'axis tick', x: x(i) + (isLast ? 7 : -6), y: y(share) + 4, 'text-anchor': isLast ? 'start' : 'end' }, text));
    }
  });
  frame.replaceChildren(root);
};
draws(plot);
drawsToFit(frame, plot);
