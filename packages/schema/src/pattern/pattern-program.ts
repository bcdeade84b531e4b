/** Whether a set contains a character, given as its code point. */
export type CharacterSet = (code: number) => boolean;

/** The syntax tree of a pattern. */
export type Part =
  | { readonly kind: "set"; readonly has: CharacterSet }
  | { readonly kind: "sequence"; readonly parts: readonly Part[] }
  | { readonly kind: "choice"; readonly parts: readonly Part[] }
  | { readonly kind: "repeat"; readonly part: Part; readonly least: number; readonly most: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/**
 * One instruction: `take` consumes a character of a set, `fork` goes on at several steps at once, `start` and `end`
 * pass at the ends of the text, `match` accepts.
 */
type Step =
  | { readonly op: "take"; readonly has: CharacterSet }
  | { readonly op: "fork"; readonly to: number[] }
  | { readonly op: "start" | "end" | "match" };

/**
 * A state of the automaton: the set of steps that are active at one point of the text, and the next state for each
 * ASCII character.
 */
interface State {
  readonly at: readonly number[];
  readonly isMatch: boolean;
  readonly matchesAtEnd: boolean;
  readonly next: (State | undefined)[];
}

/** The greatest number of steps of a program, in which counted repetitions are unrolled. */
const MAX_STEPS = 5_000;
/** The number of cached states at which the cache is cleared; a text adds at most one for each character. */
const MAX_STATES = 500;

/** Thrown for a pattern whose program is too large. */
export class PatternTooLarge extends Error {}

/**
 * Searches texts for a pattern in time linear in the text, for any pattern: all active steps are followed at once, and
 * each set of them is computed once and cached.
 *
 * Source: R. Cox, "Regular Expression Matching Can Be Simple And Fast".
 */
export class PatternProgram {
  readonly #steps: Step[] = [];
  readonly #states = new Map<string, State>();
  #first: State | undefined;

  constructor(pattern: Part) {
    this.#emit(pattern);
    this.#push({ op: "match" });
  }

  /** Whether the pattern matches anywhere in the text. */
  finds(text: string): boolean {
    let state = (this.#first ??= this.#state(this.#reach([0], true)));
    for (let index = 0; index < text.length; index++) {
      if (state.isMatch) return true;
      const code = text.codePointAt(index)!;
      if (code > 0xffff) index++;
      state = (code < 128 ? state.next[code] : undefined) ?? this.#advance(state, code);
    }
    return state.isMatch || state.matchesAtEnd;
  }

  /** Appends a step and returns its number. Errors: `PatternTooLarge`. */
  #push(step: Step): number {
    if (this.#steps.length >= MAX_STEPS) throw new PatternTooLarge();
    return this.#steps.push(step) - 1;
  }

  /** Appends the steps of a part, in the order of the syntax tree. */
  #emit(part: Part): void {
    switch (part.kind) {
      case "set":
        this.#push({ op: "take", has: part.has });
        break;
      case "sequence":
        for (const inner of part.parts) this.#emit(inner);
        break;
      case "choice":
        this.#emitChoice(part.parts);
        break;
      case "repeat":
        this.#emitRepeat(part.part, part.least, part.most);
        break;
      default:
        this.#push({ op: part.kind });
    }
  }

  /** Appends a fork to each alternative; each ends with a fork to what follows the choice. */
  #emitChoice(parts: readonly Part[]): void {
    const fork: number[] = [];
    const exits: number[][] = [];
    this.#push({ op: "fork", to: fork });
    for (const part of parts) {
      fork.push(this.#steps.length);
      this.#emit(part);
      const exit: number[] = [];
      exits.push(exit);
      this.#push({ op: "fork", to: exit });
    }
    for (const exit of exits) exit.push(this.#steps.length);
  }

  /**
   * Appends a part as often as it must occur, then as a loop where there is no upper count, or as often as it may
   * occur, each time with a way past it.
   */
  #emitRepeat(part: Part, least: number, most: number): void {
    for (let count = 0; count < least; count++) this.#emit(part);
    if (most === Infinity) {
      const fork: number[] = [];
      const loop = this.#push({ op: "fork", to: fork });
      fork.push(this.#steps.length);
      this.#emit(part);
      this.#push({ op: "fork", to: [loop] });
      fork.push(this.#steps.length);
      return;
    }
    const skips: number[][] = [];
    for (let count = least; count < most; count++) {
      const fork: number[] = [];
      this.#push({ op: "fork", to: fork });
      fork.push(this.#steps.length);
      skips.push(fork);
      this.#emit(part);
    }
    for (const fork of skips) fork.push(this.#steps.length);
  }

  /** The steps that wait for a character or accept, reachable from the given ones without consuming input. */
  #reach(from: readonly number[], atStart: boolean, atEnd = false): readonly number[] {
    const seen = new Set<number>();
    const waiting: number[] = [];
    const open = [...from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const step = this.#steps[at]!;
      if (step.op === "fork") open.push(...step.to);
      else if ((step.op === "start" && atStart) || (step.op === "end" && atEnd)) open.push(at + 1);
      else if (step.op !== "start") waiting.push(at);
    }
    return waiting.sort((a, b) => a - b);
  }

  /**
   * The state of a set of steps, from the cache or computed. A full cache is emptied, so that no text can make it
   * grow without bound.
   */
  #state(at: readonly number[]): State {
    const key = at.join();
    const known = this.#states.get(key);
    if (known) return known;
    if (this.#states.size >= MAX_STATES) {
      this.#states.clear();
      this.#first = undefined;
    }
    const isMatch = this.#hasMatch(at);
    // An empty text is at its start and its end at once; the first state was computed with `atStart`.
    const matchesAtEnd = isMatch || this.#hasMatch(this.#reach(at, false, true));
    const state: State = { at, isMatch, matchesAtEnd, next: [] };
    this.#states.set(key, state);
    return state;
  }

  /** Whether the set accepts. */
  #hasMatch(at: readonly number[]): boolean {
    return at.some((step) => this.#steps[step]!.op === "match");
  }

  /** The state after one more character. */
  #advance(state: State, code: number): State {
    const after = state.at.filter((at) => {
      const step = this.#steps[at]!;
      return step.op === "take" && step.has(code);
    });
    // A search may begin anywhere, so the first step is added at every position.
    const next = this.#state(this.#reach([0, ...after.map((at) => at + 1)], false));
    if (code < 128) state.next[code] = next;
    return next;
  }
}
