import { api, APIError, start, type HttpStatus } from "@twinloop/api";
import type { Int, IsURL, Max, MaxLen, Min, MinLen } from "@twinloop/api";

interface NewBook {
  title: string & MinLen<1> & MaxLen<200>;
  pages: number & Int & Min<1>;
  cover?: string & IsURL;
}

interface Book extends NewBook {
  id: number & Int;
}

const books = new Map<number, Book>();

/** Adds a book. The type of the parameter is the schema of the body. */
export const add = api(
  { expose: true, method: "POST", path: "/books" },
  async (book: NewBook): Promise<Book & { status: HttpStatus }> => {
    const id = books.size + 1;
    books.set(id, { ...book, id });
    return { ...book, id, status: 201 };
  },
);

/** Lists books. What is not in the path of a GET comes from the query. */
export const list = api(
  { expose: true, method: "GET", path: "/books" },
  async ({ limit = 10 }: { limit?: number & Int & Min<1> & Max<100> }): Promise<{ books: Book[] }> => ({
    books: [...books.values()].slice(0, limit),
  }),
);

/** Gives one book. */
export const get = api(
  { expose: true, method: "GET", path: "/books/:id" },
  async ({ id }: { id: number & Int & Min<1> }): Promise<Book> => {
    const book = books.get(id);
    if (book === undefined) throw APIError.notFound(`there is no book ${id}`);
    return book;
  },
);

await start();
