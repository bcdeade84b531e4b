// What the servers of the TechEmpower kinds share: the statements, and what is done with rows.

/** Where the tables are: `DATABASE_URL`. */
export const databaseUrl = process.env.DATABASE_URL;

/** Connections of every server, which is each library's own default too. */
export const CONNECTIONS = 10;

export const GREETING = "Hello, World!";

const ROWS = 10_000;
const MAX_QUERIES = 500;

/** A row by its id. */
export const ONE_WORLD = `select id, random_number as "randomNumber" from bench_world where id = $1`;

/** All fortunes. */
export const ALL_FORTUNES = `select id, message from bench_fortune`;

/** Writes many rows back in one statement. */
export const UPDATE_WORLDS = `
  update bench_world set random_number = new.random_number
  from unnest($1::int[], $2::int[]) as new (id, random_number) where bench_world.id = new.id`;

/** An id, or a random number: both are from 1 to 10,000. */
export const randomNumber = () => 1 + Math.floor(Math.random() * ROWS);

/** How many rows a request asks for: from 1 to 500, and 1 for what is no number. */
export function countOf(text) {
  const asked = Number.parseInt(text, 10);
  return Number.isNaN(asked) ? 1 : Math.min(Math.max(asked, 1), MAX_QUERIES);
}

/** Ids of rows to read. */
export const randomIds = (count) => Array.from({ length: count }, randomNumber);

/** Distinct ids in ascending order, in which two updates lock their rows without a deadlock. */
export function distinctIds(count) {
  const ids = new Set();
  while (ids.size < count) ids.add(randomNumber());
  return [...ids].sort((one, other) => one - other);
}

/**
 * Gives each row another number.
 *
 * @param {{ id: number, randomNumber: number }[]} worlds
 */
export const changed = (worlds) => worlds.map(({ id }) => ({ id, randomNumber: randomNumber() }));

const ADDED = { id: 0, message: "Additional fortune added at request time." };
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A text that HTML does not read as markup. */
export const escapeHtml = (text) =>
  /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ESCAPES[character]) : text;

/**
 * The page of the fortunes: the rows and one more, sorted by their messages.
 *
 * @param {{ id: number, message: string }[]} rows
 * @param {(text: string) => string} escape
 */
export function fortunesPage(rows, escape = escapeHtml) {
  const sorted = [...rows, ADDED].sort((one, other) => (one.message < other.message ? -1 : 1));
  let body = "";
  for (const { id, message } of sorted) body += `<tr><td>${id}</td><td>${escape(message)}</td></tr>`;
  return `<!doctype html><html><head><title>Fortunes</title></head><body><table><tr><th>id</th><th>message</th></tr>${body}</table></body></html>`;
}
