// Show the state of a picture in which a box is open, or closed.
function foldable(stage) {
  const together = JSON.parse(stage.dataset.together);
  const states = [...stage.querySelectorAll('.state')];
  const key = ids => JSON.stringify([...ids].sort());
  function toggle(box) {
    const now = states.find(s => !s.hidden);
    const open = new Set(JSON.parse(now.dataset.open));
    const close = open.has(box);
    for (const id of together[box]) close ? open.delete(id) : open.add(id);
    const next = states.find(s => s.dataset.open === key(open)) ||
      states.find(s => JSON.parse(s.dataset.open).includes(box) !== close);
    if (!next) return;
    now.hidden = true;
    next.hidden = false;
    const again = next.querySelector(`.fold[data-box="${box}"]`);
    if (again) again.focus({preventScroll: true});
    stage.dispatchEvent(new Event('folded'));
  }
  const asked = e => e.target.closest && e.target.closest('.fold');
  stage.addEventListener('click', e => {
    const fold = asked(e);
    if (fold) toggle(fold.dataset.box);
  });
  stage.addEventListener('keydown', e => {
    const fold = asked(e);
    if (fold && (e.key === 'Enter' || e.key === ' ')) {
      e.preventDefault();
      e.stopPropagation();
      toggle(fold.dataset.box);
    }
  });
}
