// What is being read or changed now: a bar with its figures and a way to stop it. What failed stays until it is closed.
draws((value) => {
  element.replaceChildren(...(value.items || []).map((item) => {
    if (item.kind === 'error') {
      const close = button('mini', value.close_label, () => trigger('close', { id: item.id }));
      close.dataset.key = 'close-' + item.id;
      const told = el('div', 'notice error work-told', '', el('div', 'work-words', '', el('strong', '', item.title),
        el('p', '', item.text), item.fix ? el('p', 'fix', item.fix) : ''), close);
      told.setAttribute('role', 'alert');
      return told;
    }
    const fill = el('span', 'bar-fill'), bar = el('div', 'bar' + (item.share === null ? ' unknown' : ''), '', fill);
    bar.setAttribute('role', 'progressbar');
    bar.setAttribute('aria-label', item.title);
    bar.setAttribute('aria-valuemin', '0');
    bar.setAttribute('aria-valuemax', '100');
    if (item.share !== null) {
      fill.style.width = Math.round(item.share * 100) + '%';
      bar.setAttribute('aria-valuenow', String(Math.round(item.share * 100)));
    }
    const box = el('div', 'work', '', el('div', 'work-head', '', el('strong', '', item.title), el('span', 'muted', item.stage),
      el('span', 'muted work-aside', item.aside)), item.is_waiting ? '' : bar);
    if (item.can_stop) {
      const stop = button('mini', value.stop_label, () => { stop.disabled = true; trigger('stop', { id: item.id }); });
      stop.dataset.key = 'stop-' + item.id;
      box.firstChild.append(stop);
    }
    return box;
  }));
});
