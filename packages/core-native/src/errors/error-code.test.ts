import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DOWNSTREAM } from "./downstream.ts";
import { ErrCode, httpStatus, isErrCode, isRetryable } from "./error-code.ts";
import { HINT, SystemCode } from "./system-code.ts";

interface Contract {
  codes: { code: ErrCode; http: number; retryable: boolean; meaning: string }[];
  edge: { http: number; code: string; meaning: string }[];
  downstream: { code: string; answer: ErrCode; meaning: string }[];
  system: { code: SystemCode; meaning: string; hint: string }[];
}

const contract = JSON.parse(
  readFileSync(new URL("../../../../contract/errors.json", import.meta.url), "utf8"),
) as Contract;

const pascal = (code: string): string => code.replace(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase());

test("the code knows exactly the codes of the contract, under their own names", () => {
  const { OK, ...codes } = ErrCode;
  expect(Object.entries(codes)).toEqual(contract.codes.map(({ code }) => [pascal(code), code]));
  expect(OK).toBe("ok");
});

test("status and retryability are those of the contract", () => {
  const found = contract.codes.map(({ code }) => ({
    code,
    http: httpStatus(code),
    retryable: isRetryable(code),
  }));
  expect(found).toEqual(contract.codes.map(({ code, http, retryable }) => ({ code, http, retryable })));
});

test("the edge answers only with codes that exist", () => {
  for (const { code } of contract.edge) expect(isErrCode(code), code).toBe(true);
});

test("the system codes and their hints are those of the contract", () => {
  expect(Object.entries(SystemCode)).toEqual(contract.system.map(({ code }) => [pascal(code), code]));
  expect(HINT).toEqual(Object.fromEntries(contract.system.map(({ code, hint }) => [code, hint])));
});

test("a dependency's failure is answered as the contract says, with 503 or 504", () => {
  expect([...DOWNSTREAM].sort()).toEqual(
    contract.downstream.map(({ code, answer }) => [code, answer]).sort(),
  );
  for (const { answer } of contract.downstream) expect([503, 504]).toContain(httpStatus(answer));
});

test("every entry of the contract says what it means", () => {
  for (const entry of [...contract.codes, ...contract.edge, ...contract.downstream, ...contract.system]) {
    expect(entry.meaning).toMatch(/^[A-Z].*\.$/);
  }
});

test("a string that is no code is answered with 500 and not retried", () => {
  for (const stranger of ["", "OK", "ok", "__proto__", "toString", "constructor"]) {
    expect(isErrCode(stranger)).toBe(false);
    expect(httpStatus(stranger as ErrCode)).toBe(500);
    expect(isRetryable(stranger as ErrCode)).toBe(false);
  }
});
