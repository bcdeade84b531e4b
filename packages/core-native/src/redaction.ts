type Redact = (text: string) => string;

const redactors = new Set<Redact>();

/** Has `redact` take secrets out of texts that leave the process beside the log. Returns what removes it again. */
export function addTextRedactor(redact: Redact): () => void {
  const own: Redact = (text) => redact(text);
  redactors.add(own);
  return () => void redactors.delete(own);
}

/** The text without secrets; where a redactor fails, nothing of the text. Never throws. */
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
