//! Time limits and giving up: the caller is answered in time, and the server is told to stop.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::error::{Error, Kind};
use crate::link::{Entry, Link, lock};

/// How long past its deadline a caller waits, so that it learns of a cancellation that worked.
const GRACE: Duration = Duration::from_millis(80);
/// How long a cancelled statement may go on before its connection is cut.
const CUT_AFTER: Duration = Duration::from_secs(5);
/// How long a cancellation that no statement has claimed is remembered.
const MEMORY: Duration = Duration::from_secs(60);

/// What is known of one operation while it runs.
#[derive(Default)]
pub(crate) struct Watch {
    under_way: Mutex<Option<(Arc<Link>, u64)>>,
    gave_up: OnceLock<()>,
}

impl Watch {
    /// The operation's statement is about to be sent.
    pub(crate) fn entered(&self, entry: &Entry) {
        *lock(&self.under_way) = Some((Arc::clone(&entry.link), entry.number));
    }

    /// Whether the caller waits no longer.
    pub(crate) fn is_given_up(&self) -> bool {
        self.gave_up.get().is_some()
    }

    fn under_way(&self) -> Option<(Arc<Link>, u64)> {
        lock(&self.under_way).clone()
    }
}

/// Runs `work` for at most `limit`, or until `gone` is notified. Past that its statement is cancelled in the server, the
/// caller is answered at once, and the work is finished in the background.
///
/// `shared` says that other statements may be under way on the same connection: it then takes no more.
pub(crate) async fn watched<T: Send + 'static>(
    work: impl Future<Output = Result<T, Error>> + Send + 'static,
    watch: Arc<Watch>,
    limit: Duration,
    gone: Option<Arc<Notify>>,
    shared: bool,
) -> Result<T, Error> {
    let mut work = Box::pin(work);
    let gone = async {
        match &gone {
            Some(gone) => gone.notified().await,
            None => std::future::pending().await,
        }
    };
    let reason = tokio::select! {
        biased;
        result = &mut work => return result,
        () = gone => Error::new(Kind::Canceled, "the query was given up by its caller (AbortSignal) and cancelled"),
        () = sleep(limit) => Error::new(
            Kind::QueryTimeout,
            format!("the query was not done after {} ms (queryTimeout) and was cancelled", limit.as_millis()),
        ),
    };
    let _ = watch.gave_up.set(());
    let Some((link, entry)) = watch.under_way() else { return Err(reason) };
    if shared {
        link.retire();
    }
    let canceller = tokio::spawn({
        let link = Arc::clone(&link);
        async move { link.cancel(entry).await }
    });
    match timeout(GRACE, &mut work).await {
        // It was done after all, or failed for a reason of its own.
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

type Gone = HashMap<(u32, u32), (Arc<Notify>, Instant)>;

/// The operations that can be given up, by isolate and the isolate's number for them.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<Gone>);

/// Takes its operation off the list when it ends.
pub(crate) struct Listed<'a> {
    tokens: &'a Tokens,
    key: (u32, u32),
    pub(crate) gone: Arc<Notify>,
}

impl Tokens {
    /// Lists an operation; 0 is none. One that was given up before it arrived ends at once.
    pub(crate) fn list(&self, isolate: u32, token: u32) -> Option<Listed<'_>> {
        if token == 0 {
            return None;
        }
        let gone = self.notify(isolate, token);
        Some(Listed { tokens: self, key: (isolate, token), gone })
    }

    /// Gives an operation up, whether it has arrived or is still to come.
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

    /// Forgets an isolate that has ended.
    pub(crate) fn forget(&self, isolate: u32) {
        lock(&self.0).retain(|(of, _), _| *of != isolate);
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        lock(&self.tokens.0).remove(&self.key);
    }
}
