// @ts-check
// Line charts as SVG, without a library: axes with units, a legend beside the lines, for light and for dark pages.

/** @typedef {{ name: string, points: [number, number][] }} Series */
/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} x what the horizontal axis counts; its steps are logarithmic
 * @property {string} y
 * @property {readonly Series[]} series
 */

const WIDTH = 760;
const HEIGHT = 420;
const PLOT = { left: 72, right: 24, top: 100, bottom: 56 };
/** Told apart without colour, too: each line has its own marks. */
const LIGHT = ['#1f6feb', '#c2410c', '#15803d', '#7e22ce'];
const DARK = ['#6cb6ff', '#f69d50', '#57ab5a', '#dcbdfb'];
const DASHES = ['', '7 4', '2 4', '10 3 2 3'];

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .background { fill: #ffffff; }
  .grid { stroke: #d0d7de; }
  .axis { stroke: #59636e; }
${colours(LIGHT)}
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .background { fill: #0d1117; }
    .grid { stroke: #30363d; }
    .axis { stroke: #9198a1; }
${colours(DARK)}
  }`;

/** @param {string[]} values */
function colours(values) {
  return values
    .map((value, i) => `  .line${i} { stroke: ${value}; fill: none; } .mark${i} { fill: ${value}; }`)
    .join('\n');
}

/** @param {Chart} chart @returns {string} a whole SVG document */
export function lineChart({ title, x, y, series }) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const ticks = yTicks(Math.max(0, ...series.flatMap(({ points }) => points.map(([, value]) => value))));
  const place = placing(xs, ticks.at(-1) ?? 1);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
<rect class="background" width="${WIDTH}" height="${HEIGHT}" rx="6"/>
<text class="title" x="${PLOT.left}" y="28">${escaped(title)}</text>
${legend(series)}
${axes(xs, ticks, place, { x, y })}
${series.map((one, i) => line(one, i, place)).join('\n')}
</svg>
`;
}

/** Round steps from 0, about six of them. @param {number} highest @returns {number[]} */
export function yTicks(highest) {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, i) => i * step);
}

/** @param {readonly number[]} xs @param {number} top */
function placing(xs, top) {
  const [first = 1, last = first] = [xs[0], xs.at(-1)];
  const span = Math.log(last / first) || 1;
  const width = WIDTH - PLOT.left - PLOT.right;
  const height = HEIGHT - PLOT.top - PLOT.bottom;
  return {
    x: (/** @type {number} */ value) =>
      round(PLOT.left + 12 + (Math.log(value / first) / span) * (width - 24)),
    y: (/** @type {number} */ value) => round(PLOT.top + height - (value / top) * height),
  };
}

/** Two beside each other. @param {readonly Series[]} series */
function legend(series) {
  return series
    .map(({ name }, i) => {
      const x = PLOT.left + (i % 2) * 330;
      const y = 52 + Math.floor(i / 2) * 22;
      const sample = `<path class="line${i % 4}" stroke-width="2.5" stroke-dasharray="${DASHES[i % 4]}" d="M${x} ${y}h32"/>`;
      return `${sample}${mark(i, x + 16, y)}<text x="${x + 42}" y="${y + 4.5}">${escaped(name)}</text>`;
    })
    .join('\n');
}

/**
 * @param {readonly number[]} xs @param {readonly number[]} ticks @param {ReturnType<typeof placing>} place
 * @param {{ x: string, y: string }} names
 */
function axes(xs, ticks, place, names) {
  const right = WIDTH - PLOT.right;
  const bottom = HEIGHT - PLOT.bottom;
  const rows = ticks.map(
    (tick) =>
      `<path class="${tick === 0 ? 'axis' : 'grid'}" d="M${PLOT.left} ${place.y(tick)}H${right}"/>` +
      `<text x="${PLOT.left - 8}" y="${place.y(tick) + 4.5}" text-anchor="end">${tick.toLocaleString('en')}</text>`,
  );
  const columns = xs.map(
    (value) =>
      `<path class="axis" d="M${place.x(value)} ${bottom}v5"/>` +
      `<text x="${place.x(value)}" y="${bottom + 21}" text-anchor="middle">${value.toLocaleString('en')}</text>`,
  );
  const middle = round((PLOT.top + bottom) / 2);
  const across = `<text x="${round((PLOT.left + right) / 2)}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(names.x)}</text>`;
  const upright = `<text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${escaped(names.y)}</text>`;
  return [...rows, ...columns, across, upright].join('\n');
}

/** @param {Series} series @param {number} i @param {ReturnType<typeof placing>} place */
function line({ points }, i, place) {
  const placed = points.map(([x, y]) => [place.x(x), place.y(y)]);
  const path = placed.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  const marks = placed.map(([x = 0, y = 0]) => mark(i, x, y)).join('');
  return `<path class="line${i % 4}" stroke-width="2.5" stroke-dasharray="${DASHES[i % 4]}" d="${path}"/>${marks}`;
}

/** A circle, a square, a triangle, a diamond. @param {number} i @param {number} x @param {number} y */
function mark(i, x, y) {
  const shapes = [
    `<circle class="mark0" cx="${x}" cy="${y}" r="4.5"/>`,
    `<rect class="mark1" x="${x - 4}" y="${y - 4}" width="8" height="8"/>`,
    `<path class="mark2" d="M${x} ${y - 5}l5 9h-10z"/>`,
    `<path class="mark3" d="M${x} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>`,
  ];
  return shapes[i % 4];
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
