export type { MigrationConnection as Connection } from "@twinloop/sqldb/internal";
