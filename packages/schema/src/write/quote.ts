/** The length up to which the loop is faster than `JSON.stringify`, which scans faster but costs more per call. */
const LOOP_AT_MOST = 48;

/** Writes a string as JSON; lone surrogates and control characters are escaped as `JSON.stringify` does. */
export function quote(text: string): string {
  const length = text.length;
  if (length > LOOP_AT_MOST) return JSON.stringify(text);
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit <= 0xdfff)) {
      return JSON.stringify(text);
    }
  }
  return `"${text}"`;
}
