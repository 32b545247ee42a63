// How long the examples are, in word pieces; the slider's figures are here already, so they move with it.
const HEIGHT = 190, BOTTOM = 26;
let chosen = null;
const fill = (text, values) => Object.entries(values).reduce((said, [name, n]) => said.replaceAll('{' + name + '}', n), text || '');
const bars = (value, limit) => {
  const width = Math.max(260, element.clientWidth || 640), root = svg('svg', { width, height: HEIGHT, viewBox: '0 0 ' + width + ' ' + HEIGHT,
    role: 'img', 'aria-label': value.summary || '' });
  // Every bar is as wide as the next, also the last one, which holds all that is longer.
  const count = value.bins.length, most = Math.max(...value.bins.map((bin) => bin[2]), 1), step = (width - 2) / count;
  const x = (n) => {
    const i = value.bins.findIndex((bin) => n < bin[1]);
    if (i < 0) return width - 1;
    const [from, to] = value.bins[i];
    return 1 + step * (i + (n - from) / (to - from));
  };
  value.bins.forEach(([from, to, rows], i) => {
    const tall = rows ? Math.max(2, rows / most * (HEIGHT - BOTTOM - 12)) : 0;
    const node = svg('rect', { x: 1 + step * i + 0.5, y: HEIGHT - BOTTOM - tall, width: Math.max(1, step - 1), height: tall, rx: 2,
      class: from >= limit ? 'length-bar over' : 'length-bar' });
    node.append(svg('title', {}, from.toLocaleString() + '–' + (to - 1).toLocaleString() + ': ' + rows.toLocaleString()));
    root.append(node);
  });
  const every = Math.max(1, Math.ceil(count / (width < 420 ? 4 : 8)));
  for (let i = 0; i < count - every / 2; i += every) {
    root.append(svg('text', { class: 'axis', x: 1 + step * i, y: HEIGHT - 8, 'text-anchor': i ? 'middle' : 'start' }, value.bins[i][0].toLocaleString()));
  }
  root.append(svg('text', { class: 'axis', x: width - 1, y: HEIGHT - 8, 'text-anchor': 'end' }, (value.bins[count - 1][1] - 1).toLocaleString()));
  if (limit < value.bins[count - 1][1]) root.append(svg('line', { class: 'length-limit', x1: x(limit), x2: x(limit), y1: 2, y2: HEIGHT - BOTTOM }));
  return root;
};
const plot = (value) => {
  if (!value.bins || !value.bins.length) {
    element.replaceChildren(el('p', value.error ? 'empty error' : 'empty', value.error || value.empty));
    return;
  }
  const stops = value.stops;
  let at = stops.findIndex((stop) => stop[0] >= (chosen ?? value.limit));
  if (at < 0) at = stops.length - 1;
  const picture = el('div', 'length-picture'), told = el('output', 'length-told'), sum = el('div', 'length-facts');
  const slider = el('input', 'length-slider');
  Object.assign(slider, { type: 'range', min: 0, max: stops.length - 1, step: 1, value: at });
  slider.dataset.key = 'length-slider';
  slider.setAttribute('aria-label', value.limit_label);
  const number = el('strong', 'length-number');
  const tell = () => {
    const [limit, cut, lost] = stops[Number(slider.value)];
    const figures = { limit: limit.toLocaleString(), cut: cut.toLocaleString(), lost: lost.toLocaleString() };
    number.textContent = fill(value.limit_text, figures);
    told.textContent = cut ? fill(value.cut_text, figures) : fill(value.fits_text, figures);
    told.classList.toggle('is-cut', cut > 0);
    slider.setAttribute('aria-valuetext', number.textContent + '. ' + told.textContent);
    picture.replaceChildren(bars(value, limit));
  };
  slider.addEventListener('input', () => { chosen = stops[Number(slider.value)][0]; tell(); });
  slider.addEventListener('change', () => trigger('limit', { tokens: stops[Number(slider.value)][0] }));
  for (const [name, text] of value.facts) sum.append(el('div', 'tile', '', el('div', 'figure', text), el('div', 'tile-label', name)));
  element.replaceChildren(sum, picture, el('div', 'length-row', '', el('label', '', value.limit_label), number), slider, told,
    ...(value.notes || []).map((note) => el('p', 'token-note', note)));
  tell();
};
let shownKey;
draws((value) => {
  const key = value.key + '/' + value.limit;
  if (key !== shownKey) { shownKey = key; chosen = null; }
  plot(value);
});
let drawnWidth = 0;
new ResizeObserver(() => {
  if (element.clientWidth && Math.abs(element.clientWidth - drawnWidth) > 1) { drawnWidth = element.clientWidth; plot(props.value || {}); }
}).observe(element);
