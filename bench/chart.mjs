// @ts-check
// Line charts as SVG, for light and for dark pages. ECharts draws them.
import { init } from 'echarts';

/** @typedef {{ name: string, points: [number, number][] }} Series */
/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} x what the horizontal axis counts; its steps are logarithmic
 * @property {true} [isLinear] not logarithmic
 * @property {string} y
 * @property {readonly Series[]} series
 */

const SIZE = { width: 760, height: 420 };
/** The first colour is for light pages, the second for dark ones. */
const COLOURS = {
  background: ['#ffffff', '#0d1117'],
  text: ['#1f2328', '#e6edf3'],
  axis: ['#59636e', '#9198a1'],
  grid: ['#d0d7de', '#30363d'],
  lines: [
    ['#1f6feb', '#6cb6ff'],
    ['#c2410c', '#f69d50'],
    ['#15803d', '#57ab5a'],
    ['#7e22ce', '#dcbdfb'],
  ],
};
/** Readers can distinguish the lines without colours. @type {{ symbol: string, dash: number[] }[]} */
const STYLES = [
  { symbol: 'circle', dash: [] },
  { symbol: 'rect', dash: [7, 4] },
  { symbol: 'triangle', dash: [2, 4] },
  { symbol: 'diamond', dash: [10, 3, 2, 3] },
];

/** @param {Chart} chart @returns {string} a whole SVG document */
export function lineChart({ title, x, isLinear, y, series }) {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const [[background], [color], [axis], [grid]] = [
    COLOURS.background,
    COLOURS.text,
    COLOURS.axis,
    COLOURS.grid,
  ];
  const text = { color, fontSize: 13, fontFamily: 'system-ui, sans-serif' };
  const named = { nameLocation: /** @type {const} */ ('middle'), nameTextStyle: text };
  const axisLabel = { ...text, formatter: (/** @type {number} */ value) => value.toLocaleString('en') };
  const chart = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  chart.setOption({
    animation: false,
    backgroundColor: background,
    title: { text: title, left: 65, top: 12, textStyle: { ...text, fontSize: 16 } },
    legend: [0, 1].map((column) => ({
      data: series.map(({ name }) => name).filter((_, i) => i % 2 === column),
      left: 65 + column * 330,
      top: 42,
      orient: 'vertical',
      itemWidth: 34,
      textStyle: text,
      selectedMode: false,
    })),
    grid: { left: 72, right: 40, top: 104, bottom: 56, outerBoundsMode: 'none' },
    xAxis: {
      ...named,
      type: isLinear ? 'value' : 'log',
      name: x,
      nameGap: 32,
      min: xs[0],
      max: xs.at(-1),
      axisLabel: { ...axisLabel, customValues: xs },
      axisTick: { show: true, customValues: xs },
      axisLine: { lineStyle: { color: axis } },
      splitLine: { show: false },
    },
    yAxis: {
      ...named,
      name: y,
      nameGap: 50,
      axisLabel,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: grid } },
    },
    series: series.map(({ name, points }, i) => ({
      name,
      data: points,
      type: 'line',
      silent: true,
      symbol: STYLES[i]?.symbol,
      symbolSize: 9,
      itemStyle: { color: COLOURS.lines[i]?.[0] },
      lineStyle: { width: 2.5, type: STYLES[i]?.dash },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return forDarkPages(svg);
}

/** @param {string} svg */
function forDarkPages(svg) {
  const { lines, ...others } = COLOURS;
  const rules = [...Object.values(others), ...lines].flatMap(([light, dark]) =>
    ['fill', 'stroke'].map((property) => `[${property}="${light}"] { ${property}: ${dark} }`),
  );
  const style = `<style>@media (prefers-color-scheme: dark) {\n${rules.join('\n')}\n}</style>`;
  return `${svg.replace('>', ` role="img">\n${style}`)}\n`;
}
