draws((value) => {
  element.replaceChildren(
    value.title ? el(value.level || 'h2', '', value.title) : '', value.text ? el('p', '', value.text) : '');
});
