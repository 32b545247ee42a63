// Builders for elements: data only ever arrives through textContent and setAttribute.
const el = (tag, className, text, ...children) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined && text !== null && text !== '') node.textContent = String(text);
  node.append(...children.filter(Boolean));
  return node;
};
const svg = (tag, attributes, text) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = String(text);
  return node;
};
const icon = (path, size) => {
  const node = svg('svg', { viewBox: '0 0 24 24', width: size || 16, height: size || 16, fill: 'none',
    stroke: 'currentColor', 'stroke-width': 1.8, 'stroke-linecap': 'round', 'stroke-linejoin': 'round',
    'aria-hidden': 'true' });
  node.append(svg('path', { d: path }));
  return node;
};
const BIN = 'M5 7h14M10 7V5h4v2M7 7l1 12h8l1-12M10.5 11v5M13.5 11v5';
// A link out of the studio; an address that is none stays a text.
const outward = (text, href) => {
  if (!/^https?:\/\//.test(href || '')) return el('span', '', text);
  const node = el('a', '', text);
  node.href = href;
  node.target = '_blank';
  node.rel = 'noopener noreferrer';
  return node;
};
const button = (className, text, onclick) => {
  const node = el('button', className, text);
  node.type = 'button';
  node.addEventListener('click', onclick);
  return node;
};
// Redraw now and whenever the value changes; what has the keyboard focus keeps it, by its data-key.
const draws = (draw) => {
  const redraw = () => {
    const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    draw(props.value || {});
    if (focused) element.querySelector('[data-key="' + CSS.escape(focused) + '"]')?.focus();
  };
  watch('value', redraw);
  redraw();
};
// Ask for one thing at a time, so that no answer overtakes another; what is asked meanwhile goes when the answer is there:
// every `step`, and of what stands for the whole only the newest. A value says by `turn` which question it answers;
// `isNews` tells whether to draw it.
const oneByOne = (name) => {
  const later = [];
  let turn = 0, isOut = false;
  const send = (what) => {
    turn += 1;
    const sent = turn;
    isOut = true;
    trigger(name, { ...what, turn });
    // An answer that never comes must not block the rest.
    setTimeout(() => { if (turn === sent) settle(); }, 5000);
  };
  const settle = () => {
    isOut = false;
    if (later.length) send(later.shift().what);
  };
  const put = (what, isStep) => {
    if (!isOut) { send(what); return; }
    if (!isStep && later.length && !later.at(-1).isStep) later.pop();
    later.push({ what, isStep });
  };
  return {
    ask: (what) => put(what, false),
    step: (what) => put(what, true),
    isNews: (value) => {
      if (isOut && value.turn === turn) settle();
      return !isOut;
    },
  };
};
// One try of a search in several pictures: what is pointed at in one lights up in all.
const lightUp = (number) => {
  for (const node of document.querySelectorAll('[data-try]')) node.classList.toggle('lit', node.dataset.try === String(number));
};
const lights = (node, number) => {
  node.dataset.try = number;
  for (const name of ['pointerenter', 'focusin']) node.addEventListener(name, () => lightUp(number));
  for (const name of ['pointerleave', 'focusout']) node.addEventListener(name, () => lightUp(null));
  return node;
};
const niceStep = (span, count) => {
  const rough = span / count, power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((k) => k * power).find((k) => k >= rough);
};
const ticks = (low, high, count) => {
  const step = niceStep(high - low || 1, count), list = [];
  for (let t = Math.ceil(low / step - 1e-9) * step; t <= high + step * 1e-6; t += step) list.push(t);
  return list;
};
const pathOf = (points, x, y) => points.map(([a, b], i) => (i ? 'L' : 'M') + x(a).toFixed(1) + ' ' + y(b).toFixed(1)).join('');
// An empty picture of losses over steps: its SVG with grid and names, and where a step (`x`) and a loss (`y`) lie in it.
const lossFrame = (value, { width, height, pad }, right, low, high) => {
  const x = (v) => pad.left + v / right * (width - pad.left - pad.right);
  const y = (v) => pad.top + (high - v) / (high - low) * (height - pad.top - pad.bottom);
  const root = svg('svg', { width, height, viewBox: '0 0 ' + width + ' ' + height, role: 'img', 'aria-label': value.summary || '' });
  const digits = high - low < 0.5 ? 3 : high - low < 20 ? 2 : 0;
  for (const t of ticks(low, high, 5)) {
    root.append(svg('line', { class: 'grid', x1: pad.left, x2: width - pad.right, y1: y(t), y2: y(t) }),
      svg('text', { class: 'axis', x: pad.left - 8, y: y(t) + 4, 'text-anchor': 'end' }, t.toFixed(digits)));
  }
  for (const t of ticks(0, right, width < 420 ? 4 : 7).filter(Number.isInteger)) {
    root.append(svg('text', { class: 'axis', x: x(t), y: height - pad.bottom + 17, 'text-anchor': 'middle' }, t));
  }
  root.append(svg('text', { class: 'axis-name', x: width - pad.right, y: height - 2, 'text-anchor': 'end' }, value.x_label || ''),
    svg('text', { class: 'axis-name', x: pad.left + 6, y: pad.top - 4 }, value.y_label || ''));
  return { root, x, y };
};
// Draw again whenever there is another width to draw for.
const drawsToFit = (frame, plot) => {
  let drawnWidth = 0;
  new ResizeObserver(() => {
    if (frame.clientWidth && frame.clientWidth !== drawnWidth) { drawnWidth = frame.clientWidth; plot(props.value || {}); }
  }).observe(frame);
};
