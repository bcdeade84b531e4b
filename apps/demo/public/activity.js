/**
 * The chart of clicks by the minute (`GET /activity`).
 *
 * @typedef {{ minute: string, clicks: number }} Minute
 */

/** However fast clicks come, the chart asks no more often. */
const AT_MOST_EVERY_MS = 1000;

const chart = /** @type {HTMLElement} */ (document.getElementById("chart"));
let isAsked = false;

/** Draws the chart anew, soon. */
export function drawSoon() {
  if (isAsked) return;
  isAsked = true;
  setTimeout(async () => {
    isAsked = false;
    const response = await fetch("/activity").catch(() => undefined);
    if (response?.ok) draw((await response.json()).minutes);
  }, AT_MOST_EVERY_MS);
}

/** @param {Minute[]} minutes the oldest first */
function draw(minutes) {
  const most = Math.max(1, ...minutes.map(({ clicks }) => clicks));
  const total = minutes.reduce((sum, { clicks }) => sum + clicks, 0);
  const bars = minutes.map(({ minute, clicks }) => {
    const bar = document.createElement("span");
    bar.style.height = `${(100 * clicks) / most}%`;
    bar.title = `${new Date(minute).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}: ${clicks}`;
    return bar;
  });
  chart.replaceChildren(...bars);
  const busiest = total === 0 ? "" : `, ${most.toLocaleString("en")} in the busiest minute`;
  const said = `${total.toLocaleString("en")} in the last ${minutes.length} minutes${busiest}`;
  chart.setAttribute("aria-label", `Clicks by the minute: ${said}`);
  /** @type {HTMLElement} */ (document.getElementById("chart-total")).textContent = said;
}

// A minute begins without a click, too.
setInterval(drawSoon, 60_000);
drawSoon();
