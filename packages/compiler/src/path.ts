/** The names that a path binds: `/links/:id`, `/files/*rest`, `/!fallback`. */
export function pathParameters(path: string): string[] {
  return path
    .split("/")
    .filter((segment) => /^[:*!]/.test(segment))
    .map((segment) => segment.slice(1));
}

/** What is wrong with a path, as a sentence; null when it can be routed. */
export function pathFault(path: string): string | null {
  if (!path.startsWith("/")) return "must start with `/`";
  if (/[?#\s]/.test(path)) return "must not hold `?`, `#` or blanks";
  const segments = path.split("/").slice(1);
  const bad = segments.find((segment) => /^[:*!]/.test(segment) && !/^[:*!][A-Za-z_$][\w$]*$/.test(segment));
  if (bad !== undefined) return `has the segment \`${bad}\`, whose name is not an identifier`;
  const early = segments.slice(0, -1).find((segment) => /^[*!]/.test(segment));
  if (early !== undefined) return `has \`${early}\` before its end`;
  const names = pathParameters(path);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : `names \`${twice}\` twice`;
}
