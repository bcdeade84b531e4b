/**
 * One row of ARCHITECTURE.md's room table, for one room. `mayDependOn` holds the rooms and the outside packages that
 * the row names; `dependsOnAnything` and `dependsOnEveryCrate` are its words for "no limit". `never` holds outside
 * packages.
 *
 * @typedef {object} RoomRule
 * @property {string} room `crates/api`
 * @property {number} line where the row stands
 * @property {Set<string>} mayDependOn short names: `runtime`, `napi`
 * @property {boolean} dependsOnAnything
 * @property {boolean} dependsOnEveryCrate
 * @property {boolean} dependsOnPlatformPackages
 * @property {Set<string>} never
 * @property {boolean} startsNoThread "a runtime or thread of their own" is in the last column
 * @property {boolean} buildTimeOnly "never imported by a running app"
 */

/**
 * Reads the room table out of ARCHITECTURE.md: the markdown table whose header is `room | may depend on | never on`.
 *
 * Shape: the page's text -> one rule a room, braces expanded. Names count when they stand in backticks; the
 * words "anything", "every crate" and "platform addon packages" widen a row.
 *
 * @param {string} markdown
 * @returns {Map<string, RoomRule>} by room; empty when there is no such table
 */
export function readRoomTable(markdown) {
  const lines = markdown.split("\n");
  const header = lines.findIndex((line) => cells(line).join("|") === "room|may depend on|never on");
  /** @type {Map<string, RoomRule>} */
  const rules = new Map();
  if (header === -1) return rules;
  for (let index = header + 2; lines[index]?.startsWith("|"); index += 1) {
    for (const rule of readRow(cells(lines[index] ?? ""), index + 1)) rules.set(rule.room, rule);
  }
  return rules;
}

/** @param {string} line @returns {string[]} */
function cells(line) {
  if (!line.startsWith("|")) return [];
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** @param {string[]} row @param {number} line @returns {RoomRule[]} */
function readRow([rooms = "", allowed = "", never = ""], line) {
  return names(rooms)
    .flatMap(expandBraces)
    .map((room) => ({
      room,
      line,
      mayDependOn: new Set(names(allowed)),
      dependsOnAnything: /\banything\b/.test(allowed),
      dependsOnEveryCrate: /\bevery crate\b/.test(allowed),
      dependsOnPlatformPackages: /\bplatform addon packages\b/.test(allowed),
      never: new Set(names(never)),
      startsNoThread: /\bruntime or thread of (its|their) own\b/.test(never),
      buildTimeOnly: /never imported by a running app/.test(allowed),
    }));
}

/** @param {string} cell @returns {string[]} what stands in backticks */
function names(cell) {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
}

/**
 * Expands one pair of braces, as a shell does.
 *
 * Shape: `crates/{api,cron}` -> `["crates/api", "crates/cron"]`.
 *
 * @param {string} path
 * @returns {string[]}
 */
export function expandBraces(path) {
  const match = /^(.*)\{([^}]*)\}(.*)$/.exec(path);
  if (match === null) return [path];
  const [, before = "", choices = "", after = ""] = match;
  return choices.split(",").map((choice) => before + choice.trim() + after);
}
