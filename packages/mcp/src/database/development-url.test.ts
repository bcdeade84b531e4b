import { expect, test } from "vitest";
import { isDevelopmentUrl } from "./development-url.ts";

test.each([
  "postgres://root@127.0.0.1:5432/test",
  "postgres://localhost/test",
  "postgresql://u:p@[::1]:5432/test",
  "postgres:///test?host=/var/run/postgresql",
  "postgres://%2Fvar%2Frun%2Fpostgresql/test",
  "postgres://u:a@b.example.com@localhost/test",
  "postgres://host.docker.internal/test",
  "embedded:",
])("%s is on this machine", (url) => {
  expect(isDevelopmentUrl(url)).toBe(true);
});

test.each([
  "postgres://db.example.com/test",
  "postgres://localhost.example.com/test",
  "postgres://localhost@10.0.0.5/test",
  "postgres://localhost,db.example.com/test",
  "postgres://localhost/test?host=db.example.com",
  "postgres://localhost/test?hostaddr=10.0.0.5",
  "postgres://127.0.0.1.example.com/test",
  "postgres://db/test",
  "host=localhost dbname=test",
  "",
])("%s is not known to be on this machine", (url) => {
  expect(isDevelopmentUrl(url)).toBe(false);
});
