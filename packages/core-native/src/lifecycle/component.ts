import type { Problem } from "../errors/error.ts";
import type { OptionRules } from "../options/option-rule.ts";
import type { StartOptions } from "./start-options.ts";
import type { TestControl } from "./test-mode.ts";

/** One running part with its address, as the banner of `start()` shows it. */
export interface Running {
  /** The part's kind, such as `http`. */
  readonly what: string;
  /** The part's place, such as an address. */
  readonly where: string;
  /** The address that is listened on, where `where` is an address to open instead. */
  readonly listens?: string;
}

/**
 * The roles of primitives, in the order in which primitives start; they stop in the reverse order.
 *
 * - `configures`: gives values to all others, as secrets do.
 * - `provides`: is used by handlers, as databases are.
 * - `works`: takes work from a queue, as subscriptions do.
 * - `schedules`: begins work by itself, as cron jobs do.
 * - `listens`: is called from outside, as HTTP is. Nothing is served before the rest is up.
 */
export const ROLES = ["configures", "provides", "works", "schedules", "listens"] as const;

/** One of the roles that a primitive may have. */
export type Role = (typeof ROLES)[number];

/**
 * A primitive as the app's lifecycle sees it. Components start in the order of their roles and stop in the reverse
 * order.
 */
export interface Component {
  readonly name: string;
  /** The primitive's role, which decides when it starts and stops. */
  readonly role: Role;
  /**
   * The rules of the options that the primitive adds to those of `start()`. The package declares their types by merging
   * with `StartOptions`.
   */
  readonly startOptions?: OptionRules;
  /** Finds all problems that would keep the primitive from starting. Must not change anything. */
  check(options: StartOptions): Promise<readonly Problem[]> | readonly Problem[];
  /** Starts the primitive and returns its running parts. */
  start(options: StartOptions): Promise<readonly Running[]>;
  /** The primitive's part in tests of an app. */
  readonly testing?: TestControl;
  /** Lists this isolate's declarations, so that `start()` can warn of those that are in the manifest only. */
  declared?(): readonly Declarations[];
  /** Sets the readiness that the health probes report: true after the whole start, false before anything stops. */
  announce?(isReady: boolean): Promise<void>;
  /**
   * Stops the primitive: takes no new work, and waits at most `graceMs` for running work. Idempotent, legal before
   * `start`.
   */
  stop(graceMs: number): Promise<void>;
}

/** The declarations of one kind in this isolate. */
export interface Declarations {
  /** The package of the declarations, such as `@twinloop/pubsub`. */
  readonly package: string;
  /** The kind, as the manifest names it: `Topic`; `endpoint` for HTTP endpoints. */
  readonly what: string;
  /** The names: `clicks`; `clicks/count` for a declaration within another; `GET,POST /links` for an endpoint. */
  readonly names: readonly string[];
  /** The kind in plain words, such as `cron jobs`, where there are declarations that run by themselves after `start()`. */
  readonly runs?: string;
}

const components: Component[] = [];

/** Adds a primitive to the app; called once by each package when its first declaration is made. */
export function register(component: Component): void {
  if (components.some(({ name }) => name === component.name)) return;
  components.push(component);
  components.sort((one, other) => ROLES.indexOf(one.role) - ROLES.indexOf(other.role));
}

/** The registered components in starting order. */
export function registered(): readonly Component[] {
  return components;
}
