import type { OptionValue } from "@twinloop/core-native/cli";

/** The command line, as the commands that every app has receive it. */
export interface Arguments {
  /** The folder that holds the app's package.json. */
  readonly root: string;
  /** The tsconfig of `--tsconfig`, relative to the root; the compiler finds its own without it. */
  readonly tsconfig: string | undefined;
  /** The words after the command. */
  readonly words: readonly string[];
  /** `build --out`: the folder to write JavaScript to. */
  readonly out: string | undefined;
  /** Whether `check` and `build` check the app's types; false with `--no-types`. */
  readonly types: boolean;
  /** `dev --admin-port`: the port of the admin server; `undefined` for the first free one. */
  readonly adminPort: number | undefined;
  /** Whether `dev` loads the dashboard; false with `--no-dashboard`. */
  readonly dashboard: boolean;
  /** Whether `check` also prints the environment (`--env`). */
  readonly env: boolean;
  /** All options as given, for the checks that packages bring; none where a program asks. */
  readonly options?: Readonly<Record<string, OptionValue>>;
}
