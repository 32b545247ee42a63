// Turns of a conversation: one question, then one answer per column. Answers grow in place (textContent only).
const list = el('div', 'turns');
list.setAttribute('aria-live', 'off');
element.append(list);
let turns = [];

const newTurn = (turn) => {
  const asked = el('div', 'asked', '', el('div', 'bubble user', '', el('div', 'said', turn.question)));
  const answers = turn.answers.map((answer) => {
    const label = el('span', 'who'), said = el('div', 'said'), foot = el('div', 'foot');
    const card = el('article', 'answer ' + answer.kind, '', el('div', 'answer-head', '', label), said, foot);
    return { card, label, said, foot };
  });
  const node = el('section', 'turn', '', asked, el('div', 'columns', '', ...answers.map((a) => a.card)));
  list.append(node);
  return { question: turn.question, node, answers };
};
const say = (node, text) => { if (node.textContent !== (text || '')) node.textContent = text || ''; };

draws((value) => {
  const given = value.turns || [];
  const isNearEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const isSame = given.length >= turns.length && turns.every((turn, i) =>
    turn.question === given[i].question && turn.answers.length === given[i].answers.length);
  if (!isSame) { list.replaceChildren(); turns = []; }
  if (!given.length) { list.replaceChildren(el('p', 'empty', value.empty)); turns = []; return; }
  if (!turns.length) list.replaceChildren();
  given.forEach((turn, i) => {
    if (!turns[i]) turns[i] = newTurn(turn);
    turn.answers.forEach((answer, column) => {
      const view = turns[i].answers[column];
      say(view.label, answer.label);
      say(view.said, answer.text);
      say(view.foot, answer.foot);
      view.card.classList.toggle('waiting', Boolean(answer.is_waiting));
      view.card.classList.toggle('growing', Boolean(answer.is_growing));
    });
  });
  if (isNearEnd) list.scrollTop = list.scrollHeight;
});
