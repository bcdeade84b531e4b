import type { Problem } from "./error.ts";
import type { StartOptions } from "./start-options.ts";

/** One line of what runs where, for the table that `start()` prints. */
export interface Running {
  /** What it is, such as `http`. */
  readonly what: string;
  /** Where it is, such as an address. */
  readonly where: string;
}

/**
 * A primitive's part in the app's life. Components start in the order of `stage` and stop in the reverse order.
 */
export interface Component {
  readonly name: string;
  /** Secrets 10, databases 20, subscriptions 30, cron 40, HTTP 50: what listens comes last. */
  readonly stage: number;
  /** Everything that would keep it from starting; must change nothing. */
  check(options: StartOptions): Promise<readonly Problem[]> | readonly Problem[];
  /** Starts, and says what runs where. */
  start(options: StartOptions): Promise<readonly Running[]>;
  /** Tells whoever asks for the app's health: true after the whole start, false before anything stops. */
  announce?(isReady: boolean): Promise<void>;
  /** Takes nothing new, finishes what has begun, at most `graceMs` long. Idempotent, legal before `start`. */
  stop(graceMs: number): Promise<void>;
}

const components: Component[] = [];

/** Adds a primitive to the app; called once by each package when its first declaration is made. */
export function register(component: Component): void {
  if (components.some(({ name }) => name === component.name)) return;
  components.push(component);
  components.sort((one, other) => one.stage - other.stage);
}

/** The registered components in starting order. */
export function registered(): readonly Component[] {
  return components;
}
