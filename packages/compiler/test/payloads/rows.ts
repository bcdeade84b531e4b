import { api } from "@twinloop/api";
import type { ColumnType, Generated, Insertable, Selectable, Updateable } from "kysely";

interface PersonTable {
  id: Generated<number>;
  name: string;
  created_at: ColumnType<Date, string | undefined, never>;
  metadata: ColumnType<{ login: string }, string, string>;
}

export const insertPerson = api(
  { path: "/insertPerson" },
  async (value: Insertable<PersonTable>): Promise<void> => void value,
);

export const updatePerson = api(
  { path: "/updatePerson" },
  async (value: Updateable<PersonTable>): Promise<void> => void value,
);

export const person = api(
  { path: "/person" },
  async (value: Selectable<PersonTable>): Promise<void> => void value,
);
