// A numbered list; what stands after the last ": " and looks like a command is set as one.
draws((value) => {
  element.replaceChildren(el('ol', 'how-to', '', ...(value.steps || []).map((text) => {
    const cut = text.indexOf(': ');
    if (cut < 0) return el('li', '', text);
    return el('li', '', text.slice(0, cut + 1), el('code', '', text.slice(cut + 2)));
  })));
});
