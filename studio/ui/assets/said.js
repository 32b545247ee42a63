// A sentence for a few seconds, also for screen readers.
const SECONDS = 5;
let leaves = null;
const box = el('div', 'said-line');
box.setAttribute('role', 'status');
element.replaceChildren(box);
draws((value) => {
  if (!value.text) return;
  box.textContent = value.text;
  box.classList.add('is-shown');
  clearTimeout(leaves);
  leaves = setTimeout(() => box.classList.remove('is-shown'), SECONDS * 1000);
});
