import type { StartOptions } from "@twinloop/core-native";
import { serviceConfig } from "@twinloop/core-native/internal";
import type { PlannedEndpoint } from "../plan.ts";
import type { ErrorForm, ErrorFunction } from "./error-form.ts";

/** A form as Rust takes it. A function is named by the target of the job that runs it, in any isolate. */
export type FormConfig = { readonly form: "twinloop" | "problem" } | { form: "function"; target: number };

/** The part of an endpoint that decides the form of its errors. */
export type OfEndpoint = Pick<PlannedEndpoint, "endpoint" | "meta">;

/** What an endpoint asks for, or else its service; `undefined` leaves it to the app. */
function asked({ endpoint: { options }, meta }: OfEndpoint): {
  readonly errors: ErrorForm | undefined;
  readonly invalidInput: 400 | 422 | undefined;
} {
  const service = serviceConfig(meta.service);
  return {
    errors: options.errors ?? service.errors,
    invalidInput: options.invalidInput ?? service.invalidInput,
  };
}

/**
 * The forms of errors in one app, and the functions among them. Each function is a job's target, after all others.
 *
 * A handler's error is shaped in the isolate that ran the handler, and crosses to Rust as an answer. What Rust refuses by itself,
 * such as an input of another type, comes to an isolate as a job of that target. So all isolates must count the functions in one
 * order: that of the app first, then those of the endpoints as they are planned.
 */
export class ErrorForms {
  readonly #ofApp: ErrorForm;
  readonly #invalidInput: 400 | 422;
  readonly #firstTarget: number;
  /** Every function that shapes errors, once, in the order of their targets. */
  readonly functions: readonly ErrorFunction[];

  /** Collects the functions; `firstTarget` is the first number that no other target of jobs has. */
  constructor(
    { errors = "twinloop", invalidInput = 400 }: StartOptions,
    endpoints: readonly OfEndpoint[],
    firstTarget: number,
  ) {
    this.#ofApp = errors;
    this.#invalidInput = invalidInput;
    this.#firstTarget = firstTarget;
    const forms = [errors, ...endpoints.map((endpoint) => asked(endpoint).errors)];
    this.functions = [...new Set(forms.filter((form) => typeof form === "function"))];
  }

  /** The function that shapes the errors of an endpoint; `undefined` where Rust shapes them. */
  functionOf(endpoint: OfEndpoint): ErrorFunction | undefined {
    const errors = asked(endpoint).errors ?? this.#ofApp;
    return typeof errors === "function" ? errors : undefined;
  }

  /**
   * The status for an input that is not of the endpoint's type: the endpoint's, its service's or the app's; 400 unless one says
   * 422.
   */
  invalidInputOf(endpoint: OfEndpoint): 400 | 422 {
    return asked(endpoint).invalidInput ?? this.#invalidInput;
  }

  /** The app's form, for Rust. */
  ofApp(): FormConfig {
    return this.#config(this.#ofApp);
  }

  /** The form of an endpoint or its service, for Rust; `undefined` where it has the app's. */
  ofEndpoint(endpoint: OfEndpoint): FormConfig | undefined {
    const { errors } = asked(endpoint);
    return errors === undefined || errors === this.#ofApp ? undefined : this.#config(errors);
  }

  #config(form: ErrorForm): FormConfig {
    if (typeof form !== "function") return { form };
    return { form: "function", target: this.#firstTarget + this.functions.indexOf(form) };
  }
}
