import { api } from "@twinloop/api";
import type { JSONWebKeySet, JWK, JWTPayload } from "jose";

export const jwtPayload = api(
  { path: "/jwtPayload" },
  async (value: JWTPayload): Promise<void> => void value,
);

export const jwk = api({ path: "/jwk" }, async (value: JWK): Promise<void> => void value);

export const jwks = api({ path: "/jwks" }, async (value: JSONWebKeySet): Promise<void> => void value);
