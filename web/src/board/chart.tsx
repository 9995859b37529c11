import type { BoardHour } from '@inbox-allocation/client/openapi';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { texts } from '../texts.js';

const HEIGHT = 130;
const DARK = matchMedia('(prefers-color-scheme: dark)');

/** Arrivals against what was taken, with the same as a table for those who cannot see it. */
export function Chart({ hour }: { hour: BoardHour }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const start = Date.parse(hour.startsAt) / 1000;
  const times = hour.arrivals.map((_, i) => start + (i + 0.5) * hour.intervalSeconds);
  const arrived = total(hour.arrivals);
  const taken = total(hour.given);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(element), [[], [], []], element);
      plot.current.setData(dataOf(element));
    };
    draw();
    const resize = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    resize.observe(element);
    DARK.addEventListener('change', draw);
    return () => {
      resize.disconnect();
      DARK.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, []);
  const figures = JSON.stringify([times, hour.arrivals, hour.given]);
  useEffect(() => {
    if (box.current === null) return;
    box.current.dataset['figures'] = figures;
    plot.current?.setData(dataOf(box.current));
  }, [figures]);
  return (
    <section class="card" aria-labelledby="hour">
      <header>
        <h2 id="hour">{texts.lastHour}</h2>
        <p class="legend">
          <span class="arrivals">{texts.arrivedCount(arrived)}</span>
          <span class="taken">{texts.takenCount(taken)}</span>
        </p>
      </header>
      <div
        ref={box}
        class="chart"
        role="img"
        aria-label={texts.chart(arrived, taken)}
        data-figures={figures}
      />
      <div class="hidden">
        <table>
          <caption>{texts.lastHour}</caption>
          <thead>
            <tr>
              <th scope="col">{texts.from}</th>
              <th scope="col">{texts.arrived}</th>
              <th scope="col">{texts.taken}</th>
            </tr>
          </thead>
          <tbody>
            {hour.arrivals.map((count, i) => (
              <tr key={i}>
                <th scope="row">{texts.clock((start + i * hour.intervalSeconds) * 1000)}</th>
                <td>{count}</td>
                <td>{hour.given[i]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function dataOf(element: HTMLElement): uPlot.AlignedData {
  return JSON.parse(element.dataset['figures'] ?? '[[],[],[]]') as uPlot.AlignedData;
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (variable: string) => style.getPropertyValue(variable).trim();
  const axis = {
    stroke: color('--dim'),
    font: `12px ${style.fontFamily}`,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    // The last time of the axis is half as wide as that on the right.
    padding: [8, 20, 0, 0],
    scales: { y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 90,
        size: 28,
        values: (_, times) => times.map((t) => texts.clock(t * 1000)),
      },
      { ...axis, size: 34, space: 30, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 10_000] },
    ],
    series: [
      {},
      { stroke: color('--accent'), width: 2, points: { show: false } },
      { stroke: color('--ok'), width: 2, dash: [6, 4], points: { show: false } },
    ],
  };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
