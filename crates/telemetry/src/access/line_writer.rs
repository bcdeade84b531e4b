//! Lines on their way to standard output: a bounded buffer, and one task that empties it.
//!
//! Node writes to the same pipe. A write of at most 4 KiB goes into a pipe as a whole (POSIX, `PIPE_BUF`), so lines are written
//! in chunks of whole lines that are no larger; a line beyond that is written alone.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use twinloop_runtime::{Core, lock};

use crate::drops::drops;

/// Most bytes that wait.
const MAX_BYTES: usize = 1 << 20;
/// Most bytes of one write.
const CHUNK: usize = 4096;
/// How long lines are gathered: a write costs more than a line.
const GATHER: Duration = Duration::from_millis(20);
/// The pause before a pipe that is full is tried again.
const FULL_AGAIN: Duration = Duration::from_millis(5);

#[derive(Default)]
struct Buffer {
    lines: Vec<u8>,
    /// The memory of lines that are written, for those to come.
    spare: Vec<u8>,
    /// The bytes of lines that wait or are being written.
    held: usize,
    /// Whether the reader of standard output has gone.
    is_broken: bool,
}

/// The buffer of one file.
#[derive(Default)]
pub(crate) struct LineWriter {
    buffer: Mutex<Buffer>,
    filled: Notify,
    emptied: Notify,
    /// Whether a write that waits for room gives up.
    is_stopped: AtomicBool,
}

impl LineWriter {
    /// Starts the task that writes to `file`; it ends when the writer is stopped.
    pub(crate) fn start(core: &'static Core, file: File) -> Arc<Self> {
        let writer = Arc::new(Self::default());
        core.spawn("access log", run(Arc::clone(&writer), file));
        writer
    }

    /// Adds a line with its line feed, or counts it as dropped where there is no room. Waits for nothing.
    pub(crate) fn push(&self, line: &[u8]) {
        let mut buffer = lock(&self.buffer);
        if buffer.is_broken || buffer.held + line.len() > MAX_BYTES {
            drop(buffer);
            return drops().lines.increment();
        }
        buffer.held += line.len();
        let was_empty = buffer.lines.is_empty();
        buffer.lines.extend_from_slice(line);
        drop(buffer);
        if was_empty {
            self.filled.notify_one();
        }
    }

    /// Writes what waits, within `grace`, and ends the task. Returns whether all was written.
    pub(crate) async fn stop(&self, grace: Duration) -> bool {
        let is_empty = timeout(grace, async {
            loop {
                let emptied = self.emptied.notified();
                if lock(&self.buffer).held == 0 {
                    return;
                }
                emptied.await;
            }
        })
        .await
        .is_ok();
        self.is_stopped.store(true, Ordering::Relaxed);
        self.filled.notify_one();
        is_empty
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Takes what waits.
    fn take(&self) -> Vec<u8> {
        let mut buffer = lock(&self.buffer);
        let spare = std::mem::take(&mut buffer.spare);
        std::mem::replace(&mut buffer.lines, spare)
    }

    /// Gives the memory of lines back that are written.
    fn reuse(&self, mut lines: Vec<u8>) {
        lines.clear();
        lock(&self.buffer).spare = lines;
    }

    /// Notes that these bytes need no room any more.
    fn done(&self, bytes: usize, is_broken: bool) {
        let mut buffer = lock(&self.buffer);
        buffer.held -= bytes;
        buffer.is_broken |= is_broken;
        drop(buffer);
        self.emptied.notify_waiters();
    }
}

async fn run(writer: Arc<LineWriter>, file: File) {
    let file = Arc::new(file);
    loop {
        let is_last = writer.is_stopped();
        if !is_last {
            writer.filled.notified().await;
            sleep(GATHER).await;
        }
        let lines = writer.take();
        if lines.is_empty() {
            if is_last {
                return;
            }
            continue;
        }
        let (to, file) = (Arc::clone(&writer), Arc::clone(&file));
        // A write may wait for a slow reader: on a thread where that keeps nobody up.
        let written = spawn_blocking(move || {
            write_all(&file, &lines, &to);
            to.reuse(lines);
        })
        .await;
        if written.is_err() {
            return;
        }
    }
}

/// Writes whole lines in chunks; what cannot be written is counted as dropped.
fn write_all(file: &File, lines: &[u8], writer: &LineWriter) {
    let mut rest = lines;
    while !rest.is_empty() {
        let (chunk, further) = rest.split_at(chunk_length(rest));
        if let Err(error) = write_chunk(file, chunk, writer) {
            drops().lines.add(rest.split_inclusive(|&byte| byte == b'\n').count() as u64);
            return writer.done(rest.len(), error.kind() != io::ErrorKind::TimedOut);
        }
        writer.done(chunk.len(), false);
        rest = further;
    }
}

/// The length of the whole lines at the begin that fit into one write; at least one line.
fn chunk_length(lines: &[u8]) -> usize {
    let window = &lines[..lines.len().min(CHUNK)];
    let ends = |bytes: &[u8]| bytes.iter().rposition(|&byte| byte == b'\n');
    let first = || lines.iter().position(|&byte| byte == b'\n');
    ends(window).or_else(first).map_or(lines.len(), |end| end + 1)
}

fn write_chunk(mut file: &File, mut chunk: &[u8], writer: &LineWriter) -> io::Result<()> {
    while !chunk.is_empty() {
        match file.write(chunk) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => chunk = &chunk[written..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if writer.is_stopped() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                std::thread::sleep(FULL_AGAIN);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_standard_output_that_nobody_reads_costs_a_bounded_buffer() {
        let core = Core::get_or_build(Vec::new).unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();
        let lines = LineWriter::start(core, File::from(std::os::fd::OwnedFd::from(writer)));
        let line = |number: usize| format!("{number:07} {}\n", "x".repeat(500));
        let before = drops().lines.get();
        for number in 0..6_000 {
            lines.push(line(number).as_bytes());
        }
        assert!(lock(&lines.buffer).held <= MAX_BYTES);
        assert!(!lines.stop(Duration::from_millis(50)).await, "nobody has read");
        // The reader comes back: what was taken arrives, in whole lines and in order.
        let read = std::thread::spawn(move || {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut reader, &mut text).map(|_| text)
        });
        let text = read.join().unwrap().unwrap();
        let numbers: Vec<usize> = text
            .lines()
            .map(|each| {
                let number = each[..7].parse().unwrap();
                assert_eq!(format!("{each}\n"), line(number));
                number
            })
            .collect();
        assert!(numbers.is_sorted() && numbers.len() >= MAX_BYTES / line(0).len() - 1);
        #[allow(clippy::cast_precision_loss, reason = "small")]
        let all = numbers.len() as f64 + drops().lines.get() - before;
        assert!((all - 6_000.0).abs() < 0.5, "{all}");
    }

    #[test]
    fn chunks_are_whole_lines() {
        let line = [b"x".repeat(99), b"\n".to_vec()].concat();
        let lines = line.repeat(100);
        assert_eq!(chunk_length(&lines), 4000);
        assert_eq!(chunk_length(&lines[..100]), 100);
        let long = [b"y".repeat(9000), b"\n".to_vec(), line].concat();
        assert_eq!(chunk_length(&long), 9001);
    }
}
