import { APIError, start, type App, type ErrCode, type Problem } from "@twinloop/core-native";
import { expectTypeOf } from "vitest";

expectTypeOf(start).returns.resolves.toEqualTypeOf<App>();
expectTypeOf(APIError.notFound("no such link").code).toEqualTypeOf<ErrCode>();
expectTypeOf<Problem>().toHaveProperty("hint").toEqualTypeOf<string>();

// @ts-expect-error: a duration has its unit.
void start({ shutdownTimeout: "10" });
// @ts-expect-error: there is no such option.
void start({ threads: 4 });
