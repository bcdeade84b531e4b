import { api } from "@twinloop/api";
import type { Block, HomeView, KnownBlock, MessageAttachment, ModalView, View } from "@slack/types";

export const slackBlocks = api(
  { path: "/slackBlocks" },
  async (value: { blocks: KnownBlock[] }): Promise<void> => void value,
);

export const slackView = api({ path: "/slackView" }, async (value: View): Promise<void> => void value);

export const slackModal = api({ path: "/slackModal" }, async (value: ModalView): Promise<void> => void value);

export const slackHome = api({ path: "/slackHome" }, async (value: HomeView): Promise<void> => void value);

export const slackAttachment = api(
  { path: "/slackAttachment" },
  async (value: MessageAttachment): Promise<void> => void value,
);

export const slackAnyBlock = api(
  { path: "/slackAnyBlock" },
  async (value: { blocks: (Block | KnownBlock)[] }): Promise<void> => void value,
);
