import { instantOperations } from "../crossing/instant.ts";

/** A place that was searched for a secret without success. */
export interface SecretAttempt {
  readonly place: string;
  /** The reason, as the end of "which …": `is not set`. */
  readonly why: string;
}

/** The state of a secret, without its value. */
export interface LoadedSecret {
  readonly name: string;
  /** The place that the value came from; `null` where there is none. */
  readonly origin: string | null;
  /** Whether a place exists but cannot be used; the last of the attempts then names it. */
  readonly unusable: boolean;
  readonly attempts: readonly SecretAttempt[];
}

/** The places that are searched for secrets. */
export interface SecretSources {
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly dotenv: readonly string[];
}

const rust = instantOperations({
  name: "secrets",
  from: import.meta.url,
  operations: ["load", "current", "previous", "candidate", "version", "offer", "settle", "redact"],
});

/** The secrets of the process, held in Rust. No method starts a thread. */
export const secretStore = {
  /** Searches the sources for secrets that have no value yet, or, with `fresh`, for all. */
  load(names: readonly string[], sources: SecretSources, fresh: boolean): readonly LoadedSecret[] {
    return JSON.parse(rust.load(JSON.stringify({ names, sources, fresh }))!) as LoadedSecret[];
  },

  /** Reads a value; `undefined` where there is none. */
  read(name: string, part: "current" | "previous" | "candidate" = "current"): string | undefined {
    return rust[part](name) ?? undefined;
  },

  /** Returns the version number of the value in use; 0 where there is none. */
  version(name: string): number {
    return Number(rust.version(name));
  },

  /** Adds a provider's value as a candidate. Returns the version number to settle it by; 0 where the value is not new. */
  offer(name: string, value: string, provider: string): number {
    return Number(rust.offer(JSON.stringify({ name, value, provider })));
  },

  /** Puts a candidate into use or drops it. Returns false where another candidate has replaced it. */
  settle(name: string, version: number, accepted: boolean): boolean {
    return rust.settle(JSON.stringify({ name, version, accepted })) === "true";
  },

  /** Removes every value that the process has or had from a text. */
  redact(text: string): string {
    return rust.redact(text) ?? text;
  },
};
