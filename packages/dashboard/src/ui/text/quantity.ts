/** A space that does not break between a number and its unit. */
const SPACE = "\u00a0";

/** A number with three significant digits, without trailing zeros: `12.3`, `0.42`, `1240`. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

/**
 * A duration in the unit in which it reads best.
 *
 * Shape:  `0.042` -> `42 µs`, `12.34` -> `12.3 ms`, `1500` -> `1.5 s`, `200000` -> `3 min 20 s`, `7260000` -> `2 h 1 min`.
 * Units:  milliseconds; negative durations keep their sign, what is no number is `–`.
 */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms === 0) return `0${SPACE}ms`;
  if (ms < 0.9995) return `${short(ms * 1000)}${SPACE}µs`;
  if (ms < 999.5) return `${short(ms)}${SPACE}ms`;
  if (ms < 59_950) return `${short(ms / 1000)}${SPACE}s`;
  const units = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ] as const;
  const seconds = Math.round(ms / 1000);
  const first = units.findIndex(([size]) => seconds >= size);
  const [size, name] = units[first] ?? [1, "s"];
  const [below, belowName] = units[first + 1] ?? [1, ""];
  const rest = Math.floor((seconds % size) / below);
  const head = `${Math.floor(seconds / size)}${SPACE}${name}`;
  return rest === 0 || belowName === "" ? head : `${head} ${rest}${SPACE}${belowName}`;
}

/** A number of bytes in powers of 1,024: `512 B`, `1.5 KiB`, `20 MiB`. */
export function bytes(count: number): string {
  if (!Number.isFinite(count)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = Math.abs(count);
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${count < 0 ? "−" : ""}${short(value)}${SPACE}${units[unit]}`;
}

/** A whole number with its thousands apart: `9,408`. */
export function whole(count: number): string {
  return Number.isFinite(count) ? Math.round(count).toLocaleString("en-US") : "–";
}

/** A number with its noun: `1 span`, `12 spans`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${whole(count)}${SPACE}${Math.round(count) === 1 ? noun : plural}`;
}

/** A value in a UCUM unit of the metrics, in the form that reads best. */
export function inUnit(value: number, unit: string): string {
  if (unit === "s") return duration(value * 1000);
  if (unit === "ms") return duration(value);
  if (unit === "By") return bytes(value);
  if (unit === "%") return `${short(value)}${SPACE}%`;
  if (unit === "1" || unit === "") return short(value);
  return `${short(value)}${SPACE}${plural(unit.replace(/^\{|\}$/g, ""), value)}`;
}

function plural(unit: string, count: number): string {
  const noun = unit.replaceAll("_", " ");
  if (count === 1 || !/^[a-z ]+$/.test(noun) || noun.endsWith("s")) return noun;
  return noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
