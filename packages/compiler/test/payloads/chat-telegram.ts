import { api } from "@twinloop/api";
import type { Message, Update } from "@grammyjs/types";

export const telegramUpdate = api(
  { path: "/telegramUpdate" },
  async (value: Update): Promise<void> => void value,
);

export const telegramMessage = api(
  { path: "/telegramMessage" },
  async (value: Message): Promise<void> => void value,
);
