/** A reason why no app is made; the message says what to do. */
export class CreateProblem extends Error {
  /** The exit code: 1 for a problem of the surroundings, 2 for one of the command line. */
  readonly exitCode: number;

  constructor(message: string, exitCode: number = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Says what a failed file operation was refused for. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "no space is left",
    ENOTDIR: "a part of the path is a file",
    ENAMETOOLONG: "the name is too long",
  };
  return known[code ?? ""] ?? message;
}
