import type { StatementPiece } from "./composed-text.ts";
import type { SourcePlace } from "./source-place.ts";

/** A part of a statement that only the running app knows. */
export interface UnknownPart {
  readonly place: SourcePlace;
  /** What is not known, as the end of a sentence: "the fragment `where` is made when the app runs". */
  readonly why: string;
}

/** One way in which a statement may be composed. */
export interface Alternative {
  readonly pieces: readonly StatementPiece[];
  /** The first part that is not known; such a statement is not checked. */
  readonly unknown?: UnknownPart;
  /** What was chosen at each condition, by its text: one condition decides the same everywhere in a statement. */
  readonly choices: ReadonlyMap<string, number>;
}

/** The most ways in which one statement is checked. */
export const MOST_ALTERNATIVES = 24;

const NO_CHOICES: ReadonlyMap<string, number> = new Map();

/** A way without choices. */
export function certain(...pieces: readonly StatementPiece[]): Alternative {
  return { pieces, choices: NO_CHOICES };
}

/** A way whose text is not known. */
export function unknown(place: SourcePlace, why: string): Alternative {
  return { pieces: [], unknown: { place, why }, choices: NO_CHOICES };
}

/** The ways of several branches of one condition. */
export function chosen(key: string, branches: readonly (readonly Alternative[])[]): Alternative[] {
  return branches.flatMap((branch, index) =>
    branch.flatMap((one) => {
      const before = one.choices.get(key);
      if (before !== undefined && before !== index) return [];
      return { ...one, choices: new Map([...one.choices, [key, index]]) };
    }),
  );
}

/** The ways of parts that follow one another, without those whose choices contradict each other. */
export function sequence(parts: readonly (readonly Alternative[])[]): Alternative[] {
  let all: Alternative[] = [certain()];
  for (const part of parts) {
    const longer = all.flatMap((one) => part.flatMap((other) => followedBy(one, other) ?? []));
    // One more than is checked, so that the caller can tell that there are more.
    all = longer.slice(0, MOST_ALTERNATIVES + 1);
  }
  return all;
}

function followedBy(one: Alternative, other: Alternative): Alternative | undefined {
  for (const [key, index] of other.choices) {
    if ((one.choices.get(key) ?? index) !== index) return undefined;
  }
  const first = one.unknown ?? other.unknown;
  return {
    pieces: [...one.pieces, ...other.pieces],
    choices: new Map([...one.choices, ...other.choices]),
    ...(first === undefined ? {} : { unknown: first }),
  };
}
