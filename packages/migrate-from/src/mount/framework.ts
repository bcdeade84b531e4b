/** A framework whose apps are mounted whole. */
export type Framework = "express" | "fastify";
