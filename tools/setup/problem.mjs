/** An error that the user can fix: the message is shown alone, without a stack. */
export class Problem extends Error {
  /** @override */
  name = "Problem";
}
