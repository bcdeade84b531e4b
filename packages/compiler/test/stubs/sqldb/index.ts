export declare class SQLDatabase {
  constructor(name: string, options?: { migrations?: string });
}
