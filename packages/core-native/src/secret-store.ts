import { native } from "./native.ts";

/** One place where a secret was looked for in vain. */
export interface SecretAttempt {
  readonly place: string;
  /** What follows "which": `is not set`. */
  readonly why: string;
}

/** How a secret stands, without its value. */
export interface LoadedSecret {
  readonly name: string;
  /** Where its value is from; `null` where there is none. */
  readonly origin: string | null;
  /** Whether a place that was clearly meant cannot be used: the last of the attempts. */
  readonly unusable: boolean;
  readonly attempts: readonly SecretAttempt[];
}

/** Where secrets are looked for. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly dotenv: readonly string[];
}

const PARTS = { current: 0, previous: 1, candidate: 2 } as const;

/** The secrets of the process, which Rust holds. Nothing of it starts a thread. */
export const secretStore = {
  /** Looks for those that have no value yet, with `fresh` for all. */
  load(names: readonly string[], sources: SecretSources, fresh: boolean): readonly LoadedSecret[] {
    return JSON.parse(native.secretLoad(JSON.stringify({ names, sources, fresh }))) as LoadedSecret[];
  },

  /** A value; `undefined` where there is none. */
  read(name: string, part: keyof typeof PARTS = "current"): string | undefined {
    return native.secretRead(name, PARTS[part]) ?? undefined;
  },

  /** The number of the value in use; 0 where there is none. */
  version(name: string): number {
    return native.secretVersion(name);
  },

  /** A provider's value: the number under which it is to be settled, 0 where it changes nothing. */
  offer(name: string, value: string, provider: string): number {
    return native.secretOffer(name, value, provider);
  },

  /** Puts a candidate into use, or drops it; false where it is not the candidate any more. */
  settle(name: string, version: number, accepted: boolean): boolean {
    return native.secretSettle(name, version, accepted);
  },

  /** The text without any value that the process has or had. */
  redact(text: string): string {
    return native.secretRedact(text) ?? text;
  },
};
