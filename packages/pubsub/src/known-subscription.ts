/** The address of a subscription: its topic's name and its own. */
export interface SubscriptionName {
  /** The name of the topic. */
  readonly topic: string;
  /** The name of the subscription within its topic. */
  readonly subscription: string;
}

/** A subscription that the broker has, whether or not the app still declares it. */
export interface KnownSubscription extends SubscriptionName {
  /** Former names, which `renamedFrom` replaced. */
  readonly formerly: readonly string[];
  /** Whether messages of one ordering key are delivered one after another. */
  readonly ordered: boolean;
  /** Milliseconds since a process last noted that it serves the subscription; noted once a minute. */
  readonly servedMsAgo: number;
  /** Whether a process has noted lately that it serves the subscription. */
  readonly isServed: boolean;
  /** Milliseconds without a serving process after which the subscription gets no more copies; `null` for never. */
  readonly expiryMs: number | null;
  /** Whether an operator has paused the subscription in the whole fleet. */
  readonly isPaused: boolean;
  /** Whether the subscription has expired and gets no copies of new messages. */
  readonly isExpired: boolean;
}
