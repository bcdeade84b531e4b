/** What an auth handler says of a caller: at least who it is. The rest is the app's own. */
export interface AuthData {
  /** The caller's id, not empty. Rate limits by principal count by it. */
  readonly userID: string;
}
