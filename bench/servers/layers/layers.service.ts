import { middleware, Service } from "@twinloop/api";

const empty = (tag: string): ReturnType<typeof middleware> =>
  middleware({ target: { tags: [tag] } }, (request, next) => next(request));

/** One layer around what is tagged `one`, five around what is tagged `five`. */
export default new Service("layers", {
  middlewares: ["one", "five", "five", "five", "five", "five"].map(empty),
});
