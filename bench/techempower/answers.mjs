/** What each kind's answers must look like, by the public rules; pure, so that a test can hold them to examples. */

/** @typedef {import("../harness/http-request.mjs").Answer} Answer */

const ROWS = 10_000;
const HELLO = "Hello, World!";
const ADDED = { id: 0, message: "Additional fortune added at request time." };
const TYPES = {
  text: /^text\/plain(; ?charset=utf-8)?$/i,
  json: /^application\/json(; ?charset=utf-8)?$/i,
  html: /^text\/html; ?charset=utf-8$/i,
};

/**
 * Tells what is wrong with the headers of an answer.
 *
 * Source: TechEmpower, "Framework Tests Overview", General Test Requirements.
 *
 * @param {Answer} answer
 * @param {keyof typeof TYPES} type
 * @returns {string[]}
 */
export function headerFaults({ headers, contentType }, type) {
  const found = ["server", "date"].filter((name) => !headers[name]).map((name) => `no header \`${name}\``);
  if (Number.isNaN(Date.parse(headers["date"] ?? "Thu, 01 Jan 1970 00:00:00 GMT")))
    found.push(`a date that is none: ${headers["date"]}`);
  if (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined)
    found.push("neither a content-length nor a transfer-encoding");
  if (headers["content-encoding"] !== undefined) found.push("an encoded body");
  if (!TYPES[type].test(contentType)) found.push(`content-type "${contentType}"`);
  return found;
}

/** @param {Answer} answer @returns {string[]} */
export function plaintextFaults(answer) {
  const found = headerFaults(answer, "text");
  return answer.text === HELLO ? found : [...found, `body ${answer.text.slice(0, 100)}`];
}

/** @param {Answer} answer @returns {string[]} */
export function jsonFaults(answer) {
  const found = headerFaults(answer, "json");
  return answer.text === `{"message":"${HELLO}"}` ? found : [...found, `body ${answer.text.slice(0, 100)}`];
}

/** @param {Answer} answer @returns {string[]} */
export function worldFaults(answer) {
  return [...headerFaults(answer, "json"), ...rowFaults(parse(answer.text))];
}

/**
 * Tells what is wrong with an answer of rows.
 *
 * @param {Answer} answer
 * @param {number} count how many there must be
 * @returns {string[]}
 */
export function worldsFaults(answer, count) {
  const found = headerFaults(answer, "json");
  const rows = parse(answer.text);
  if (!Array.isArray(rows)) return [...found, `no list: ${answer.text.slice(0, 100)}`];
  if (rows.length !== count) found.push(`${rows.length} rows, not ${count}`);
  return [...found, ...(rows.map(rowFaults).find((faults) => faults.length > 0) ?? [])];
}

/** @param {unknown} row @returns {string[]} */
function rowFaults(row) {
  const { id, randomNumber, ...rest } = /** @type {any} */ (row ?? {});
  const fits = [id, randomNumber].every((value) => Number.isInteger(value) && value >= 1 && value <= ROWS);
  return fits && Object.keys(rest).length === 0 ? [] : [`no row: ${JSON.stringify(row)}`];
}

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Tells what is wrong with a page of fortunes.
 *
 * @param {Answer} answer
 * @param {readonly { id: number, message: string }[]} fortunes in the table
 * @returns {string[]}
 */
export function fortunesFaults(answer, fortunes) {
  const found = headerFaults(answer, "html");
  const sorted = [...fortunes, ADDED].sort((one, other) => (one.message < other.message ? -1 : 1));
  const rows = sorted.map(({ id, message }) => `<tr><td>${id}</td><td>${escaped(message)}</td></tr>`);
  const wanted = `<!doctype html><html><head><title>Fortunes</title></head><body><table><tr><th>id</th><th>message</th></tr>${rows.join("")}</table></body></html>`;
  const page = normalised(answer.text);
  if (page === wanted) return found;
  const at = [...wanted].findIndex((character, index) => character !== page[index]);
  return [...found, `the page differs from byte ${at} on: ${page.slice(at, at + 80)}`];
}

/** The forms in which a character may be escaped, and the one to compare by. */
const NORMAL = /** @type {const} */ ([
  [/<!doctype/i, "<!doctype"],
  [/>\s+</g, "><"],
  [/&(#34|#x22);/gi, "&quot;"],
  [/&(#39|#x27|apos);/gi, "'"],
  [/&(#62|#x3e);/gi, "&gt;"],
  [/&(#60|#x3c);/gi, "&lt;"],
]);

/** @param {string} page */
const normalised = (page) => NORMAL.reduce((text, [form, normal]) => text.replace(form, normal), page);

/** @param {string} text an apostrophe needs no escape between tags */
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
