import { isHeaderName, type OptionRule } from "@twinloop/core-native/internal";

/** The rule of the option that names the header of credentials. */
export const headerRule: OptionRule = {
  expected: "the name of a header",
  fits: (value) => typeof value === "string" && isHeaderName(value),
};
