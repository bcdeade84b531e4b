import { isTest, lineAt } from "../finding.mjs";

/**
 * How many doc comments of a room may still begin with a word that points elsewhere. A room that is not listed may have
 * none, and a number can only shrink: a room that has fewer than its number is refused until the number is lowered.
 *
 * @type {Record<string, number>}
 */
const STILL_ALLOWED = {};

// Words that need the text around the comment to be understood; an editor shows the comment alone.
const POINTS_ELSEWHERE =
  /^(?:It|Its|It's|They|Their|Them|Those|These|That|Such|So|Same|The same|The others?|Another|Others|Whoever|See|Likewise|Ditto|As above)\b/;

/**
 * Finds doc comments whose first word points outside of them: a docstring is read on hover, so it names its subject.
 *
 * Shape: a tree -> findings, one for each such comment in a room that has more of them than it is allowed.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @param {Record<string, number>} allowed by room, such as `crates/cron`
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkDocFirstWords(tree, allowed = STILL_ALLOWED) {
  const found = findByRoom(tree);
  const rooms = new Set([...found.keys(), ...Object.keys(allowed)]);
  return [...rooms].flatMap((room) => {
    const findings = found.get(room) ?? [];
    const most = allowed[room] ?? 0;
    if (findings.length > most) return findings;
    return findings.length === most ? [] : [outdated(room, findings.length, most)];
  });
}

/**
 * Collects the doc comments whose first word points elsewhere, by room.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {Map<string, import("../finding.mjs").Finding[]>}
 */
export function findByRoom(tree) {
  const files = tree.matching(/\.(rs|ts|mts|cts|js|mjs|cjs)$/).filter((file) => !isTest(file));
  const findings = files.flatMap((file) => {
    const text = tree.read(file);
    const comments = file.endsWith(".rs") ? rustComments(text) : blockComments(text);
    return comments
      .filter(({ words }) => POINTS_ELSEWHERE.test(words))
      .map(({ line, words }) => finding(file, line, words));
  });
  /** @type {Map<string, import("../finding.mjs").Finding[]>} */
  const rooms = new Map();
  for (const each of findings) {
    const room = each.file.split("/").slice(0, 2).join("/");
    rooms.set(room, [...(rooms.get(room) ?? []), each]);
  }
  return rooms;
}

/** @param {string} text @returns {{ line: number, words: string }[]} the first line of each `///` and `//!` comment */
function rustComments(text) {
  const lines = text.split("\n").map((line) => /^\s*(\/\/[/!])(?!\/)\s*[*_[`]*(.*)$/.exec(line));
  return lines.flatMap((match, index) => {
    const isFirst = match !== null && match[1] !== lines[index - 1]?.[1];
    return isFirst ? [{ line: index + 1, words: match[2] ?? "" }] : [];
  });
}

/** @param {string} text @returns {{ line: number, words: string }[]} the first words of each comment that opens with `/**` */
function blockComments(text) {
  const comments = [...text.matchAll(/^\s*(\/\*\*)(?!\/)[\s*]*[_[`]*([^\n]*)/gm)];
  return comments.map((match) => {
    const words = match[2] ?? "";
    return { line: lineAt(text, match.index + match[0].indexOf("/**")), words };
  });
}

/** @param {string} file @param {number} line @param {string} words */
function finding(file, line, words) {
  const message = `a doc comment begins with \`${POINTS_ELSEWHERE.exec(words)?.[0]}\`: name its subject, since an editor shows the comment alone.`;
  return { file, line, rule: "doc-first-words", message };
}

/** @param {string} room @param {number} now @param {number} most */
function outdated(room, now, most) {
  const message = `${room} has ${now} doc comments that point elsewhere and is allowed ${most}: lower its number to ${now}.`;
  const file = "tools/tidy/rules/doc-first-words.mjs";
  return { file, line: 1, rule: "doc-first-words", message };
}
