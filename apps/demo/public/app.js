import { drawSoon } from "./activity.js";
import { listen } from "./live.js";

/**
 * The page: a form, the list with its live counts, and a panel that tells who answered.
 *
 * Nothing is checked here. What Rust refuses comes back with `details.issues`, each with the place of the failure, and is
 * shown at the field of that name.
 */

/**
 * @typedef {{ code: string, slug: string, url: string, createdAt: string, clicks: number, lastClickAt: string | null }} Link
 * @typedef {{ at: string, expected: string, found: string }} Issue
 * @typedef {{ method: string, path: string, status: number, ms: number, body: any }} Answer
 */

const FIELDS = ["url", "slug"];

/** @param {string} id @returns {any} */
const element = (id) => document.getElementById(id);

/**
 * Sends a request as JSON.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [input]
 * @returns {Promise<Answer>} also for refusals; `status` 0 when there was no answer
 */
async function send(method, path, input) {
  const request =
    input === undefined
      ? { method }
      : { method, headers: { "content-type": "application/json" }, body: JSON.stringify(input) };
  const startedAt = performance.now();
  try {
    const response = await fetch(path, request);
    const text = await response.text();
    const ms = performance.now() - startedAt;
    return { method, path, status: response.status, ms, body: text === "" ? null : JSON.parse(text) };
  } catch {
    const body = {
      code: "unavailable",
      message: "The demo does not answer: is it still running?",
      details: null,
    };
    return { method, path, status: 0, ms: performance.now() - startedAt, body };
  }
}

/** @param {Answer} answer @returns {Issue[]} what Rust found wrong; none when JavaScript answered */
function issuesOf({ body }) {
  return body?.code === "invalid_argument" ? (body.details?.issues ?? []) : [];
}

/** @param {Answer} answer */
function showAnswer(answer) {
  const panel = element("answer");
  const refused = issuesOf(answer).length > 0;
  panel.dataset.by = refused ? "rust" : "javascript";
  element("answer-who").textContent = refused ? "Rust" : answer.status === 0 ? "Nobody" : "JavaScript";
  element("answer-what").textContent = describe(answer, refused);
  const time = `${answer.ms.toFixed(1)} ms`;
  element("answer-exchange").textContent =
    `${answer.method} ${answer.path} → ${answer.status || "no answer"} · ${time}`;
  element("answer-body").textContent = JSON.stringify(answer.body, null, 2);
  panel.hidden = false;
}

/** @param {Answer} answer @param {boolean} refused */
function describe({ status, body }, refused) {
  if (refused) return "refused this request. No line of JavaScript ran for it on the server.";
  if (status === 0) return body.message;
  if (status >= 400)
    return `refused: ${body?.message ?? status}. Rust had found nothing wrong with the request.`;
  return "answered, after Rust had checked the request.";
}

/** @param {Answer} answer @returns {boolean} whether a field was at fault */
function showErrors(answer) {
  const issues = issuesOf(answer);
  /** @type {HTMLInputElement | undefined} */
  let first;
  for (const name of FIELDS) {
    const issue = issues.find(({ at }) => at === `body.${name}`);
    const taken = name === "slug" && answer.body?.code === "already_exists";
    const message = issue
      ? `Expected ${issue.expected}, found ${issue.found}.`
      : taken
        ? "This name is taken."
        : "";
    const input = element(name);
    const error = element(`${name}-error`);
    error.textContent = message;
    error.hidden = message === "";
    if (message === "") input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
    if (message !== "") first ??= input;
  }
  first?.focus();
  return first !== undefined;
}

/** @param {string} message */
function announce(message) {
  element("announcement").textContent = message;
}

/** @param {number} clicks */
function inWords(clicks) {
  return clicks === 1 ? "1 click" : `${clicks.toLocaleString("en")} clicks`;
}

/** Counts heard since the list was last asked for, which may be newer than what it says. */
const heard = new Map();

/** @param {import("./live.js").Count} count */
function showCount({ slug, clicks }) {
  heard.set(slug, clicks);
  const shown = document.querySelector(`#links [data-slug="${slug}"] .clicks`);
  if (!shown) return;
  shown.textContent = inWords(clicks);
  shown.getAnimations().forEach((animation) => animation.cancel());
  shown.animate([{ color: "var(--blue)", fontWeight: 700 }, {}], { duration: 900 });
}

/** @param {boolean} isLive */
function showLive(isLive) {
  const badge = element("live");
  badge.hidden = false;
  badge.dataset.state = isLive ? "live" : "lost";
  badge.textContent = isLive ? "live" : "connecting";
}

/** @param {Link} link */
function row(link) {
  const item = element("link").content.firstElementChild.cloneNode(true);
  const short = item.querySelector(".short");
  item.dataset.slug = link.slug;
  short.href = `/s/${link.code}`;
  short.textContent = `${location.host}/s/${link.code}`;
  const target = item.querySelector(".target");
  target.textContent = target.title = link.url;
  item.querySelector(".clicks").textContent = inWords(link.clicks);
  const copy = item.querySelector(".copy");
  copy.setAttribute("aria-label", `Copy the short link ${link.slug}`);
  copy.addEventListener("click", () => copyLink(short, copy));
  const remove = item.querySelector(".remove");
  remove.setAttribute("aria-label", `Remove the short link ${link.slug}`);
  remove.addEventListener("click", () => removeLink(link.slug));
  return item;
}

/** @param {HTMLAnchorElement} short @param {HTMLButtonElement} button */
async function copyLink(short, button) {
  try {
    await navigator.clipboard.writeText(short.href);
    button.textContent = "Copied";
    announce(`Copied ${short.href}`);
    setTimeout(() => (button.textContent = "Copy"), 2000);
  } catch {
    // Without the right to the clipboard the link is selected, so that a key press copies it.
    getSelection()?.selectAllChildren(short);
    announce("The link is selected: copy it with the keyboard.");
  }
}

/** @param {string} slug */
async function removeLink(slug) {
  const answer = await send("DELETE", `/links/${slug}`);
  showAnswer(answer);
  await refresh();
  announce(answer.status === 204 ? `Removed ${slug}` : answer.body.message);
  // The button that had the focus is gone.
  element("links-title").focus();
}

async function refresh() {
  heard.clear();
  const { status, body } = await send("GET", "/links?limit=50");
  if (status !== 200) return announce(body?.message ?? "The links could not be read.");
  element("links").replaceChildren(...body.links.map(row));
  heard.forEach((clicks, slug) => showCount({ slug, clicks }));
  element("total").textContent =
    body.total > body.links.length ? `newest ${body.links.length} of ${body.total}` : "";
  element("empty").hidden = body.total > 0;
}

element("create").addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  const form = element("create");
  const { url, slug } = Object.fromEntries(new FormData(form));
  const answer = await send("POST", "/links", slug === "" ? { url } : { url, slug });
  showAnswer(answer);
  if (showErrors(answer)) return announce("Not shortened: see the field.");
  if (answer.status !== 200) return announce(answer.body.message);
  form.reset();
  await refresh();
  announce(`Shortened: ${answer.body.slug}`);
  element("url").focus();
});

listen({
  onOpen: () => {
    showLive(true);
    void refresh();
  },
  onCount: (count) => {
    showCount(count);
    drawSoon();
  },
  onLost: () => showLive(false),
});

// Links may have been made in another tab.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void refresh();
});

void refresh();
