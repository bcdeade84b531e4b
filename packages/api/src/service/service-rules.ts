import { errorFormRule, invalidInputRule } from "../answer/error-form.ts";
import { middlewaresRule, type OptionRules } from "@twinloop/core-native/internal";
import { policyRules } from "../policy/policy-rules.ts";

/** The rules of a service's options: its middlewares, the form of its errors, and the policies that its endpoints inherit. */
export const serviceRules: OptionRules = {
  middlewares: middlewaresRule,
  errors: errorFormRule,
  invalidInput: invalidInputRule,
  ...policyRules,
};
