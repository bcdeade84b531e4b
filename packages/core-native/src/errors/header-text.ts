/** The characters of a header's name (RFC 9110, 5.1). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Characters that a header's value must not hold (RFC 9110, 5.5); a line break would begin another header. */
// oxlint-disable-next-line no-control-regex
const UNSENDABLE = /[\0-\x08\x0a-\x1f\x7f]/;

/** Tells whether a text can name a header. */
export function isHeaderName(text: string): boolean {
  return NAME.test(text);
}

/** Tells whether a header can have a text as its value. */
export function isHeaderValue(text: string): boolean {
  return !UNSENDABLE.test(text);
}
