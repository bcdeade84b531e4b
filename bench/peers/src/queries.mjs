/** A row by its id. */
export const ONE_ROW = `select id, name, active from bench_rows where id = $1`;

/** The rows workload's statement: 20 rows x 6 columns. */
export const TWENTY_ROWS = `
  select id, name, email, active, created_at as "createdAt", score
  from bench_rows where id > $1 order by id limit 20`;

/** 1,000 rows x 8 columns. */
export const THOUSAND_ROWS = `
  select id, name, email, active, created_at as "createdAt", score, quantity, details
  from bench_rows where id > $1 order by id limit 1000`;

/** Where the rows are: `DATABASE_URL`. */
export const databaseUrl = process.env.DATABASE_URL;

/** Connections of every server and client, which is each library's own default too. */
export const CONNECTIONS = 10;
