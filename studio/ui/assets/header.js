const KEY = 'tuning-studio.theme';
const isDark = () => document.body.classList.contains('dark');
const stored = localStorage.getItem(KEY);
if (stored) document.body.classList.toggle('dark', stored === 'dark');

draws((value) => {
  const mark = svg('svg', { viewBox: '0 0 40 40', width: 36, height: 36, 'aria-hidden': 'true', class: 'mark' });
  mark.append(svg('rect', { width: 40, height: 40, rx: 11 }));
  for (const [x, top, knob] of [[12, 10, 24], [20, 10, 15], [28, 10, 21]]) {
    mark.append(svg('line', { x1: x, x2: x, y1: top, y2: 30 }), svg('circle', { cx: x, cy: knob, r: 3.1 }));
  }
  const brand = el('div', 'brand', '', mark,
    el('div', '', '', el('h1', '', value.name), el('p', 'subtitle', value.subtitle)));
  const link = el('a', 'chip', value.language_label);
  link.lang = value.language;
  link.setAttribute('hreflang', value.language);
  const point = () => { link.href = value.language_path + location.hash; };
  point();
  window.addEventListener('hashchange', point);
  link.addEventListener('click', () => {
    document.cookie = 'lang=' + value.language + ';path=/;max-age=31536000;samesite=lax';
    point();
  });
  const theme = button('chip round', '', () => {
    document.body.classList.toggle('dark');
    localStorage.setItem(KEY, isDark() ? 'dark' : 'light');
  });
  theme.title = value.theme_label;
  theme.setAttribute('aria-label', value.theme_label);
  theme.append(icon('M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18'));
  const device = el('span', 'chip device', value.device);
  device.title = value.device_name || '';
  element.replaceChildren(el('header', 'masthead', '', brand, el('nav', 'chips', '', device, link, theme)));
});
