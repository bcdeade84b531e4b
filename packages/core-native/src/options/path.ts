/** Lists the parameter names of a path: `/links/:id`, `/files/*rest`, `/!fallback`. */
export function pathParameters(path: string): string[] {
  return path
    .split("/")
    .filter((segment) => /^[:*!]/.test(segment))
    .map((segment) => segment.slice(1));
}

/** The reason why a path cannot be routed, and what to write instead. */
export interface PathFault {
  /** The reason, as the end of the sentence "The path …": `must start with "/"`. */
  readonly what: string;
  readonly hint: string;
}

const form = 'As in `"/links/:id"` or `"/files/*rest"`.';

/** Checks a path and returns the first fault; `null` when the path can be routed. */
export function pathFault(path: string): PathFault | null {
  if (!path.startsWith("/"))
    return { what: "must start with `/`", hint: `Write \`${JSON.stringify(`/${path}`)}\`.` };
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const fault = segmentFault(segment, index === segments.length - 1);
    if (fault !== null) return fault;
  }
  if (segments.slice(0, -1).includes(""))
    return {
      what: "has an empty segment",
      hint: `Write \`${JSON.stringify(path.replace(/\/{2,}/g, "/"))}\`.`,
    };
  const names = pathParameters(path);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined
    ? null
    : { what: `names \`${twice}\` twice`, hint: "Give one of the two another name." };
}

function segmentFault(segment: string, isLast: boolean): PathFault | null {
  const foreign = foreignParameter(segment);
  if (foreign !== null) return { what: `has \`${segment}\`, which is no parameter here`, hint: foreign };
  if (/[?#\s]/.test(segment))
    return {
      what: "must not hold `?`, `#` or blanks",
      hint: "Query fields are not part of the path: name them in the request type. A blank is `%20`.",
    };
  if (/^[:*!]/.test(segment)) return parameterFault(segment, isLast);
  const inside = /[:*](\w*)/.exec(segment);
  if (inside !== null && segment.includes("*"))
    return {
      what: `has \`*\` inside \`${segment}\``,
      hint: `The rest of a path is a segment of its own, the last: \`*${inside[1] || "rest"}\`.`,
    };
  if (inside !== null && /[A-Za-z_$]/.test(inside[1]?.[0] ?? ""))
    return {
      what: `has a parameter inside \`${segment}\``,
      hint: `A parameter is a whole segment: write \`:${inside[1]}\`, and take its text apart in the handler.`,
    };
  if (segment === "." || segment === "..")
    return {
      what: `has the segment \`${segment}\``,
      hint: "Clients resolve it away before they ask: write the path that is meant.",
    };
  if (/%(?![0-9A-Fa-f]{2})/.test(segment))
    return {
      what: `has a \`%\` in \`${segment}\` that encodes nothing`,
      hint: "Write `%25` for a percent sign.",
    };
  const strange = /[\\^`{}|<>"[\]]/.exec(segment)?.[0];
  return strange === undefined
    ? null
    : { what: `has \`${strange}\` in \`${segment}\`, which no URL holds as it is`, hint: form };
}

/** Translates a parameter in the form of another framework; `null` when the segment has no such form. */
function foreignParameter(segment: string): string | null {
  const braces =
    /^(?:\{(\*|\.\.\.)?([A-Za-z_$][\w$]*)([^}]*)\}|\[\[?(\.\.\.)?([A-Za-z_$][\w$]*)\]\]?|<(?:\w+:)?([A-Za-z_$][\w$]*)>)$/.exec(
      segment,
    );
  if (braces !== null) {
    const name = braces[2] ?? braces[5] ?? braces[6] ?? "id";
    const isRest = braces[1] !== undefined || braces[4] !== undefined || /[*+]/.test(braces[3] ?? "");
    return `Write \`${isRest ? "*" : ":"}${name}\`.`;
  }
  const pattern = /^:([A-Za-z_$][\w$]*)(\(.*\)|\{.*\})[?*+]?$/.exec(segment);
  if (pattern !== null)
    return `Write \`:${pattern[1]}\`, and say what it may be in the request type: \`${pattern[1]}: number\`, or \`string & MatchesRegexp<"…">\`.`;
  const many = /^:([A-Za-z_$][\w$]*)([?*+])$/.exec(segment);
  if (many === null) return null;
  return many[2] === "?"
    ? `Write \`:${many[1]}\`; the path without it is an endpoint of its own.`
    : `Write \`*${many[1]}\`, which takes the rest of the path.`;
}

function parameterFault(segment: string, isLast: boolean): PathFault | null {
  const [sign = ":", name] = [segment[0], segment.slice(1)];
  if (name === "" || /^\*+$/.test(name))
    return {
      what: `has \`${segment}\` without a name`,
      hint: `Name what it takes: \`${sign === ":" ? ":id" : `${sign}rest`}\`.`,
    };
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) {
    const plain = /^[A-Za-z_$][\w$]*/.exec(name)?.[0];
    const what = `has the segment \`${segment}\`, whose name is not an identifier`;
    if (plain === undefined) return { what, hint: `Name it as a property of the request: \`${sign}id\`.` };
    return {
      what,
      hint: `A parameter is a whole segment: write \`${sign}${plain}\`, and take its text apart in the handler.`,
    };
  }
  if (isLast || sign === ":") return null;
  return {
    what: `has \`${segment}\` before its end`,
    hint: `Only the last segment takes the rest of a path: write \`:${name}\`, or end the path there.`,
  };
}

/**
 * Normalizes a path, so that two paths that match the same requests have the same text: parameters without names, static
 * segments in one spelling, in which what needs no escape is written as it is. An encoded slash stays data of its segment.
 *
 * Source: RFC 3986, 6.2.2; as `canonical` of `crates/api` spells them.
 */
export function routeOf(path: string): string {
  return path
    .split("/")
    .map((segment) => (/^[:*!]/.test(segment) ? `{${segment[0]}}` : canonicalSegment(segment)))
    .join("/");
}

function canonicalSegment(segment: string): string {
  const bytes = Buffer.from(segment.replace(/%(?![0-9A-Fa-f]{2})/g, "%25"), "utf8").toString("latin1");
  const decoded = bytes.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return decoded.replace(
    /[^!-~]|["#%/<>{}?\\^`|]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
