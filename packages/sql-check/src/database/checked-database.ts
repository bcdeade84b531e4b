import { createHash } from "node:crypto";
import type { CatalogueColumn } from "./catalogue.ts";
import { connect, type ScratchConnection } from "./connection.ts";
import { Describer } from "./describer.ts";
import type { Description } from "./description.ts";
import { findScratch, makeScratch } from "./scratch-database.ts";
import type { ServerSource } from "./server-source.ts";
import { contentHash, keepServer, StatementCache } from "./statement-cache.ts";

/** A database of the app, as the check makes it again. */
export interface DatabaseModel {
  readonly root: string;
  readonly name: string;
  /** The folder of the migrations, absolute. */
  readonly folder: string | undefined;
  /** SQL that sets up each connection. */
  readonly setUp: string;
}

/** The descriptions of statements of one database: from the cache, and for new ones from a scratch database that stays open. */
export class CheckedDatabase {
  readonly #model: DatabaseModel;
  readonly #source: ServerSource;
  #hash = "";
  #cache: StatementCache | undefined;
  #server: ScratchConnection | undefined;
  #describer: Describer | undefined;

  constructor(model: DatabaseModel, source: ServerSource) {
    this.#model = model;
    this.#source = source;
  }

  /** The folder of the migrations, absolute and `/`-separated. */
  get folder(): string | undefined {
    return this.#model.folder?.replaceAll("\\", "/");
  }

  /** The columns of the migrated database; empty before the first `describe`. */
  get columns(): readonly CatalogueColumn[] {
    return this.#cache?.columns ?? [];
  }

  /**
   * Describes texts, those that are not known yet on the server. What was kept of other texts is forgotten, unless `keepsOthers`.
   *
   * Errors: `MigrationError`, `NotInstalled`, and those of a server that cannot be reached.
   */
  async describe(
    texts: ReadonlySet<string>,
    { keepsOthers = false }: { readonly keepsOthers?: boolean } = {},
  ): Promise<ReadonlyMap<string, Description>> {
    const cache = await this.#renewed();
    const isUnknown = (text: string): boolean => cache.get(text) === undefined;
    if (cache.columns === undefined || [...texts].some(isUnknown)) {
      const describer = await this.#opened(cache);
      // A database that had to be made anew has made the cache forget what it had.
      const unknown = [...texts].filter(isUnknown);
      await Promise.all(unknown.map(async (text) => cache.set(text, await describer.describe(text))));
      if (!keepsOthers) cache.save(texts);
    }
    if (keepsOthers) cache.saveBesideOthers();
    return new Map([...texts].map((text) => [text, cache.get(text)!]));
  }

  /** Closes the connection; the scratch database stays for the next time. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = this.#describer = undefined;
    await server?.end();
  }

  /** The cache of the migrations as they are now. */
  async #renewed(): Promise<StatementCache> {
    const { root, name, folder, setUp } = this.#model;
    const id = await this.#source.id();
    keepServer(root, id);
    const hash = contentHash([id, setUp], folder);
    if (this.#cache !== undefined && hash === this.#hash) return this.#cache;
    await this.close();
    this.#hash = hash;
    return (this.#cache = new StatementCache(root, name, hash));
  }

  async #opened(cache: StatementCache): Promise<Describer> {
    if (this.#describer !== undefined) return this.#describer;
    const { root, name, folder, setUp } = this.#model;
    const server = await this.#source.url();
    const prefix = `twinloop_sql_${createHash("sha256").update(`${root}\0${name}`).digest("hex").slice(0, 8)}`;
    // Columns are known by number, so the database that they were read from goes with them.
    const left = cache.columns && (await findScratch(server, prefix, this.#hash));
    const database = left ?? (await this.#made(cache, { root, server, folder, prefix, hash: this.#hash }));
    this.#server = connect(server, database);
    if (setUp !== "") await this.#server.unsafe(setUp).simple();
    return (this.#describer = new Describer(this.#server, cache.columns ?? []));
  }

  async #made(cache: StatementCache, request: Parameters<typeof makeScratch>[0]): Promise<string> {
    const { database, columns } = await makeScratch(request);
    cache.begin(columns);
    return database;
  }
}
