/** The URL of another database on the same server. */
export function onServer(url: string, database: string): string {
  if (!URL.canParse(url)) return url;
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  other.searchParams.delete("dbname");
  return other.href;
}
