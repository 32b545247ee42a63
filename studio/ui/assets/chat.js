// Turns of a conversation: one question, then one answer per column of that turn. Answers grow in place (textContent only).
const PENCIL = 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3', ROUND = 'M20 12a8 8 0 1 1-2.5-5.8M20 4v4h-4';
const list = el('div', 'turn-list');
element.append(list);
let turns = [];

const tool = (path, label, key, onclick) => {
  const node = button('turn-tool', '', onclick);
  node.append(icon(path, 15));
  node.title = label;
  node.setAttribute('aria-label', label);
  node.dataset.key = key;
  return node;
};
const edit = (view, words) => {
  const box = el('textarea', 'turn-edit');
  box.value = view.question;
  box.rows = Math.min(6, view.question.split('\n').length + 1);
  box.setAttribute('aria-label', words.edit);
  const close = () => { view.editor.replaceChildren(); view.asked.hidden = false; };
  const send = () => { const text = box.value; close(); if (text.trim()) trigger('resend', { text }); };
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') { close(); view.tools.firstChild?.focus(); }
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  view.asked.hidden = true;
  view.editor.replaceChildren(box, el('div', 'act-row', '', button('mini primary', words.resend, send), button('mini', words.keep_question, close)));
  box.focus();
};
const newTurn = (turn, words) => {
  const system = el('p', 'turn-system muted'), tools = el('span', 'turn-tools'), editor = el('div', 'turn-editor');
  const bubble = el('div', 'bubble user', '', el('div', 'said', turn.question));
  const asked = el('div', 'asked', '', bubble, tools), extra = el('div', 'turn-extra');
  const answers = turn.answers.map((answer) => {
    const label = el('span', 'who'), note = el('span', 'answer-note'), said = el('div', 'said'), foot = el('div', 'foot');
    const acts = el('div', 'answer-acts'), right = el('div', 'answer-right'), given = el('div', 'answer-given');
    const card = el('article', 'answer', '', el('div', 'answer-head', '', label, note), said, foot, given, acts, right);
    return { card, label, note, said, foot, given, acts, right };
  });
  const votes = el('div', 'turn-votes');
  const columns = el('div', 'columns', '', ...answers.map((a) => a.card));
  columns.dataset.columns = answers.length;
  if (answers.length > 2) {
    // What scrolls sideways has to be within reach of the keyboard.
    columns.tabIndex = 0;
    columns.setAttribute('role', 'group');
    columns.setAttribute('aria-label', words.scroll_label);
  }
  const marks = el('p', 'turn-marks muted');
  const node = el('section', 'turn', '', system, asked, editor, columns, votes, marks, extra);
  return { number: turn.number, question: turn.question, node, answers, system, asked, tools, editor, votes, marks, extra };
};
const isSame = (view, turn) => view.number === turn.number && view.question === turn.question && view.answers.length === turn.answers.length;
const say = (node, text) => { if (node.textContent !== (text || '')) node.textContent = text || ''; };
const isNews = (view, value) => {
  const now = JSON.stringify(value);
  if (view.now === now) return false;
  view.now = now;
  return true;
};
const weighing = (number, place, label) => {
  const node = button('mini', label, () => {
    // It may take a moment, also the models may have to be loaded first.
    node.disabled = true;
    setTimeout(() => { node.disabled = false; }, 2000);
    trigger('weigh', { number, place });
  });
  node.dataset.key = 'weigh-' + number + '-' + place;
  return node;
};
// What the model should have said, in place of the button that asked for it.
const correcting = (view, answer, shown, turn, words) => {
  let draft = answer.text;
  const wrong = button('mini', words.wrong, () => {
    const box = el('textarea', 'turn-edit');
    box.value = draft;
    box.rows = Math.min(8, answer.text.split('\n').length + 2);
    box.setAttribute('aria-label', words.right);
    const save = button('mini primary', words.save_right, () => { draft = box.value; back(); trigger('correct', { number: turn.number, place: shown, text: draft }); });
    const back = () => { view.right.replaceChildren(); wrong.hidden = false; wrong.focus(); };
    box.addEventListener('keydown', (event) => { if (event.key === 'Escape') back(); });
    wrong.hidden = true;
    view.right.replaceChildren(el('label', 'who', words.right), box, el('div', 'act-row', '', save, button('mini', words.keep_question, back)));
    box.focus();
  });
  wrong.dataset.key = 'wrong-' + turn.number + '-' + shown;
  return wrong;
};
const rating = (vote, turn, room) => {
  const picks = vote.names.map((name) => ({ name, by: vote.criteria.map((one) => {
    const pick = el('select', 'tool-select', '', el('option', '', vote.unrated), ...vote.scores.map((score) => el('option', '', score)));
    return { one, pick };
  }) }));
  const save = button('mini primary', vote.save, () => {
    save.disabled = true;
    trigger('rate', { number: turn.number, scores: picks.map(({ by }) => Object.fromEntries(by.filter(({ pick }) => pick.selectedIndex).map(({ one, pick }) => [one.name, vote.scores[pick.selectedIndex - 1]]))) });
    setTimeout(() => { save.disabled = false; }, 1500);
  });
  room.replaceChildren(...picks.map(({ name, by }) => el('fieldset', 'rating', '', el('legend', 'who', name),
    ...by.map(({ one, pick }) => el('label', 'rating-line', '', el('span', '', one.label), pick)))), el('div', 'act-row', '', save));
};
const votes = (view, turn) => {
  const vote = turn.vote;
  if (!vote) { view.votes.replaceChildren(); return; }
  if (vote.told) { view.votes.replaceChildren(el('p', 'muted', vote.told)); return; }
  const room = el('div', 'ratings');
  const choose = (choice) => {
    const node = button('mini', choice.text, () => {
      view.votes.querySelectorAll('button').forEach((one) => { one.disabled = true; });
      trigger('vote', { number: turn.number, verdict: choice.verdict, place: choice.place });
    });
    node.dataset.key = 'vote-' + turn.number + '-' + choice.place;
    return node;
  };
  const more = button('mini quiet', vote.rate, () => { more.hidden = true; rating(vote, turn, room); });
  const leave = button('mini quiet', vote.give_up, () => trigger('give_up', { number: turn.number }));
  leave.dataset.key = 'give-up-' + turn.number;
  view.votes.replaceChildren(el('strong', '', vote.question), el('div', 'act-row', '', ...vote.choices.map(choose), more, leave), room);
};
// What a column was given to read of somebody's documents, folded.
const passages = (given) => {
  const items = el('div', 'given-items', '', ...given.items.map((item) =>
    el('figure', '', '', el('figcaption', 'who', item.name), el('div', 'said', item.text))));
  items.tabIndex = 0;
  items.setAttribute('role', 'group');
  items.setAttribute('aria-label', given.label);
  return [given.items.length ? el('details', 'given', '', el('summary', '', given.label), items) : '',
    given.note ? el('p', 'muted', given.note) : ''].filter(Boolean);
};
const update = (view, answer, place, turn, words) => {
  if (!isNews(view, answer)) return;
  view.card.className = 'answer ' + answer.kind;
  say(view.label, answer.label);
  say(view.note, answer.note);
  if (answer.pieces?.length) {
    view.said.replaceChildren(...answer.pieces.map(([text, kind]) => el(kind === 'differs' ? 'mark' : 'span', kind, text)));
  } else say(view.said, answer.text);
  say(view.foot, answer.foot);
  view.given.replaceChildren(...(answer.given ? passages(answer.given) : []));
  view.right.replaceChildren();
  view.acts.replaceChildren(
    answer.can_weigh ? weighing(turn.number, answer.place, words.weigh) : '',
    answer.can_correct ? correcting(view, answer, place, turn, words) : '');
  for (const state of ['waiting', 'growing', 'failed']) view.card.classList.toggle(state, Boolean(answer['is_' + state]));
};
// Around the answers: what it was asked under, ways to ask again, and the reference, folded until somebody wants it.
const frame = (view, turn, value) => {
  const around = { ...turn, answers: null, can: value.can_ask_again };
  if (!isNews(view, around)) return;
  const words = value.words;
  say(view.system, turn.system);
  say(view.marks, turn.marks);
  votes(view, turn);
  view.tools.replaceChildren(...(value.can_ask_again ? [
    tool(PENCIL, words.edit, 'edit', () => edit(view, words)),
    tool(ROUND, turn.again, 'again', () => trigger('again', {})),
  ] : []));
  view.extra.replaceChildren(turn.reference
    ? el('details', 'turn-reference', '', el('summary', '', words.reference), el('div', 'said', turn.reference)) : '');
};

// The end stays in view, unless somebody has scrolled away from it. Nothing is measured while words are put in; that would
// lay the page out anew for each of them.
const room = element.closest('.turns');
let follows = true;
room?.addEventListener('scroll', () => { follows = room.scrollHeight - room.scrollTop - room.clientHeight < 80; }, { passive: true });
const follow = new ResizeObserver(() => { if (follows) room.scrollTop = room.scrollHeight; });
if (room) [list, room].forEach((one) => follow.observe(one));

// Answers on their way: a line per step, each the whole turn. Of lines that come together only the last one is drawn.
let fetched = '', reading = null;
// A page that is left tells so itself; a browser closes its connections later.
addEventListener('pagehide', () => reading?.abort());
const fetchAnswers = async (key, number) => {
  reading?.abort();
  const mine = reading = new AbortController();
  try {
    const answer = await fetch('/answers/' + key, { signal: mine.signal });
    const lines = answer.ok ? answer.body.pipeThrough(new TextDecoderStream()).getReader() : null;
    for (let left = '', part; lines && !(part = await lines.read()).done;) {
      const whole = (left + part.value).split('\n');
      left = whole.pop();
      if (!whole.length || reading !== mine) continue;
      const value = JSON.parse(whole.at(-1));
      draw(value);
      // The page's pulse waits while words appear in view.
      if (element.offsetParent && value.turns[0]?.answers.some((one) => one.is_growing)) window.studioWords = performance.now();
    }
  } catch (error) { /* broken off, which the page is told below */ }
  if (reading === mine) trigger('answered', { number });
};

const draw = (value) => {
  // What comes before `since` is here already.
  const given = value.turns || [], since = Math.min(value.since || 0, turns.length);
  if (!given.length && !since) { list.replaceChildren(value.empty ? el('p', 'empty', value.empty) : ''); turns = []; return; }
  if (!turns.length) list.replaceChildren();
  turns.splice(since + given.length).forEach((view) => view.node.remove());
  given.forEach((turn, at) => {
    const i = since + at;
    if (!turns[i] || !isSame(turns[i], turn)) {
      const fresh = newTurn(turn, value.words || {});
      if (turns[i]) turns[i].node.replaceWith(fresh.node); else list.append(fresh.node);
      turns[i] = fresh;
    }
    turn.answers.forEach((answer, place) => update(turns[i].answers[place], answer, place, turn, value.words || {}));
    frame(turns[i], turn, value);
  });
};
draws((value) => {
  if (value.is_drawn) return;
  draw(value);
  // With each event Gradio (6.31) copies every value of the page; sixty turns took it two tenths of a second. They are drawn.
  props.value = { is_drawn: true };
  if (!value.key || value.key === fetched) return;
  fetched = value.key;
  fetchAnswers(value.key, value.turns[0].number);
});
