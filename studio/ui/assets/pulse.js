// When to look for news: every so many seconds, but not while words appear in view. Each event of Gradio (6.31) looks through
// the whole page, which holds it up for a tenth of a second; whoever reads an answer sees that.
const QUIET_MS = 500, LOOK_MS = 250;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  if (now - last < 1000 * (props.value?.seconds || 4) || now - (window.studioWords ?? -QUIET_MS) < QUIET_MS) return;
  last = now;
  trigger('beat', {});
}, LOOK_MS);
