import { signal } from "@preact/signals";

const KEY = "twinloop.admin-token";

/** The bearer token of this tab, typed once; `null` without one. It is kept for the tab's session and no longer. */
export const token = signal<string | null>(read());

/** Whether the admin server wants a token, or another one than it was given. */
export const wantsToken = signal(false);

/** Keeps a token that the admin server has accepted. */
export function keepToken(value: string): void {
  token.value = value;
  wantsToken.value = false;
  try {
    sessionStorage.setItem(KEY, value);
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}

/** The header of a request with a token. */
export function bearer(value: string | null): Record<string, string> {
  return value === null ? {} : { authorization: `Bearer ${value}` };
}

function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
