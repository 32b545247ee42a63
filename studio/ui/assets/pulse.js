// When to look for news of the open tab: when it opens, then every so many seconds, but not while words appear in view. Each event of
// Gradio (6.31) looks through the whole page for each of its inputs and outputs, which holds the page up; whoever reads an answer sees that.
const QUIET_MS = 500, LOOK_MS = 250;
const TABS = ['data', 'train', 'search', 'playground', 'export', 'runs'];
let last = performance.now();
const look = () => {
  last = performance.now();
  const open = location.hash.slice(1);
  trigger(TABS.includes(open) ? open : TABS[0], {});
};
window.addEventListener('hashchange', look);
setInterval(() => {
  const now = performance.now();
  if (now - last < 1000 * (props.value?.seconds || 4) || now - (window.studioWords ?? -QUIET_MS) < QUIET_MS) return;
  look();
}, LOOK_MS);
