import { appMeta } from "@twinloop/core-native";
import { startServer } from "../embedded/embedded-servers.ts";
import type { MigrationRequest } from "../migrations/migration-runner.ts";
import type { Connect } from "./ensure-database.ts";
import { openNow } from "./open-now.ts";
import { HeldCopy, type TestDatabaseCopy, type TestedDatabase } from "./test-database.ts";

/** The location of a database in a test: a copy of its own, for this process. */
export class TestLocation {
  readonly #name: string;
  readonly #migrations: () => MigrationRequest | undefined;
  readonly #connect: Connect;
  #opening: Promise<HeldCopy> | undefined;
  #copy: TestDatabaseCopy | undefined;
  /** Whether the URL was handed out while modules were loading: its users may keep it until the process ends. */
  #isHandedOut = false;

  constructor(name: string, migrations: () => MigrationRequest | undefined, connect: Connect) {
    this.#name = name;
    this.#migrations = migrations;
    this.#connect = connect;
  }

  /** The URL of the copy; `undefined` before its first use. */
  get url(): string | undefined {
    return this.#copy?.url;
  }

  /**
   * Makes the copy at the first call and returns its URL.
   *
   * Shape:  the URL of the server; without one, the app's embedded server is used.
   * Errors: those of `copyForTest`, `EmbeddedError`.
   */
  async open(server: string | undefined): Promise<string> {
    this.#opening ??= this.#open(server);
    try {
      return (await this.#opening).copy.url;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Makes the copy as `open` does, and blocks until it is there. */
  openNow(server: string | undefined): string {
    this.#isHandedOut = true;
    if (this.#copy !== undefined) return this.#copy.url;
    const { name, root, app, migrations } = this.#tested("");
    const test = { app, migrations };
    const opened = openNow({ name, root, test, ...(server === undefined ? {} : { server }) });
    const copy = decodeURIComponent(new URL(opened).pathname.slice(1));
    this.#copy = { url: opened, name: copy };
    // Held from here on, before anybody sweeps it. The first query reports a failure again.
    this.open(server).catch(() => undefined);
    return opened;
  }

  /** Removes the copy, unless its URL was handed out; whatever of it remains is swept by a later run. */
  async end(): Promise<void> {
    const opening = this.#opening;
    if (opening === undefined || this.#isHandedOut) return;
    this.#opening = this.#copy = undefined;
    const held = await opening.catch(() => undefined);
    await held?.drop();
  }

  async #open(given: string | undefined): Promise<HeldCopy> {
    // Never released: the next test file joins the server that this process leaves.
    const server = given ?? (await startServer(appMeta().root, true)).url;
    const held = await HeldCopy.open(this.#tested(server), this.#copy, this.#connect);
    this.#copy = held.copy;
    return held;
  }

  #tested(server: string): TestedDatabase {
    const { name: app, root } = appMeta();
    return { app, root, name: this.#name, server, migrations: this.#migrations() };
  }
}
