//! Encoded spans that wait for the collector, in bounded memory.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::sync::Notify;
use tokio::time::Instant;
use twinloop_runtime::lock;
use twinloop_runtime::telemetry::FinishedOperation;

use crate::drops::drops;
use crate::otlp::config::BatchConfig;
use crate::otlp::span_message::write_spans;

/// Most bytes of all spans that wait, those on their way included.
pub(crate) const MAX_BYTES: usize = 16 << 20;
/// The bytes from which on a batch is sent, however few spans it has.
const FULL_BYTES: usize = 2 << 20;

/// Spans of one request.
#[derive(Default)]
pub(crate) struct SpanBatch {
    /// How many.
    pub(crate) spans: usize,
    /// Fields `spans` of `ScopeSpans`.
    pub(crate) bytes: Vec<u8>,
}

/// What comes next.
pub(crate) enum NextBatch {
    /// A batch to send.
    Now(SpanBatch),
    /// The batch that is filled is sent then.
    At(Instant),
    /// No span waits.
    Empty,
}

#[derive(Default)]
struct Waiting {
    filling: SpanBatch,
    /// When the first span of the batch that is filled came.
    since: Option<Instant>,
    full: VecDeque<SpanBatch>,
    /// Spans and bytes that wait or are on their way.
    spans: usize,
    bytes: usize,
}

impl Waiting {
    fn seal(&mut self) {
        let mut batch = std::mem::take(&mut self.filling);
        self.since = None;
        if batch.spans > 0 {
            batch.bytes.shrink_to_fit();
            // The next batch is likely to be as long.
            self.filling.bytes.reserve(batch.bytes.len().min(FULL_BYTES));
            self.full.push_back(batch);
        }
    }
}

thread_local! {
    /// Spans that are being encoded, with the end of each.
    static ENCODED: RefCell<(Vec<u8>, Vec<usize>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// The queue of one exporter.
pub(crate) struct SpanQueue {
    config: BatchConfig,
    waiting: Mutex<Waiting>,
    /// Notified when a batch is full, and when a first span comes.
    pub(crate) filled: Notify,
}

impl SpanQueue {
    /// An empty queue.
    pub(crate) fn new(config: BatchConfig) -> Self {
        Self { config, waiting: Mutex::default(), filled: Notify::new() }
    }

    /// Adds the spans of an operation; those without room are counted as dropped. Waits for nothing.
    pub(crate) fn push(&self, operation: &FinishedOperation) {
        ENCODED.with_borrow_mut(|(bytes, ends)| {
            bytes.clear();
            ends.clear();
            write_spans(bytes, ends, operation);
            self.add(bytes, ends);
        });
    }

    fn add(&self, bytes: &[u8], ends: &[usize]) {
        let max_spans = self.config.max_queue.unwrap_or(usize::MAX);
        let (mut begin, mut dropped, mut is_news) = (0, 0, false);
        let mut waiting = lock(&self.waiting);
        for &end in ends {
            let span = &bytes[begin..end];
            begin = end;
            if waiting.bytes + span.len() > MAX_BYTES || waiting.spans >= max_spans {
                dropped += 1;
                continue;
            }
            waiting.spans += 1;
            waiting.bytes += span.len();
            waiting.filling.spans += 1;
            waiting.filling.bytes.extend_from_slice(span);
            is_news |= waiting.since.is_none();
            waiting.since.get_or_insert_with(Instant::now);
            if waiting.filling.spans >= self.config.max_batch || waiting.filling.bytes.len() >= FULL_BYTES {
                waiting.seal();
                is_news = true;
            }
        }
        drop(waiting);
        if dropped > 0 {
            drops().spans.add(dropped);
        }
        if is_news {
            self.filled.notify_one();
        }
    }

    /// Takes the next batch; with `all` also one that is still filled.
    pub(crate) fn next(&self, all: bool) -> NextBatch {
        let mut waiting = lock(&self.waiting);
        if let Some(due) = waiting.since.map(|since| since + self.config.delay) {
            if all || due <= Instant::now() {
                waiting.seal();
            } else if waiting.full.is_empty() {
                return NextBatch::At(due);
            }
        }
        waiting.full.pop_front().map_or(NextBatch::Empty, NextBatch::Now)
    }

    /// Notes that the spans of a batch need no room any more.
    pub(crate) fn done(&self, spans: usize, bytes: usize) {
        let mut waiting = lock(&self.waiting);
        waiting.spans -= spans;
        waiting.bytes -= bytes;
    }

    /// Whether new spans will soon find no room.
    pub(crate) fn is_scarce(&self) -> bool {
        let waiting = lock(&self.waiting);
        let max_spans = self.config.max_queue.unwrap_or(usize::MAX);
        waiting.bytes > MAX_BYTES / 2 || waiting.spans > max_spans / 2
    }

    /// Drops all that waits, and returns the number of spans.
    pub(crate) fn clear(&self) -> usize {
        let mut waiting = lock(&self.waiting);
        let spans = waiting.spans;
        *waiting = Waiting::default();
        spans
    }

    #[cfg(test)]
    fn held(&self) -> (usize, usize) {
        let waiting = lock(&self.waiting);
        (waiting.spans, waiting.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use twinloop_runtime::telemetry::{OperationKind, Span, SpanKind, SpanStatus, TraceContext};

    use super::*;

    fn operation(spans: usize, padding: usize) -> FinishedOperation {
        let span = || Span {
            context: TraceContext::root(true),
            parent: None,
            name: "span".into(),
            kind: SpanKind::Internal,
            start_ns: 1,
            end_ns: 2,
            status: SpanStatus::Unset,
            attributes: vec![("padding".into(), "x".repeat(padding).into())],
            events: Vec::new(),
            links: Vec::new(),
        };
        let spans = (0..spans).map(|_| span()).collect();
        FinishedOperation {
            kind: Some(OperationKind::Call),
            spans,
            dropped: 0,
            is_exported: true,
            state: None,
        }
    }

    fn queue(max_queue: Option<usize>, max_batch: usize) -> SpanQueue {
        SpanQueue::new(BatchConfig { max_queue, max_batch, delay: Duration::from_secs(60), timeout: None })
    }

    fn take(queue: &SpanQueue, all: bool) -> Option<SpanBatch> {
        match queue.next(all) {
            NextBatch::Now(batch) => Some(batch),
            NextBatch::At(_) | NextBatch::Empty => None,
        }
    }

    #[tokio::test]
    async fn an_operation_is_parted_into_batches() {
        let queue = queue(None, 512);
        queue.push(&operation(1000, 10));
        assert_eq!(take(&queue, false).unwrap().spans, 512);
        assert!(take(&queue, false).is_none());
        let rest = take(&queue, true).unwrap();
        assert_eq!(rest.spans, 488);
        assert!(take(&queue, true).is_none());
        queue.done(1000, queue.held().1);
        assert_eq!(queue.held(), (0, 0));
    }

    #[tokio::test]
    async fn what_waits_is_bounded_by_bytes_and_by_count() {
        let queue_of_bytes = queue(None, 512);
        for _ in 0..400 {
            queue_of_bytes.push(&operation(1, 100_000));
        }
        let (spans, bytes) = queue_of_bytes.held();
        assert!(bytes <= MAX_BYTES && (150..170).contains(&spans), "{spans} {bytes}");
        assert!(queue_of_bytes.is_scarce());
        let in_batches: usize =
            std::iter::from_fn(|| take(&queue_of_bytes, true)).map(|batch| batch.bytes.capacity()).sum();
        assert!(in_batches <= MAX_BYTES);
        let few = queue(Some(100), 10);
        few.push(&operation(250, 0));
        assert_eq!(few.held().0, 100);
        assert_eq!(few.clear(), 100);
    }
}
