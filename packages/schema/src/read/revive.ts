/**
 * Converts the tagged strings of a parsed request to the values that JSON cannot represent.
 *
 * Shape:  a string that begins with U+0000 and a letter: `d` and milliseconds -> `Date`; `n` and decimal digits ->
 * `bigint`; `b` and base64 -> `Uint8Array`; `s` and any text -> that text. Other values stay unchanged.
 * Units:  arrays and objects are changed in place and returned; at most as deep as a request may be (128).
 * Errors: none for text that the runtime wrote; a `TypeError` for an unknown tag.
 */
export function revive(value: unknown): unknown {
  if (typeof value === "string") return value.charCodeAt(0) === 0 ? untag(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) reviveItems(value);
  else reviveProperties(value as Record<string, unknown>);
  return value;
}

function reviveItems(items: unknown[]): void {
  for (let index = 0; index < items.length; index++) {
    const before = items[index];
    const after = revive(before);
    if (after !== before) items[index] = after;
  }
}

function reviveProperties(properties: Record<string, unknown>): void {
  // Own names only. Assigning to an own `__proto__`, which JSON.parse creates, sets that property and not the
  // prototype.
  for (const name of Object.keys(properties)) {
    const before = properties[name];
    const after = revive(before);
    if (after !== before) properties[name] = after;
  }
}

/** The value that a tagged string stands for. `s` protects a text that itself begins with U+0000. */
function untag(tagged: string): unknown {
  const rest = tagged.slice(2);
  switch (tagged[1]) {
    case "d":
      return new Date(Number(rest));
    case "n":
      return BigInt(rest);
    case "b":
      // A copy: small Buffers share one pool, and a handler may keep or transfer what it receives.
      return new Uint8Array(Buffer.from(rest, "base64"));
    case "s":
      return rest;
    default:
      throw new TypeError("a request has an unknown tag: install all @twinloop packages in one version");
  }
}
