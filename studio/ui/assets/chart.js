// Loss over steps: raw (thin) and smoothed training loss, held-out loss with markers. Redrawn whole, <= 400 points.
const MANY = 60, HEIGHT = 272, PAD = { top: 16, right: 14, bottom: 34, left: 46 };
const legend = el('div', 'legend'), frame = el('div', 'chart-frame'), tip = el('div', 'chart-tip');
tip.hidden = true;
const reading = el('p', 'reading'), figures = el('dl', 'curve-figures');
reading.setAttribute('role', 'status');
element.append(legend, frame, reading, figures);
let chart = null;

// A centred mean: the line runs through the middle of the raw one instead of lagging behind it.
const smooth = (points) => {
  const reach = Math.min(12, Math.floor(points.length / 14));
  return points.map(([x], i) => {
    const window = points.slice(Math.max(0, i - reach), i + reach + 1);
    return [x, window.reduce((sum, point) => sum + point[1], 0) / window.length];
  });
};
const nearest = (points, step) => points.reduce((best, p) => (!best || Math.abs(p[0] - step) < Math.abs(best[0] - step) ? p : best), null);

const plot = (value) => {
  const train = value.train || [], held = value.held_out || [], other = value.other;
  const all = [...train, ...held, ...(other ? [...other.train, ...other.held_out] : [])];
  frame.replaceChildren();
  tip.hidden = true;
  if (!all.length) { frame.append(el('p', 'empty chart-empty', value.empty)); chart = null; return; }
  const width = Math.max(260, frame.clientWidth || 600);
  const xs = all.map((p) => p[0]), ys = all.map((p) => p[1]);
  // A young curve is shown large, and grows into the width of the whole training.
  const newest = Math.max(...xs), right = Math.max(2, newest, Math.min(value.total || 0, Math.max(24, 3 * newest)));
  let low = Math.min(...ys), high = Math.max(...ys);
  if (train.length > MANY) {
    // The first steps stand so high that nothing else could be read; what is cut off has been seen while they were new.
    const sorted = train.map((p) => p[1]).sort((a, b) => a - b);
    high = Math.min(high, Math.max(sorted[Math.floor(sorted.length * 0.96)] * 1.15, ...held.map((p) => p[1])));
  }
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  low = low >= 0 ? Math.max(0, low - room) : low - room;
  high += room;
  const { root, x, y } = lossFrame(value, { width, height: HEIGHT, pad: PAD }, right, low, high);
  const soft = smooth(train);
  const clip = svg('clipPath', { id: element.id + '-clip' });
  clip.append(svg('rect', { x: PAD.left, y: PAD.top, width: width - PAD.left - PAD.right, height: HEIGHT - PAD.top - PAD.bottom }));
  const lines = svg('g', { 'clip-path': 'url(#' + clip.id + ')' });
  root.append(clip, lines);
  if (other) lines.append(svg('path', { class: 'line other', d: pathOf(smooth(other.train), x, y) }), svg('path', { class: 'line other held', d: pathOf(other.held_out, x, y) }));
  lines.append(svg('path', { class: 'line raw', d: pathOf(train, x, y) }), svg('path', { class: 'line train', d: pathOf(soft, x, y) }),
    svg('path', { class: 'line held', d: pathOf(held, x, y) }));
  for (const [a, b] of held) root.append(svg('circle', { class: 'mark-held', cx: x(a), cy: y(b), r: 3.4 }));
  if (train.length === 1) root.append(svg('circle', { class: 'mark-train', cx: x(train[0][0]), cy: y(train[0][1]), r: 3 }));
  if (value.resumed) {
    root.append(svg('line', { class: 'resumed', x1: x(value.resumed), x2: x(value.resumed), y1: PAD.top, y2: HEIGHT - PAD.bottom }),
      svg('text', { class: 'axis-name', x: x(value.resumed) + 5, y: PAD.top + 10 }, value.resumed_label));
  }
  if (value.best) {
    const [a, b] = value.best, isRight = x(a) > width * 0.7;
    root.append(svg('circle', { class: 'mark-best', cx: x(a), cy: y(b), r: 5.5 }),
      svg('text', { class: 'best-name', x: x(a) + (isRight ? -10 : 10), y: Math.max(PAD.top + 10, y(b) - 9), 'text-anchor': isRight ? 'end' : 'start' }, value.best_label));
  }
  const cursor = svg('line', { class: 'cursor', y1: PAD.top, y2: HEIGHT - PAD.bottom, x1: -9, x2: -9 });
  root.append(cursor);
  frame.append(root, tip);
  chart = { root, cursor, x, y, width, right, train, held, soft, value };
};
const hover = (event) => {
  if (!chart) return;
  const box = chart.root.getBoundingClientRect();
  const at = (event.clientX - box.left - PAD.left) / (chart.width - PAD.left - PAD.right) * chart.right;
  const point = nearest(chart.train.length ? chart.train : chart.held, at);
  if (!point) return;
  const held = nearest(chart.held, point[0]);
  const isNear = held && Math.abs(held[0] - point[0]) <= Math.max(1, chart.right / 60);
  const at_x = chart.x(point[0]);
  chart.cursor.setAttribute('x1', at_x);
  chart.cursor.setAttribute('x2', at_x);
  const entry = (className, label, number) => el('div', '', '', el('i', className), el('span', '', label), el('b', '', number.toFixed(3)));
  tip.replaceChildren(el('div', 'tip-head', (chart.value.x_label || '') + ' ' + point[0]));
  if (chart.train.length) tip.append(entry('key train', chart.value.train_label, point[1]));
  if (isNear) tip.append(entry('key held', chart.value.held_label, held[1]));
  tip.hidden = false;
  const half = tip.offsetWidth + 14;
  tip.style.left = (at_x + half > chart.width ? at_x - half : at_x + 12) + 'px';
  tip.style.top = PAD.top + 'px';
};
frame.addEventListener('pointermove', hover);
frame.addEventListener('pointerdown', hover);
frame.addEventListener('pointerleave', () => { tip.hidden = true; chart?.cursor.setAttribute('x1', -9); chart?.cursor.setAttribute('x2', -9); });

draws((value) => {
  legend.replaceChildren(
    el('span', 'key-entry', '', el('i', 'key train'), el('span', '', value.train_label)),
    el('span', 'key-entry', '', el('i', 'key held'), el('span', '', value.held_label)),
    value.other ? el('span', 'key-entry', '', el('i', 'key other'), el('span', '', value.other.label)) : '');
  legend.hidden = !((value.train || []).length || (value.held_out || []).length);
  if (reading.textContent !== (value.reading || '')) reading.textContent = value.reading || '';
  figures.replaceChildren(...(value.figures || []).map((one) => el('div', '', '',
    el('dt', '', one.label, el('span', 'muted', one.where)), el('dd', '', '', el('b', '', one.value), el('span', 'muted', one.hint)))));
  plot(value);
});
drawsToFit(frame, plot);
