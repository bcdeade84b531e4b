/**
 * A database's name for messages and log lines; where the name is a URL, without user, password and parameters.
 *
 * The last `@` ends the credentials, even after a `/`, `?` or `#`: a password that is not percent-encoded may contain
 * them.
 */
export function shownName(name: string): string {
  const [, scheme, rest] = /^(\w[\w+.-]*:\/\/)([^]*)$/.exec(name) ?? [];
  if (scheme === undefined || rest === undefined) return name;
  const place = rest.slice(rest.lastIndexOf("@") + 1);
  return scheme + place.split("?", 1)[0];
}
