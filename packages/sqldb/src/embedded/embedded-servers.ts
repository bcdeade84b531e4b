import { OptionalPackage } from "../optional/optional-package.ts";
import { EmbeddedError } from "./embedded-error.ts";
import { embeddedCommand } from "./postgres-package.ts";

/** A handle on a running embedded server. */
export interface RunningServer {
  /**
   * The URL of the owner's connection to the database `postgres`; URLs of the server's other databases differ in the
   * name alone.
   */
  readonly url: string;
  /** Releases the server; resolves when the server has stopped, or at once where others still use it. Idempotent. */
  stop(): Promise<void>;
}

/** The interface through which `@twinloop/postgres-embedded` serves databases without a URL. */
export interface EmbeddedServers {
  /**
   * Starts the embedded server of the app with this root, or joins one that another process has started.
   *
   * Shape:  with `handsOver` the server outlives this process by up to 10 s, in which another process joins it.
   * Errors: `EmbeddedError`.
   */
  start(root: string, handsOver: boolean): Promise<RunningServer>;
}

/** The optional package `@twinloop/postgres-embedded`. */
export const embeddedServers: OptionalPackage<EmbeddedServers> = new OptionalPackage(
  "@twinloop/postgres-embedded",
);

/**
 * Starts the app's embedded server.
 *
 * Errors: `EmbeddedError`; `embedded_missing` has the command that installs the package.
 */
export async function startServer(root: string, handsOver: boolean): Promise<RunningServer> {
  const servers = await embeddedServers.load(root);
  if (servers) return servers.start(root, handsOver);
  const message = `${embeddedServers.name} is not installed in ${root}, and DATABASE_URL is not set. Run: ${embeddedCommand(root)}`;
  throw new EmbeddedError("embedded_missing", message);
}
