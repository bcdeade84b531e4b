import { api } from "@twinloop/api";
import type { components } from "@octokit/openapi-types";
import type { IssuesEvent, PullRequestEvent, PushEvent, WebhookEvent } from "@octokit/webhooks-types";

export const githubRepository = api(
  { path: "/githubRepository" },
  async (value: components["schemas"]["full-repository"]): Promise<void> => void value,
);

export const githubIssue = api(
  { path: "/githubIssue" },
  async (value: components["schemas"]["issue"]): Promise<void> => void value,
);

export const githubEvent = api(
  { path: "/githubEvent" },
  async (value: components["schemas"]["event"]): Promise<void> => void value,
);

export const webhookPush = api(
  { path: "/webhookPush" },
  async (value: PushEvent): Promise<void> => void value,
);

export const webhookIssues = api(
  { path: "/webhookIssues" },
  async (value: IssuesEvent): Promise<void> => void value,
);

export const webhookPullRequest = api(
  { path: "/webhookPullRequest" },
  async (value: PullRequestEvent): Promise<void> => void value,
);

export const webhookAny = api(
  { path: "/webhookAny" },
  async (value: WebhookEvent): Promise<void> => void value,
);
