import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import type { Series } from "../metrics/history.ts";
import { colours } from "../state/theme.ts";
import { plainText } from "../text/plain-text.ts";
import { inUnit, short } from "../text/quantity.ts";

const HEIGHT = 190;
/** How lines are told apart without colour: by their dashes. */
const DASHES: readonly number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 4]];
/** The variables of the colours of lines. */
const COLOURS = ["--line-1", "--line-2", "--line-3", "--line-4", "--line-5", "--line-6"];

const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);

/** A value with the unit of a chart. */
export function chartValue(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return "–";
  return unit === "/s" ? `${short(value)}/s` : inUnit(value, unit);
}

/**
 * Lines over time, with axes and units. The drawing says nothing to a screen reader; the last values of all lines stand
 * beneath it as a list, which is the legend too.
 */
export function Chart({
  title,
  unit,
  doc,
  series,
}: {
  title: string;
  unit: string;
  doc: string;
  series: Series;
}) {
  const names = Object.keys(series.lines).sort();
  return (
    <figure class="chart card">
      <figcaption>
        <h3>
          {title} <span class="quiet">{unit === "By" ? "bytes" : unit === "s" ? "time" : unit}</span>
        </h3>
        <p class="quiet">{doc}</p>
      </figcaption>
      {names.length === 0 ? (
        <p class="quiet chart-empty">
          {series.times.length === 0
            ? "The first readings come in a few seconds."
            : "Nothing of this is measured here."}
        </p>
      ) : (
        <>
          <Drawing names={names} unit={unit} series={series} />
          <Legend names={names} unit={unit} series={series} />
        </>
      )}
    </figure>
  );
}

interface Lines {
  readonly names: readonly string[];
  readonly unit: string;
  readonly series: Series;
}

function Drawing({ names, unit, series }: Lines) {
  const box = useRef<HTMLDivElement>(null);
  const drawing = useRef<UPlot | null>(null);
  const data = [series.times.map((ms) => ms / 1000), ...names.map((name) => series.lines[name] ?? [])];

  useEffect(() => {
    const place = box.current;
    if (place === null) return undefined;
    const plot = new UPlot(options(place, unit, names), data as UPlot.AlignedData, place);
    drawing.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    resized.observe(place);
    return () => {
      resized.disconnect();
      plot.destroy();
      drawing.current = null;
    };
  }, [names.join("\n"), colours.value, unit]);

  useEffect(() => drawing.current?.setData(data as UPlot.AlignedData), [series]);

  return <div class="plot" aria-hidden="true" ref={box} />;
}

function Legend({ names, unit, series }: Lines) {
  return (
    <ul class="legend">
      {names.map((name, index) => (
        <li key={name}>
          <svg width="22" height="8" aria-hidden="true">
            <line
              x1="0"
              x2="22"
              y1="4"
              y2="4"
              class={`legend-line line-${(index % COLOURS.length) + 1}`}
              stroke-dasharray={(DASHES[index % DASHES.length] ?? []).join(" ")}
            />
          </svg>
          {plainText(name.replaceAll("_", " "))}{" "}
          <strong>{tickLabelOrNone(lastOf(series.lines[name]), unit)}</strong>
        </li>
      ))}
    </ul>
  );
}

function tickLabelOrNone(value: number | null, unit: string): string {
  return value === null ? "–" : tickLabel(value, unit);
}

function lastOf(values: readonly (number | null)[] | undefined): number | null {
  return values?.at(-1) ?? null;
}

function options(place: HTMLElement, unit: string, names: readonly string[]): UPlot.Options {
  const colour = (variable: string): string => resolved(place, variable);
  const [quiet, rule] = [colour("--quiet"), colour("--rule")];
  const axis = { stroke: quiet, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule, width: 1 } };
  // Bytes are told in powers of two, so the axis has steps of them.
  const steps = unit === "By" ? { incrs: POWERS_OF_TWO } : {};
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false },
    scales: {
      y: { range: (_, least, most) => [Math.min(0, least ?? 0), (most ?? 0) > 0 ? (most ?? 0) * 1.1 : 1] },
    },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((tick) => timeLabel(tick)), space: 70 },
      { ...axis, size: 72, values: (_, ticks) => ticks.map((tick) => tickLabel(tick, unit)), ...steps },
    ],
    series: [
      {},
      ...names.map((name, index) => ({
        label: name,
        stroke: colour(COLOURS[index % COLOURS.length] ?? "--line-1"),
        dash: DASHES[index % DASHES.length] ?? [],
        width: 1.75,
        points: { show: false },
      })),
    ],
  };
}

/** A value of the axis; nouns stand beside the title, for they would not fit. */
function tickLabel(value: number, unit: string): string {
  return /^[a-z]{3,}$/.test(unit) ? short(value) : chartValue(value, unit);
}

function timeLabel(seconds: number): string {
  const at = new Date(seconds * 1000);
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}

/** A colour variable as the canvas takes it: variables hold `light-dark(…)`, which only an element resolves. */
function resolved(place: HTMLElement, variable: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${variable})`;
  place.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
