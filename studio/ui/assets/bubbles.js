draws((value) => {
  if (!value.messages || !value.messages.length) { element.replaceChildren(el('p', 'empty', value.empty)); return; }
  element.replaceChildren(el('div', 'bubbles', '', ...value.messages.map((message) =>
    el('div', 'bubble ' + message.role, '', el('span', 'who', message.who), el('div', 'said', message.content)))));
});
