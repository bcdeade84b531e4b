import { useId } from "preact/hooks";
import { DocText } from "../parts/doc-text.tsx";
import { plainText } from "../text/plain-text.ts";
import { emptyDraft, type Draft } from "./draft.ts";
import type { FormField } from "./schema-fields.ts";

interface Props {
  readonly field: FormField;
  readonly draft: Draft | undefined;
  readonly change: (draft: Draft) => void;
  /** What the field is called where it has no label of its own, as an entry of a list. */
  readonly name?: string;
}

/** The control of a field, with its label and what its schema demands. */
export function FieldControl({ field, draft, change, name }: Props) {
  const label = name ?? field.label;
  const { shape } = field;
  if (shape.kind === "object") {
    return (
      <fieldset class="group">
        {label !== "" && <legend>{plainText(label)}</legend>}
        <FieldList fields={shape.fields} draft={draft} change={change} />
        {shape.fields.length === 0 && <p class="quiet">This object has no fields.</p>}
      </fieldset>
    );
  }
  if (shape.kind === "list")
    return <ListControl field={field} item={shape.item} draft={draft} change={change} />;
  return <PlainControl field={field} draft={draft} change={change} name={label} />;
}

/** The controls of an object's fields. */
export function FieldList({
  fields,
  draft,
  change,
}: {
  fields: readonly FormField[];
  draft: Draft | undefined;
  change: (draft: Draft) => void;
}) {
  const parts = (typeof draft === "object" && !Array.isArray(draft) ? draft : {}) as Readonly<
    Record<string, Draft>
  >;
  return (
    <>
      {fields.map((field) => (
        <FieldControl
          key={field.label}
          field={field}
          draft={parts[field.label]}
          change={(value) => change({ ...parts, [field.label]: value })}
        />
      ))}
    </>
  );
}

function ListControl({ field, item, draft, change }: Props & { item: FormField }) {
  const entries = (Array.isArray(draft) ? draft : []) as readonly Draft[];
  return (
    <fieldset class="group">
      <legend>
        {plainText(field.label === "" ? "Entries" : field.label)} <Demands field={field} />
      </legend>
      {entries.map((entry, index) => (
        <div class="entry" key={index}>
          <FieldControl
            field={item}
            draft={entry}
            name={`${field.label} ${index + 1}`}
            change={(value) => change(entries.map((other, at) => (at === index ? value : other)))}
          />
          <button type="button" onClick={() => change(entries.filter((_, at) => at !== index))}>
            Remove
            <span class="hidden"> {plainText(`${field.label} ${index + 1}`)}</span>
          </button>
        </div>
      ))}
      <button type="button" onClick={() => change([...entries, emptyDraft(item)])}>
        Add an entry
        <span class="hidden"> to {plainText(field.label)}</span>
      </button>
    </fieldset>
  );
}

function PlainControl({ field, draft, change, name = field.label }: Props) {
  const id = useId();
  const text = typeof draft === "string" ? draft : "";
  return (
    <div class="field">
      <label for={id}>
        {plainText(name === "" ? "Value" : name)}
        {field.isRequired && <span class="needed"> required</span>}
      </label>
      <Input id={id} field={field} text={text} change={change} />
      {(field.doc !== null || field.hint !== "" || field.shape.kind === "json") && (
        <p class="quiet" id={`${id}-doc`}>
          {field.doc !== null && (
            <>
              <DocText text={field.doc} />{" "}
            </>
          )}
          {field.shape.kind === "json" && "Written as JSON. "}
          {field.hint !== "" && <span class="demand">{plainText(field.hint)}</span>}
        </p>
      )}
    </div>
  );
}

function Demands({ field }: { field: FormField }) {
  const words = [field.isRequired ? "required" : "", field.hint].filter((word) => word !== "");
  return words.length === 0 ? null : <span class="needed">{plainText(words.join(", "))}</span>;
}

function Input({
  id,
  field,
  text,
  change,
}: {
  id: string;
  field: FormField;
  text: string;
  change: (draft: Draft) => void;
}) {
  const { shape, isRequired, hint, doc } = field;
  const hasNote = doc !== null || hint !== "" || shape.kind === "json";
  const common = {
    id,
    value: text,
    "aria-describedby": hasNote ? `${id}-doc` : undefined,
    onInput: (event: Event & { currentTarget: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement }) =>
      change(event.currentTarget.value),
  };
  switch (shape.kind) {
    case "choice":
      return (
        <select {...common}>
          {!isRequired && <option value="">not given</option>}
          {shape.values.map((value, index) => (
            <option key={index} value={String(index)}>
              {plainText(typeof value === "string" ? value : JSON.stringify(value))}
            </option>
          ))}
        </select>
      );
    case "boolean":
      return (
        <select {...common}>
          <option value="">not given</option>
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      );
    case "json":
      return <textarea {...common} rows={4} spellcheck={false} class="mono" />;
    case "date":
      return <input {...common} type="date" />;
    case "date-time":
      return <input {...common} type="datetime-local" step="1" />;
    case "integer":
    case "number":
      return <input {...common} type="text" inputMode="decimal" autocomplete="off" />;
    default:
      return <input {...common} type="text" autocomplete="off" spellcheck={false} />;
  }
}
