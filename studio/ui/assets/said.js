// A sentence for a few seconds, also for screen readers; and what went wrong, since Gradio itself shows only errors of queued events.
const SECONDS = 5, PROBLEM_SECONDS = 12;
let leaves = null;
const box = el('div', 'said-line');
box.setAttribute('role', 'status');
element.replaceChildren(box);
const show = (kind, seconds, ...parts) => {
  box.className = 'said-line is-shown ' + kind;
  box.replaceChildren(...parts);
  clearTimeout(leaves);
  leaves = setTimeout(() => box.classList.remove('is-shown'), seconds * 1000);
};
draws((value) => { if (value.text) show('', SECONDS, value.text); });
document.addEventListener('studio-problem', ({ detail }) => {
  // It is markup of ours (`page.error_markup`); only its texts are taken.
  const told = new DOMParser().parseFromString(detail, 'text/html').body, title = told.querySelector('b');
  title?.remove();
  show('is-problem', PROBLEM_SECONDS, el('strong', '', title?.textContent), el('span', '', told.textContent));
});
// Once, however often this is drawn.
if (!window.tellsProblems) {
  window.tellsProblems = true;
  const plain = window.fetch;
  const tell = (told) => { if (told.error) document.dispatchEvent(new CustomEvent('studio-problem', { detail: told.error })); };
  window.fetch = async (...given) => {
    const answer = await plain(...given);
    const isEvent = String(given[0]?.url || given[0]).includes('/gradio_api/run/');
    if (answer.status === 500 && isEvent) answer.clone().json().then(tell, () => {});
    return answer;
  };
}
