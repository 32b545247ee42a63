// Turns of a conversation: one question, then one answer per column of that turn. Answers grow in place (textContent only).
const list = el('div', 'turn-list');
element.append(list);
let turns = [];

const newTurn = (turn, value) => {
  const asked = el('div', 'asked', '', el('div', 'bubble user', '', el('div', 'said', turn.question)));
  const answers = turn.answers.map((answer) => {
    const label = el('span', 'who'), said = el('div', 'said'), foot = el('div', 'foot');
    const card = el('article', 'answer ' + answer.kind, '', el('div', 'answer-head', '', label), said, foot);
    return { card, label, said, foot };
  });
  const columns = el('div', 'columns', '', ...answers.map((a) => a.card));
  columns.dataset.columns = answers.length;
  if (answers.length > 2) {
    // What scrolls sideways has to be within reach of the keyboard.
    columns.tabIndex = 0;
    columns.setAttribute('role', 'group');
    columns.setAttribute('aria-label', value.scroll_label);
  }
  const node = el('section', 'turn', '', asked, columns);
  return { question: turn.question, node, answers };
};
const isSame = (turn, given) => turn.question === given.question && turn.answers.length === given.answers.length;
const say = (node, text) => { if (node.textContent !== (text || '')) node.textContent = text || ''; };
const update = (view, answer) => {
  const now = JSON.stringify(answer);
  if (view.now === now) return;
  view.now = now;
  say(view.label, answer.label);
  say(view.said, answer.text);
  say(view.foot, answer.foot);
  view.card.classList.toggle('waiting', Boolean(answer.is_waiting));
  view.card.classList.toggle('growing', Boolean(answer.is_growing));
  view.card.classList.toggle('failed', Boolean(answer.is_failed));
};

draws((value) => {
  const given = value.turns || [];
  const frame = element.closest('.turns');
  const isNearEnd = !frame || frame.scrollHeight - frame.scrollTop - frame.clientHeight < 80;
  if (!given.length) { list.replaceChildren(value.empty ? el('p', 'empty', value.empty) : ''); turns = []; return; }
  if (!turns.length) list.replaceChildren();
  turns.splice(given.length).forEach((turn) => turn.node.remove());
  given.forEach((turn, i) => {
    if (!turns[i] || !isSame(turns[i], turn)) {
      const fresh = newTurn(turn, value);
      if (turns[i]) turns[i].node.replaceWith(fresh.node); else list.append(fresh.node);
      turns[i] = fresh;
    }
    turn.answers.forEach((answer, column) => update(turns[i].answers[column], answer));
  });
  if (isNearEnd && frame) frame.scrollTop = frame.scrollHeight;
});
