/**
 * Gathers problems that several endpoints have alike, as they do where an option of `start()` is wrong: one line in place of
 * one for each endpoint.
 *
 * Shape:  `name: what is wrong`, as Rust tells it of each endpoint -> each text once, with the first name and how many more;
 *         without names where it is said of the app as well.
 * Example: `a.get: no such coding` and `a.put: no such coding` -> `no such coding (a.get and 1 more)`.
 */
export function gatherProblems(messages: readonly string[], names: readonly string[]): string[] {
  const known = new Set(names);
  const holders = new Map<string, string[]>();
  const ofApp = new Set<string>();
  for (const message of messages) {
    const [name = ""] = message.split(": ", 1);
    const text = known.has(name) ? message.slice(name.length + 2) : message;
    if (!known.has(name)) ofApp.add(text);
    holders.set(text, [...(holders.get(text) ?? []), name]);
  }
  return [...holders].map(([text, [first = "", ...others]]) => {
    if (ofApp.has(text)) return text;
    return others.length === 0 ? `${first}: ${text}` : `${text} (${first} and ${others.length} more)`;
  });
}
