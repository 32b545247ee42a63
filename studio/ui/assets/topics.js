// What the data is about: topics with their words, and every example as a dot near the ones like it.
let hovered = null;
const canvas = el('canvas', 'topic-map'), list = el('div', 'topic-list'), hint = el('p', 'topic-hint');
const board = el('div', 'topics', '', list, el('div', 'topic-board', '', canvas, hint)), none = el('p', 'empty');
element.append(none, board);
canvas.setAttribute('role', 'img');
const hue = (n, count) => Math.round((172 + 360 * n / Math.max(1, count)) % 360);
const colour = (n, count, strength) => {
  if (n < 0) return 'hsla(215, 12%, 55%, ' + strength * 0.6 + ')';
  return 'hsla(' + hue(n, count) + ', 62%, ' + (document.body.classList.contains('dark') ? 66 : 40) + '%, ' + strength + ')';
};
const paint = () => {
  const value = props.value || {}, width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !(value.points || []).length) return;
  const scale = window.devicePixelRatio || 1, count = value.topics.length, focus = hovered ?? value.chosen ?? null;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  const radius = value.points.length > 1500 ? 2.1 : 3.4;
  for (const [x, y, topic] of value.points) {
    pen.fillStyle = colour(topic, count, focus === null || focus === topic ? 0.75 : 0.13);
    pen.beginPath();
    pen.arc(10 + x / 1000 * (width - 20), 10 + y / 1000 * (height - 20), radius, 0, 7);
    pen.fill();
  }
};
const nearest = (event) => {
  const value = props.value || {}, box = canvas.getBoundingClientRect();
  let best = null, least = 400;
  for (const point of value.points || []) {
    const dx = 10 + point[0] / 1000 * (box.width - 20) - (event.clientX - box.left);
    const dy = 10 + point[1] / 1000 * (box.height - 20) - (event.clientY - box.top);
    if (dx * dx + dy * dy < least) { least = dx * dx + dy * dy; best = point; }
  }
  return best;
};
canvas.addEventListener('pointermove', (event) => {
  const point = nearest(event), topic = point && point[2] >= 0 ? point[2] : null;
  if (topic === hovered) return;
  hovered = topic;
  hint.textContent = topic === null ? props.value.map_hint : props.value.topics[topic].words;
  paint();
});
canvas.addEventListener('pointerleave', () => { hovered = null; hint.textContent = props.value.map_hint || ''; paint(); });
canvas.addEventListener('click', (event) => {
  const point = nearest(event);
  if (point && point[2] >= 0) trigger('pick', { topic: props.value.topics[point[2]].number });
});
draws((value) => {
  const topics = value.topics || [];
  none.hidden = topics.length > 0;
  board.hidden = !topics.length;
  none.textContent = value.empty || '';
  const most = Math.max(1, ...topics.map((topic) => topic.rows));
  list.replaceChildren(...topics.map((topic, i) => {
    const bar = el('span', 'topic-size'), dot = el('span', 'topic-dot');
    bar.style.width = Math.max(3, topic.rows / most * 100) + '%';
    bar.style.background = dot.style.background = colour(i, topics.length, 1);
    const node = button('topic' + (i === value.chosen ? ' chosen' : ''), '', () => trigger('pick', { topic: topic.number }));
    node.append(el('span', 'topic-head', '', dot, el('span', 'topic-words', topic.words), el('span', 'muted', topic.count)), bar);
    node.dataset.key = 'topic-' + topic.number;
    node.addEventListener('pointerenter', () => { hovered = i; paint(); });
    node.addEventListener('pointerleave', () => { hovered = null; paint(); });
    return node;
  }));
  hint.textContent = value.map_hint || '';
  canvas.setAttribute('aria-label', value.map_label || '');
  paint();
});
new ResizeObserver(paint).observe(canvas);
new MutationObserver(paint).observe(document.body, { attributes: true, attributeFilter: ['class'] });
