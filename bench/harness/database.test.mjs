import { expect, test } from "vitest";
import { withSslMode } from "./database.mjs";

test("encrypts nothing where the URL does not say", () => {
  expect(withSslMode("postgres://u@h/db")).toBe("postgres://u@h/db?sslmode=disable");
  expect(withSslMode("postgres://u@h/db?application_name=x")).toBe(
    "postgres://u@h/db?application_name=x&sslmode=disable",
  );
});

test("leaves to the URL what it says", () => {
  expect(withSslMode("postgres://u@h/db?sslmode=require")).toBe("postgres://u@h/db?sslmode=require");
});
