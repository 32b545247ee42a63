// Every try's held-out loss in one picture: the best few clearly, the losers faint behind them.
const HEIGHT = 260, PAD = { top: 16, right: 14, bottom: 34, left: 46 };
const legend = el('div', 'legend'), frame = el('div', 'chart-frame try-frame');
element.append(legend, frame);
const ORDER = ['faint', 'good', 'running', 'best'];
const plot = (value) => {
  frame.replaceChildren();
  const series = value.series || [], all = series.flatMap((one) => one.points);
  if (!all.length) return;
  const width = Math.max(260, frame.clientWidth || 600), xs = all.map((p) => p[0]), ys = all.map((p) => p[1]);
  const right = Math.max(2, ...xs), least = Math.min(...ys), most = Math.max(...ys), room = (most - least || 1) * 0.06;
  const low = Math.max(0, least - room), high = most + room;
  const { root, x, y } = lossFrame(value, { width, height: HEIGHT, pad: PAD }, right, low, high);
  for (const one of [...series].sort((a, b) => ORDER.indexOf(a.look) - ORDER.indexOf(b.look))) {
    const group = svg('g', { class: 'try-curve ' + one.look }), [lastX, lastY] = one.points.at(-1);
    group.append(svg('title', {}, one.label), svg('path', { class: 'reach', d: pathOf(one.points, x, y) }), svg('path', { class: 'line', d: pathOf(one.points, x, y) }),
      svg('circle', { cx: x(lastX), cy: y(lastY), r: one.state === 'pruned' ? 2.5 : 3.4, class: 'end ' + one.state }));
    lights(group, one.number);
    root.append(group);
  }
  frame.append(root);
};
draws((value) => {
  const seen = new Set((value.series || []).map((one) => one.look));
  legend.replaceChildren(...(value.keys || []).filter(([look]) => seen.has(look)).map(([look, text]) => el('span', 'key-entry', '', el('i', 'key try-' + look), el('span', '', text))));
  plot(value);
});
drawsToFit(frame, plot);
