import { Content, wellFormed } from "./content.ts";

/** The statuses of a redirect: 301 and 308 are permanent, 302 and 307 are not, 303 is for the result of a form. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Characters that a URL in a header cannot hold. */
// oxlint-disable-next-line no-control-regex
const UNSENDABLE = /[\0-\x20\x7f"<>\\^`{|}]/;

/** An answer that sends the caller to another URL; `redirect()` makes one. */
export class Redirect extends Content {
  /** @internal */
  override readonly kind = "redirect";

  /** @internal */
  constructor(url: string, status: RedirectStatus) {
    super(status, { location: url });
  }
}

/**
 * Makes an answer that sends the caller to another URL.
 *
 * Shape:  an absolute or relative URL, and a status: 302 by default; 303 after a form (the browser then asks with GET), 307 and 308
 *         keep the method and the body, 301 and 308 are remembered.
 * Errors: TypeError for a URL with line breaks, spaces or other characters that a URL cannot hold (characters outside of ASCII are
 *         escaped), and for a `javascript:` URL; RangeError for another status.
 * Source: RFC 9110, section 15.4. A URL that a caller gives must be checked before: it could lead to another site.
 * Example:
 * ```ts
 * import { api, redirect } from "@twinloop/api";
 *
 * export const follow = api(
 *   { expose: true, method: "GET", path: "/l/:id" },
 *   async ({ id }: { id: string }) => redirect(`https://example.com/links/${id}`, 307),
 * );
 * ```
 */
export function redirect(url: string | URL, status: RedirectStatus = 302): Redirect {
  if (!STATUSES.has(status))
    throw new RangeError(`the status of a redirect is 301, 302, 303, 307 or 308, found ${status}`);
  const text = String(url);
  if (text === "" || UNSENDABLE.test(text) || /^(?:javascript|data|vbscript):/i.test(text))
    throw new TypeError("a redirect needs a URL without spaces, quotes, backslashes and control characters");
  return new Redirect(wellFormed(text).replace(/[^\x21-\x7e]+/g, encodeURIComponent), status);
}
