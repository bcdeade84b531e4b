import { declareService } from "@twinloop/core-native/internal";
import { expect, test } from "vitest";
import { ErrorForms, type OfEndpoint } from "./error-forms.ts";
import type { ErrorForm } from "./error-form.ts";

const shape: ErrorForm = () => ({ status: 418 });
const other: ErrorForm = () => ({ status: 419 });

declareService({ name: "billing", config: { errors: shape, invalidInput: 422 }, site: undefined });

function endpoint(service: string, options: object = {}): OfEndpoint {
  return { endpoint: { options }, meta: { service } } as unknown as OfEndpoint;
}

test("an endpoint has its own form, else its service's, else the app's", () => {
  const [own, ofService, ofApp] = [
    endpoint("billing", { errors: "problem", invalidInput: 400 }),
    endpoint("billing"),
    endpoint("links"),
  ];
  const forms = new ErrorForms({ errors: "twinloop" }, [own, ofService, ofApp], 5);
  expect([own, ofService, ofApp].map((one) => forms.ofEndpoint(one))).toEqual([
    { form: "problem" },
    { form: "function", target: 5 },
    undefined,
  ]);
  expect([own, ofService, ofApp].map((one) => forms.functionOf(one))).toEqual([undefined, shape, undefined]);
  expect([own, ofService, ofApp].map((one) => forms.invalidInputOf(one))).toEqual([400, 422, 400]);
  expect(forms.ofApp()).toEqual({ form: "twinloop" });
});

test("a function has one target however often it is given", () => {
  const all = [endpoint("billing"), endpoint("links", { errors: other }), endpoint("a", { errors: shape })];
  const forms = new ErrorForms({ errors: shape }, all, 3);
  expect(forms.functions).toEqual([shape, other]);
  expect(forms.ofApp()).toEqual({ form: "function", target: 3 });
  expect(all.map((one) => forms.ofEndpoint(one))).toEqual([
    undefined,
    { form: "function", target: 4 },
    undefined,
  ]);
});
