/** The rows workload's statement, its one parameter written as `$1`. */
export const ROWS_QUERY = `
  select id, name, email, active, created_at as "createdAt", score
  from bench_rows where id > $1 order by id limit 20`;

/** Where the rows are: `DATABASE_URL`. */
export const databaseUrl = process.env.DATABASE_URL;

/** Connections of every server of the rows workload, which is each library's own default too. */
export const CONNECTIONS = 10;
