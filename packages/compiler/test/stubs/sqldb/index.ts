import type { SQLDatabaseOptions } from "../../../../sqldb/src/options.ts";

export declare class SQLDatabase {
  constructor(name: string, options?: SQLDatabaseOptions);
}
