import { secret } from "@twinloop/secrets";
import { expectTypeOf } from "vitest";
import type { StandardSchema } from "@twinloop/core-native";

declare const smtpPort: StandardSchema<number>;

expectTypeOf(secret("StripeKey")()).toEqualTypeOf<string>();
expectTypeOf(secret("ErrorReports", { optional: true })()).toEqualTypeOf<string | undefined>();
expectTypeOf(secret("SmtpPort", { schema: smtpPort })()).toEqualTypeOf<number>();

// @ts-expect-error: there is no such option.
secret("StripeKey", { fallback: "sk" });
// @ts-expect-error: a default has the type of the schema.
secret("SmtpPort", { schema: smtpPort, default: "25" });
