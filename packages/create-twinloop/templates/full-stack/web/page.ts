import { client, type PageTask } from "./calls.ts";

const form = document.querySelector("form")!;
const items = document.querySelector("ul")!;
const problem = document.querySelector<HTMLElement>("[role=alert]")!;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const title = form.elements.namedItem("title") as HTMLInputElement;
  void attempt(async () => {
    await client("POST /tasks", { title: title.value });
    form.reset();
  });
});

/** Does something, shows the tasks as they are then, and says what went wrong. */
async function attempt(work: () => Promise<unknown>): Promise<void> {
  problem.textContent = "";
  try {
    await work();
    const { tasks } = await client("GET /tasks");
    items.replaceChildren(...tasks.map(itemOf));
  } catch (error) {
    problem.textContent = error instanceof Error ? error.message : String(error);
  }
}

function itemOf({ id, title, done }: PageTask): HTMLElement {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = done;
  box.addEventListener(
    "change",
    () => void attempt(() => client("PATCH /tasks/:id", { id, done: box.checked })),
  );
  const label = document.createElement("label");
  label.append(box, title);
  const button = document.createElement("button");
  button.textContent = "remove";
  button.addEventListener("click", () => void attempt(() => client("DELETE /tasks/:id", { id })));
  const item = document.createElement("li");
  item.append(label, button);
  return item;
}

void attempt(async () => undefined);
