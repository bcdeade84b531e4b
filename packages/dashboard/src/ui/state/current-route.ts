import { signal } from "@preact/signals";
import { readRoute, type PageAddress } from "./route.ts";

/** What the address shows at the moment. */
export const route = signal<PageAddress>(readRoute(location.hash));

addEventListener("hashchange", () => {
  route.value = readRoute(location.hash);
});

/** Goes to an address of this page, as `linkTo` writes it. */
export function go(link: string): void {
  location.hash = link;
}
