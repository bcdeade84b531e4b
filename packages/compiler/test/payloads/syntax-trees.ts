import { api } from "@twinloop/api";
import type { Program } from "estree";
import type { Root } from "mdast";

export const estreeProgram = api(
  { path: "/estreeProgram" },
  async (value: Program): Promise<void> => void value,
);

export const mdastRoot = api({ path: "/mdastRoot" }, async (value: Root): Promise<void> => void value);
