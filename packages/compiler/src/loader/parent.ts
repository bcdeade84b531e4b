import { Socket } from "node:net";

/** The time in milliseconds for the app to stop after its parent has gone. */
const STOP_WITHIN_MS = 6_000;

/**
 * Ends this process when its parent process has gone: the system then closes the pipe that both hold.
 *
 * Shape:  `TWINLOOP_PARENT_FD` is the file descriptor of the pipe, set by `twinloop dev`; without it nothing happens.
 */
export function followParent(): void {
  const descriptor = Number(process.env["TWINLOOP_PARENT_FD"]);
  // Not inherited by the app's own children, in which the number means nothing.
  delete process.env["TWINLOOP_PARENT_FD"];
  if (!Number.isInteger(descriptor) || descriptor < 3) return;
  try {
    const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
    pipe.unref();
    pipe.on("error", end);
    pipe.on("close", end);
    pipe.resume();
  } catch {
    // Not a pipe: the variable was set by something else.
  }
}

function end(): void {
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  process.kill(process.pid, "SIGTERM");
}
