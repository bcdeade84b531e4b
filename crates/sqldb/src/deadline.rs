//! Time limits and abort tokens of statements: the caller is answered in time, and the statement is cancelled in the server.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use twinloop_runtime::lock;

use crate::connection::{Connection, StatementEntry};
use crate::error::{Error, ErrorKind};
use crate::service::Service;
use crate::statement::shape::affected;

/// How long past the deadline the caller waits for the outcome of the cancellation.
const GRACE: Duration = Duration::from_millis(80);
/// How long a cancelled statement may go on before its connection is closed.
const CUT_AFTER: Duration = Duration::from_secs(5);
/// How long an abort is remembered whose operation has not arrived yet.
const MEMORY: Duration = Duration::from_secs(60);

/// The statement that an operation has under way in the server, so that it can be cancelled there.
#[derive(Default)]
pub(crate) struct Deadline {
    under_way: Mutex<Option<(Arc<Connection>, u64)>>,
    gave_up: OnceLock<ErrorKind>,
    /// What telemetry will tell of the operation.
    pub(crate) noted: Noted,
}

/// What is noted of a statement while it runs, where somebody looks.
#[derive(Default)]
pub(crate) struct Noted {
    is_wanted: AtomicBool,
    waited_ns: AtomicU64,
    returned: AtomicU64,
    affected: AtomicU64,
}

impl Noted {
    /// Asks for notes.
    pub(crate) fn begin(&self) {
        self.is_wanted.store(true, Ordering::Relaxed);
    }

    /// Notes the wait for a connection, which adds to an earlier one.
    pub(crate) fn wait(&self, waited: Duration) {
        if !waited.is_zero() {
            let nanoseconds = u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX);
            self.waited_ns.fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }

    /// Notes the rows that a statement has returned, and its command tag.
    pub(crate) fn rows(&self, returned: u64, tag: &str) {
        if self.is_wanted.load(Ordering::Relaxed) {
            self.returned.store(returned, Ordering::Relaxed);
            self.set_affected(affected(tag));
        }
    }

    /// Adds rows that were returned in pieces.
    pub(crate) fn add_returned(&self, rows: u64) {
        self.returned.fetch_add(rows, Ordering::Relaxed);
    }

    /// Notes the rows that were changed.
    pub(crate) fn set_affected(&self, rows: u64) {
        self.affected.store(rows, Ordering::Relaxed);
    }

    /// How long the operation has waited for connections.
    pub(crate) fn waited(&self) -> Duration {
        Duration::from_nanos(self.waited_ns.load(Ordering::Relaxed))
    }

    /// The rows that were returned.
    pub(crate) fn returned(&self) -> u64 {
        self.returned.load(Ordering::Relaxed)
    }

    /// The rows that the command tag names.
    pub(crate) fn affected(&self) -> u64 {
        self.affected.load(Ordering::Relaxed)
    }
}

impl Deadline {
    /// Registers the statement that the operation is about to send.
    pub(crate) fn entered(&self, entry: &StatementEntry) {
        *lock(&self.under_way) = Some((Arc::clone(&entry.link), entry.number));
    }

    /// Whether the caller has given the operation up.
    pub(crate) fn is_given_up(&self) -> bool {
        self.gave_up.get().is_some()
    }

    /// Why the caller has given the operation up, if it has.
    pub(crate) fn given_up_for(&self) -> Option<ErrorKind> {
        self.gave_up.get().copied()
    }

    fn under_way(&self) -> Option<(Arc<Connection>, u64)> {
        lock(&self.under_way).clone()
    }
}

/// How long a caller waits, and the token by which it may abort earlier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) isolate: u32,
    /// The isolate's number for the operation; 0 where the operation cannot be aborted.
    pub(crate) token: u32,
    pub(crate) limit: Duration,
}

impl Service {
    /// Runs an isolate's operation until its time limit or its abort. `is_shared`: other callers' statements may be under way on
    /// the same connection.
    ///
    /// Errors: `query_timeout` past the limit, `canceled` after an abort; the statement is cancelled in the server.
    pub(crate) async fn watched<T, Work>(
        &self,
        patience: Patience,
        is_shared: bool,
        work: impl FnOnce(Arc<Deadline>) -> Work,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        Work: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let listed = self.abort_tokens.list(patience.isolate, patience.token);
        let gone = listed.as_ref().map(|listed| Arc::clone(&listed.gone));
        within(patience.limit, gone, is_shared, work).await
    }
}

/// Runs a component's operation in a task of its own, for at most `limit`. The operation goes on where its caller is dropped.
pub(crate) async fn detached<T, Work>(
    limit: Duration,
    is_shared: bool,
    work: impl FnOnce(Arc<Deadline>) -> Work + Send + 'static,
) -> Result<T, Error>
where
    T: Send + 'static,
    Work: Future<Output = Result<T, Error>> + Send + 'static,
{
    let task = tokio::spawn(within(limit, None, is_shared, work));
    task.await.unwrap_or_else(|error| {
        Err(Error::new(ErrorKind::Internal, format!("the task of a statement has ended: {error}")))
    })
}

/// Runs `work` for at most `limit`, or until `gone` is notified. Past that, the statement of `work` is cancelled in the server,
/// the caller is answered at once, and the work is finished in the background.
///
/// With `is_shared` the connection of a cancelled statement is retired: a late `CancelRequest` may hit another caller's statement.
async fn within<T, Work>(
    limit: Duration,
    gone: Option<Arc<Notify>>,
    is_shared: bool,
    work: impl FnOnce(Arc<Deadline>) -> Work,
) -> Result<T, Error>
where
    T: Send + 'static,
    Work: Future<Output = Result<T, Error>> + Send + 'static,
{
    let deadline = Arc::new(Deadline::default());
    let mut work = Box::pin(work(Arc::clone(&deadline)));
    let gone = async {
        match &gone {
            Some(gone) => gone.notified().await,
            None => std::future::pending().await,
        }
    };
    let reason = tokio::select! {
        biased;
        result = &mut work => return result,
        () = gone => Error::new(ErrorKind::Canceled, "the query was given up by its caller (AbortSignal) and cancelled"),
        () = sleep(limit) => Error::new(
            ErrorKind::QueryTimeout,
            format!("the query was not done after {} ms (queryTimeout) and was cancelled", limit.as_millis()),
        ),
    };
    let _ = deadline.gave_up.set(reason.kind);
    let Some((link, entry)) = deadline.under_way() else { return Err(reason) };
    if is_shared {
        link.retire();
    }
    let canceller = tokio::spawn({
        let link = Arc::clone(&link);
        async move { link.cancel(entry).await }
    });
    match timeout(GRACE, &mut work).await {
        // The work was completed despite the cancellation, or failed for another reason.
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) if error.sqlstate() == Some("57014") || error.sqlstate().is_none() => {}
        Ok(Err(error)) => return Err(error),
        Err(_) => {
            tokio::spawn(async move {
                if timeout(CUT_AFTER, work).await.is_err() {
                    link.kill();
                }
                canceller.abort();
            });
        }
    }
    Err(reason)
}

type Operations = HashMap<(u32, u32), (Arc<Notify>, Instant)>;

/// The operations that can be aborted, by isolate and token.
#[derive(Default)]
pub(crate) struct AbortTokens(Mutex<Operations>);

/// A registered operation; deregistered when this is dropped.
struct Listed<'a> {
    tokens: &'a AbortTokens,
    key: (u32, u32),
    gone: Arc<Notify>,
}

impl AbortTokens {
    /// Registers an operation under its token; `None` for token 0. An operation that was aborted before it arrived ends at once.
    fn list(&self, isolate: u32, token: u32) -> Option<Listed<'_>> {
        if token == 0 {
            return None;
        }
        let gone = self.notify(isolate, token);
        Some(Listed { tokens: self, key: (isolate, token), gone })
    }

    /// Aborts an operation, whether it has arrived or is still to come.
    pub(crate) fn give_up(&self, isolate: u32, token: u32) {
        self.notify(isolate, token).notify_one();
    }

    fn notify(&self, isolate: u32, token: u32) -> Arc<Notify> {
        let mut listed = lock(&self.0);
        if listed.len() > 1024 {
            listed.retain(|_, (gone, since)| Arc::strong_count(gone) > 1 || since.elapsed() < MEMORY);
        }
        let (gone, _) =
            listed.entry((isolate, token)).or_insert_with(|| (Arc::new(Notify::new()), Instant::now()));
        Arc::clone(gone)
    }

    /// Drops all tokens of an isolate that has ended.
    pub(crate) fn forget(&self, isolate: u32) {
        lock(&self.0).retain(|(of, _), _| *of != isolate);
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        lock(&self.tokens.0).remove(&self.key);
    }
}
