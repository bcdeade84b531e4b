//! Engines that the isolates of the process share: opened by the first that asks, closed with the last that leaves.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::component::Invocation;
use crate::core::Core;
use crate::failure::Failure;
use crate::isolate::Isolate;
use crate::lock::lock;
use crate::serving::Serving;

/// An engine that isolates of the process share, such as the cron jobs of an app or a broker with its topics.
pub trait SharedEngine: Send + Sync + Sized + 'static {
    /// What an isolate opens the engine with.
    type Asked: Clone + Send + Sync;

    /// The component's name, which the tasks that close engines have in the log.
    const NAME: &'static str;

    /// The message of a call for an engine that is not open, such as `the broker is closed: the app has stopped`.
    const CLOSED: &'static str;

    /// Whether what was `opened` is the engine that `asked` means.
    fn is_meant(opened: &Self::Asked, asked: &Self::Asked) -> bool;

    /// Whether an isolate that has `asked` can use what was `opened`.
    fn is_fit(opened: &Self::Asked, asked: &Self::Asked) -> bool;

    /// The message of a refusal: the engine is open, and does not fit what an isolate asks for.
    fn misfit(&self) -> String;

    /// Opens the engine; `serving` is empty.
    fn open(
        core: &'static Core,
        serving: Serving,
        asked: &Self::Asked,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Ends the engine's tasks and gives back what it holds.
    fn close(&self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The isolates that take the engine's work.
    fn serving(&self) -> &Serving;
}

/// The open engines of one component, by number.
pub struct Shared<E: SharedEngine> {
    component: u16,
    opened: Mutex<HashMap<u32, Opened<E>>>,
    /// The last number. Held while an engine is opened or closed: two isolates at once must not open the same.
    opening: tokio::sync::Mutex<u32>,
}

struct Opened<E: SharedEngine> {
    core: &'static Core,
    asked: E::Asked,
    engine: Arc<E>,
    /// How often each isolate has opened the engine and not left it.
    users: HashMap<u32, u32>,
}

impl<E: SharedEngine> Shared<E> {
    /// No engines yet, for the component that has this number.
    pub fn new(component: u16) -> Arc<Self> {
        Arc::new(Self { component, opened: Mutex::default(), opening: tokio::sync::Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Opened<E>>> {
        lock(&self.opened)
    }

    /// The engine that is meant, opened where it is not open yet, and its number. The calling isolate uses it until it
    /// has left as often as it has opened it.
    ///
    /// Errors: `failed_precondition` where the engine is open and does not fit; those of opening it.
    pub async fn open(&self, invocation: &Invocation, asked: E::Asked) -> Result<(u32, Arc<E>), Failure> {
        let mut last = self.opening.lock().await;
        if let Some(found) = self.join(invocation.isolate.id, &asked) {
            return found;
        }
        let engine = Arc::new(E::open(invocation.core, Serving::new(self.component), &asked).await?);
        *last += 1;
        let users = HashMap::from([(invocation.isolate.id, 1)]);
        self.lock()
            .insert(*last, Opened { core: invocation.core, asked, engine: Arc::clone(&engine), users });
        Ok((*last, engine))
    }

    /// Notes an isolate as a user of the engine that is meant; `None` where that is not open.
    fn join(&self, isolate: u32, asked: &E::Asked) -> Option<Result<(u32, Arc<E>), Failure>> {
        let mut opened = self.lock();
        let (number, found) = opened.iter_mut().find(|(_, opened)| E::is_meant(&opened.asked, asked))?;
        if !E::is_fit(&found.asked, asked) {
            return Some(Err(Failure::failed_precondition(found.engine.misfit())));
        }
        *found.users.entry(isolate).or_default() += 1;
        Some(Ok((*number, Arc::clone(&found.engine))))
    }

    /// The engine of this number.
    ///
    /// Errors: `failed_precondition` where it is not open.
    pub fn get(&self, number: u32) -> Result<Arc<E>, Failure> {
        let found = self.lock().get(&number).map(|opened| Arc::clone(&opened.engine));
        found.ok_or_else(|| Failure::failed_precondition(E::CLOSED))
    }

    /// Ends one use of an engine by an isolate; the last use of all closes it. An engine that is not open is left alone.
    ///
    /// Errors: those of closing it.
    pub async fn leave(&self, number: u32, isolate: u32) -> Result<(), Failure> {
        let is_unused = self.lock().get_mut(&number).is_some_and(|opened| opened.leave(isolate));
        if is_unused { self.close_unused(number).await } else { Ok(()) }
    }

    async fn close_unused(&self, number: u32) -> Result<(), Failure> {
        let _opening = self.opening.lock().await;
        let unused = {
            let mut opened = self.lock();
            match opened.get(&number) {
                Some(found) if found.users.is_empty() => opened.remove(&number),
                _ => None,
            }
        };
        match unused {
            Some(unused) => unused.engine.close().await,
            None => Ok(()),
        }
    }

    /// Ends all uses by an isolate that has ended; engines that nobody uses any more are closed in a task.
    pub fn isolate_ended(self: &Arc<Self>, isolate: &Isolate) {
        let mut unused = Vec::new();
        for (number, opened) in self.lock().iter_mut() {
            opened.engine.serving().leave(isolate.id);
            if opened.users.remove(&isolate.id).is_some() && opened.users.is_empty() {
                unused.push((*number, opened.core));
            }
        }
        for (number, core) in unused {
            let this = Arc::clone(self);
            core.spawn(E::NAME, async move {
                // Nobody is left to be told of an error.
                let _ = this.close_unused(number).await;
            });
        }
    }

    /// The isolate that gets the jobs which an ended isolate had not seen.
    ///
    /// A job does not say whose it is: with several engines there is no heir, and each begins its own jobs again.
    pub fn heir(&self) -> Option<Arc<Isolate>> {
        let opened = self.lock();
        let mut engines = opened.values();
        let only = engines.next()?;
        if engines.next().is_some() { None } else { only.engine.serving().pick() }
    }
}

impl<E: SharedEngine> Opened<E> {
    /// Ends one use by an isolate; true when it was the last of all.
    fn leave(&mut self, isolate: u32) -> bool {
        let Some(count) = self.users.get_mut(&isolate) else { return false };
        *count -= 1;
        if *count > 0 {
            return false;
        }
        self.users.remove(&isolate);
        self.engine.serving().leave(isolate);
        self.users.is_empty()
    }
}
