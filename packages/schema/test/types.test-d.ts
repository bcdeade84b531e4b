import { buildSerializer, irFromSchema, type Node, type Serialize } from "@twinloop/schema";
import { expectTypeOf } from "vitest";

expectTypeOf(buildSerializer([{ kind: "string" }], 0)).toEqualTypeOf<Serialize>();
expectTypeOf(irFromSchema).parameter(1).toEqualTypeOf<Node[]>();

// @ts-expect-error: there is no such kind of type.
buildSerializer([{ kind: "text" }], 0);
