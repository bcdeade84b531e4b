import { APIError, log, start, type App, type ErrCode, type Problem } from "@twinloop/core-native";
import { expectTypeOf } from "vitest";

expectTypeOf(start).returns.resolves.toEqualTypeOf<App>();
expectTypeOf(APIError.notFound("no such link").code).toEqualTypeOf<ErrCode>();
expectTypeOf<Problem>().toHaveProperty("hint").toEqualTypeOf<string>();

// @ts-expect-error: a duration has its unit.
void start({ shutdownTimeout: "10" });
// @ts-expect-error: there is no such option.
void start({ threads: 4 });

// What a catch clause and an interface give is logged as it is.
interface Handshake {
  id: string;
}
declare const caught: unknown;
declare const handshake: Handshake;
log.error("could not send", caught);
log.error("could not send", caught, { user: 7 });
log.error(caught, "could not send", { user: 7 });
log.info("connected", handshake);
// @ts-expect-error: fields are an object.
log.error("could not send", caught, 7);
