type Redact = (text: string) => string;

const redactors = new Set<Redact>();

/** Adds a redactor for texts that leave the process outside of the log. Returns a function that removes the redactor. */
export function addTextRedactor(redact: Redact): () => void {
  const own: Redact = (text) => redact(text);
  redactors.add(own);
  return () => void redactors.delete(own);
}

/** Removes secrets from a text; where a redactor fails, the whole text is withheld. Never throws. */
export function redacted(text: string): string {
  if (redactors.size === 0) return text;
  try {
    let clean = text;
    for (const redact of redactors) clean = String(redact(clean));
    return clean;
  } catch {
    return "(withheld: its redactor failed)";
  }
}
