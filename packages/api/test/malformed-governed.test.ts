/** The suite of the same name with every policy of the edge on: no answer differs. */
process.env["EVERY_POLICY"] = "on";
await import("./malformed.test.ts");
