// Steps through a story: the data say what each step lights and what labels show.
const data = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const steps = data.steps;
const stage = document.querySelector('.stage');
let now = 0;
let timer = null;

foldable(stage);

// The entry of a list of [step, ...] that holds at a step.
function latest(told, step) {
  let low = 0;
  let high = told.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (told[middle][0] <= step) low = middle + 1;
    else high = middle;
  }
  return low ? told[low - 1] : null;
}

function picture() {
  return stage.querySelector('.state:not([hidden])');
}

function write() {
  const svg = picture();
  for (const part of svg.querySelectorAll('.region[data-of]')) {
    const told = latest(data.parts[part.dataset.of] || [], now);
    const idle = Boolean(told) && String(told[1]) !== part.dataset.part;
    part.classList.toggle('idle', idle);
  }
  for (const label of svg.querySelectorAll('.label')) {
    const idle = label.closest('.region.idle');
    const told = idle ? null : latest(data.labels[label.dataset.id] || [], now);
    const [above, below] = label.querySelectorAll('text');
    const [name, equals, value] = above.querySelectorAll('tspan');
    name.style.opacity = told ? 1 : 0.55;
    equals.textContent = told && told[1] ? ' = ' : '';
    value.textContent = told ? told[1] : '';
    below.textContent = told ? told[2] : '';
    label.classList.toggle('fresh', Boolean(told) && told[0] === now);
  }
}

// The item as it is drawn: itself, or the closed box that it is in.
function drawn(id) {
  const svg = picture();
  while (id) {
    const found = svg.querySelector(`.item[data-id="${id}"]`);
    if (found) return found;
    id = data.inside[id];
  }
  return null;
}

function light() {
  const step = steps[now];
  const keys = new Set(step.keys);
  const backward = step.phase === 'backward';
  for (const line of document.querySelectorAll('.line')) {
    const own = JSON.parse(line.dataset.keys);
    const hit = own.some(key => keys.has(key));
    const generated = line.closest('#generated');
    const here = !generated || line.classList.contains('adjoint') === backward;
    line.classList.toggle('lit', hit && here);
    line.classList.toggle('near', hit && !here);
  }
  for (const old of stage.querySelectorAll('.now')) old.classList.remove('now');
  const item = drawn(step.item);
  if (item) {
    item.classList.add('now');
    const id = item.dataset.id;
    for (const edge of picture().querySelectorAll(`path.edge[data-to="${id}"]`)) {
      edge.classList.add('now');
    }
    show(item.querySelector('.node, .fold') || item, byId('graph'));
  }
  for (const pane of ['user', 'generated']) {
    const line = byId(pane).querySelector('.lit');
    if (line) show(line, byId(pane));
  }
}

// Scroll a pane, and nothing else, until an element is in it.
function show(element, pane) {
  const a = element.getBoundingClientRect();
  const b = pane.getBoundingClientRect();
  if (a.top < b.top + 40 || a.bottom > b.bottom - 60) {
    pane.scrollTop += a.top - b.top - b.height / 2;
  }
  if (a.left < b.left + 20 || a.right > b.right - 160) {
    pane.scrollLeft += a.left - b.left - b.width / 3;
  }
}

// ---- the chain rule, in mathematical notation

const MATH = 'http://www.w3.org/1998/Math/MathML';

function math(kind, ...children) {
  const found = document.createElementNS(MATH, kind);
  found.append(...children);
  return found;
}

function fraction(above, below) {
  const over = math('mrow', math('mi', 'd'), math('mi', above));
  return math('mfrac', over, math('mrow', math('mi', 'd'), math('mi', below)));
}

function number(text, kind) {
  const found = math('mn', text);
  found.setAttribute('class', kind);
  const negative = text.startsWith('\u2212');
  return negative ? math('mrow', math('mo', '('), found, math('mo', ')')) : found;
}

function formula(c) {
  const row = math('mrow', fraction(c.g, c.x));
  const product = c.p !== c.g || c.before;
  if (product) {
    row.append(math('mo', '='), fraction(c.g, c.p), math('mo', '\u00b7'),
      fraction(c.p, c.x));
  }
  if (product && c.factors[1]) {
    row.append(math('mo', '='), number(c.factors[0], 'derivative'),
      math('mo', '\u00b7'), number(c.factors[1], 'value'));
    if (c.before) row.append(math('mo', '+'), number(c.before, 'derivative'));
  }
  const total = math('mn', c.total);
  total.setAttribute('class', 'derivative');
  row.append(math('mo', '='), total);
  const whole = math('math', row);
  whole.setAttribute('displaystyle', 'true');
  whole.setAttribute('data-text', c.text);
  whole.setAttribute('aria-label', c.text);
  return whole;
}

// ---- loops

function loops() {
  const step = steps[now];
  const holder = byId('loops');
  const wanted = JSON.stringify(step.loops);
  if (holder.dataset.shown !== wanted) {
    holder.dataset.shown = wanted;
    holder.replaceChildren(...step.loops.map(([box, count], depth) => {
      const label = document.createElement('label');
      const code = document.createElement('code');
      code.textContent = data.titles[box] || 'loop';
      const slider = document.createElement('input');
      Object.assign(slider, {type: 'range', min: 0, max: Math.max(count - 1, 0)});
      slider.dataset.depth = depth;
      slider.addEventListener('input', () => iterate(depth, Number(slider.value)));
      label.append(code, slider, document.createElement('output'));
      return label;
    }));
  }
  [...holder.children].forEach((label, depth) => {
    const [, count] = step.loops[depth];
    label.querySelector('input').value = step.when[depth];
    const at = `iteration ${step.when[depth] + 1} of ${count}`;
    label.querySelector('output').textContent = at;
  });
}

// To the same node in another iteration, or to the first step of that iteration.
function iterate(depth, iteration) {
  const step = steps[now];
  const there = s => s.phase === step.phase && s.when[depth] === iteration &&
    step.when.slice(0, depth).every((k, j) => s.when[j] === k);
  let found = steps.findIndex(s => there(s) && s.item === step.item);
  if (found < 0) found = steps.findIndex(there);
  if (found >= 0) go(found);
}

// ---- moving

const PHASES = {
  start: 'the arguments',
  forward: 'forward: values',
  backward: 'backward: derivatives',
};

function go(step) {
  now = Math.max(0, Math.min(steps.length - 1, step));
  const {phase, text, chain} = steps[now];
  byId('phase').textContent = PHASES[phase];
  byId('phase').dataset.phase = phase;
  byId('said').textContent = text;
  byId('chain').replaceChildren(...chain.map(formula));
  byId('at').value = now;
  byId('count').textContent = `${now} / ${steps.length - 1}`;
  document.body.dataset.step = now;
  write();
  light();
  loops();
  if (now === steps.length - 1) pause();
}

function pause() {
  clearInterval(timer);
  timer = null;
  document.querySelector('[data-do="play"]').textContent = 'play';
}

function play() {
  if (timer) return pause();
  if (now === steps.length - 1) go(0);
  timer = setInterval(() => go(now + 1), 900);
  document.querySelector('[data-do="play"]').textContent = 'pause';
}

function turn() {
  const found = steps.findIndex(s => s.phase === 'backward');
  go(found < 0 ? steps.length - 1 : found);
}

const MOVES = {
  first: () => go(0),
  back: () => go(now - 1),
  next: () => go(now + 1),
  last: () => go(steps.length - 1),
  turn,
  play,
};

function neighbour(by) {
  const depth = steps[now].when.length - 1;
  if (depth >= 0) iterate(depth, steps[now].when[depth] + by);
}

// The next step that fits, from here on, around the end.
function seek(fits) {
  for (let k = 1; k <= steps.length; k++) {
    const step = (now + k) % steps.length;
    if (fits(steps[step])) return go(step);
  }
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' :
    matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
}

for (const button of document.querySelectorAll('[data-do]')) {
  button.addEventListener('click', () => {
    if (button.dataset.do !== 'play') pause();
    MOVES[button.dataset.do]();
  });
}
byId('theme').addEventListener('click', theme);
byId('at').max = steps.length - 1;
byId('at').addEventListener('input', event => go(Number(event.target.value)));
stage.addEventListener('folded', () => { write(); light(); });
stage.addEventListener('click', event => {
  const item = event.target.closest('.item.operation');
  if (item && !event.target.closest('.fold')) seek(s => s.item === item.dataset.id);
});
for (const line of document.querySelectorAll('.line')) {
  line.addEventListener('click', () => {
    const keys = new Set(JSON.parse(line.dataset.keys));
    const adjoint = line.classList.contains('adjoint');
    const generated = Boolean(line.closest('#generated'));
    seek(s => s.keys.some(key => keys.has(key)) &&
      (!generated || (s.phase === 'backward') === adjoint));
  });
}
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const slider = event.target.matches('input[type="range"]');
  const button = event.target.matches('button');
  const moves = {
    ArrowRight: MOVES.next,
    ArrowLeft: MOVES.back,
    ArrowUp: () => neighbour(-1),
    ArrowDown: () => neighbour(1),
    Home: MOVES.first,
    End: MOVES.last,
    ' ': play,
    r: turn,
    t: theme,
  };
  const move = moves[event.key];
  if (!move || slider || (button && event.key === ' ')) return;
  event.preventDefault();
  move();
});
go(Number(location.hash.slice(1)) || 0); // page.html#5 opens at step 5
