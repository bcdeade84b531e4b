/** Words that cannot name a function of a module. */
const RESERVED =
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield";

/** Types of the platform that the generated file uses. */
const OF_PLATFORM =
  "Blob Date Error File FormData Headers Promise Record Response Uint8Array URL WebSocket Array Object String Number Boolean Readonly Partial";

/** Gives each thing of a generated file a name of its own. */
export class Names {
  readonly #taken: Set<string>;

  /** Names beside those that the file has already. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...taken, ...RESERVED.split(" "), ...OF_PLATFORM.split(" ")]);
  }

  /** Takes the first of these names that is free, or else the last of them with a number. */
  take(...wanted: readonly string[]): string {
    const plain = wanted.map(identifier);
    const last = plain.at(-1)!;
    let name = plain.find((one) => !this.#taken.has(one));
    for (let n = 2; name === undefined; n++) if (!this.#taken.has(`${last}${n}`)) name = `${last}${n}`;
    this.#taken.add(name);
    return name;
  }
}

/** Whether a name can be written without quotes. */
export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

/** Makes an identifier out of any text: `GET /links/:slug` -> `GETLinksSlug`. */
export function identifier(text: string): string {
  if (isIdentifier(text)) return text;
  const joined = text
    .split(/[^\w$]+/)
    .filter((word) => word !== "")
    .map((word, index) => (index === 0 ? word : capital(word)))
    .join("");
  return /^[A-Za-z_$]/.test(joined) ? joined : `_${joined}`;
}

/** The text with a capital at its beginning. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
