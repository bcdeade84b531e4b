/** An object whose times are milliseconds since 1970, as the contract has them, in place of `Date`. */
export function inMilliseconds(given: object): Readonly<Record<string, unknown>> {
  const entries = Object.entries(given).map(([name, value]: [string, unknown]) => {
    return [name, value instanceof Date ? value.getTime() : value];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}
