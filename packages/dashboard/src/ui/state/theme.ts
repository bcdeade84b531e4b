import { effect, signal } from "@preact/signals";

/** The choices of the switch: `system` follows the system's setting. */
export type Theme = "system" | "light" | "dark";

const KEY = "twinloop.theme";

/** The chosen theme, kept by the browser. */
export const theme = signal<Theme>(read());

/** Grows when the colours of the page have changed, for what is drawn and not styled. */
export const colours = signal(0);

/** Applies the theme to the document from now on. */
export function applyTheme(): void {
  effect(() => {
    const chosen = theme.value;
    if (chosen === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = chosen;
    colours.value = colours.peek() + 1;
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // A browser that keeps nothing follows the system after a reload.
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    colours.value += 1;
  });
}

function read(): Theme {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}
