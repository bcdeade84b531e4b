//! The process-wide runtime.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once, OnceLock, RwLock, Weak};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::runtime::{Builder, Handle, Runtime};
use twinloop_mailbox::{Call, Limits, tasks};

use crate::clock;
use crate::component::{Component, Invocation};
use crate::contain::{contained, panic_message};
use crate::dependencies::{Dependencies, Lost};
use crate::failure::Failure;
use crate::front::Front;
use crate::isolate::Isolate;
use crate::isolates::Isolates;
use crate::lock::{lock_to_read, lock_to_write};
use crate::log::{Level, redacted};
use crate::sql::Sql;
use crate::telemetry::{CallOrigin, MetricSnapshot, telemetry};

/// I/O threads for a machine of `cores`: `clamp(cores - 1, 1, 4)`.
///
/// More threads cost 25–35 % more CPU per request: work moves between them and batches shrink.
pub fn io_threads(cores: usize) -> usize {
    cores.saturating_sub(1).clamp(1, 4)
}

/// What the runtime's threads do when they begin and when they end, such as to open and close lists of free memory.
#[derive(Clone, Copy)]
pub struct ThreadHooks {
    /// Called on each thread of the runtime before its first task.
    pub begins: fn(),
    /// Called on each thread of the runtime after its last task.
    pub ends: fn(),
}

static THREAD_HOOKS: OnceLock<ThreadHooks> = OnceLock::new();

/// The one runtime of the process.
pub struct Core {
    /// The handle of the one Tokio runtime.
    handle: Handle,
    /// The isolates that are attached.
    isolates: Isolates,
    /// The components, by their number in calls and jobs.
    components: Vec<Box<dyn Component>>,
    /// The outside services that cannot be reached at the moment.
    dependencies: Dependencies,
    /// The server that takes the app's requests, while one serves.
    front: RwLock<Option<Weak<dyn Front>>>,
    io_threads: usize,
}

static CORE: OnceLock<Result<Core, String>> = OnceLock::new();

/// The metrics of the core.
fn collect(into: &mut Vec<MetricSnapshot>) {
    if let Some(Ok(core)) = CORE.get() {
        into.push(core.dependencies.metric());
    }
}

impl Core {
    /// Sets what the runtime's threads do when they begin and end. Only the first call counts, and only before the core is built.
    pub fn set_thread_hooks(hooks: ThreadHooks) {
        let _ = THREAD_HOOKS.set(hooks);
    }

    /// The core, built at the first call with these components; later calls ignore their argument.
    ///
    /// Errors: `unavailable` when the operating system gives no threads.
    pub fn get_or_build(
        components: impl FnOnce() -> Vec<Box<dyn Component>>,
    ) -> Result<&'static Self, Failure> {
        static METRICS: Once = Once::new();
        let built = CORE.get_or_init(|| Self::build(components()).map_err(|error| error.to_string()));
        METRICS.call_once(|| telemetry().metrics.add(Arc::new(collect)));
        built.as_ref().map_err(|error| {
            Failure::unavailable(format!(
                "the I/O threads could not be started: {error}; raise the thread limit"
            ))
        })
    }

    fn build(components: Vec<Box<dyn Component>>) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let asked = std::env::var("TWINLOOP_IO_THREADS").ok().and_then(|text| text.parse().ok());
        let io_threads = asked.filter(|count| (1..=64).contains(count)).unwrap_or_else(|| io_threads(cores));
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(io_threads).max_blocking_threads(8).thread_name("twinloop-io").enable_all();
        if let Some(ThreadHooks { begins, ends }) = THREAD_HOOKS.get().copied() {
            builder.on_thread_start(begins).on_thread_stop(ends);
        }
        let runtime: Runtime = builder.build()?;
        let handle = runtime.handle().clone();
        std::mem::forget(runtime);
        Ok(Self {
            handle,
            isolates: Isolates::default(),
            components,
            dependencies: Dependencies::default(),
            front: RwLock::default(),
            io_threads,
        })
    }

    /// The live isolates.
    pub fn isolates(&self) -> &Isolates {
        &self.isolates
    }

    /// PostgreSQL, where a component of this build offers it.
    pub fn sql(&self) -> Option<&dyn Sql> {
        self.components.iter().find_map(|component| component.sql())
    }

    /// PostgreSQL, for a component that cannot do without.
    ///
    /// Errors: `failed_precondition` where no component of this build offers it.
    pub fn postgres(&self) -> Result<&dyn Sql, Failure> {
        self.sql().ok_or_else(|| {
            Failure::failed_precondition("this build has no sqldb component: it cannot connect to PostgreSQL")
        })
    }

    /// Reports that a database or broker cannot be reached; one warning until [`reached`](Self::reached) is reported.
    ///
    /// `name` is what operators know it by, such as `database links`; `reason` is free of secrets.
    pub fn lost(&self, name: &str, reason: &str) {
        self.dependencies.lost(name, reason, |level, message, fields| self.log(level, message, fields));
    }

    /// Reports that a database or broker was reached; logs one line if it was lost before.
    pub fn reached(&self, name: &str) {
        self.dependencies.reached(name, |level, message, fields| self.log(level, message, fields));
    }

    /// The name of the component with this number.
    pub(crate) fn component_name(&self, number: u16) -> Option<&'static str> {
        self.components.get(usize::from(number)).map(|component| component.name())
    }

    /// Drops a database or broker that the app no longer uses.
    pub fn forget_dependency(&self, name: &str) {
        self.dependencies.forget(name);
    }

    /// The databases and brokers that cannot be reached now.
    pub fn lost_dependencies(&self) -> Vec<Lost> {
        self.dependencies.all_lost()
    }

    /// Sets the server that takes the app's requests. It is forgotten when its owner drops it.
    pub fn set_front(&self, front: Weak<dyn Front>) {
        *lock_to_write(&self.front) = Some(front);
    }

    /// The server that takes the app's requests; `None` while none serves.
    pub fn front(&self) -> Option<Arc<dyn Front>> {
        lock_to_read(&self.front).as_ref().and_then(Weak::upgrade)
    }

    /// The number of I/O threads.
    pub fn io_threads(&self) -> usize {
        self.io_threads
    }

    /// Runs `future` on the runtime; a panic in it is logged under `name` and goes no further.
    pub fn spawn<F>(&'static self, name: &'static str, future: F) -> tokio::task::JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.handle.spawn(async move {
            if let Err(panic) = contained(future).await {
                self.log(
                    Level::Error,
                    "failed to run a task of the runtime: it panicked",
                    &json!({ "task": name, "panic": panic }),
                );
            }
        })
    }

    /// Prints through the logger of the first isolate, or on standard error where there is none.
    pub fn log(&self, level: Level, message: &str, fields: &Value) {
        match self.isolates.first() {
            Some(isolate) => isolate.log(level, message, fields),
            None => Self::print(level, message, fields),
        }
    }

    /// Prints through the first isolate that has answered its last wake-up within `patience`, or else on standard error: for
    /// lines that cannot wait for an isolate that may never come back.
    pub(crate) fn log_now(&self, patience: Duration, level: Level, message: &str, fields: &Value) {
        let now = Instant::now();
        let is_awake = |isolate: &Arc<Isolate>| isolate.port.unanswered(now) < patience;
        match self.isolates.all().into_iter().find(is_awake) {
            Some(isolate) => isolate.log(level, message, fields),
            None => Self::print(level, message, fields),
        }
    }

    /// Prints on standard error, and tells the reader of telemetry, who learns of other lines from the isolates.
    #[allow(clippy::print_stderr, reason = "the last resort when no isolate is there to print")]
    fn print(level: Level, message: &str, fields: &Value) {
        telemetry().tell(|reader| reader.line(level, message, fields));
        let line = json!({ "level": level as i32, "msg": message, "fields": fields });
        eprintln!("{}", redacted(line.to_string()));
    }

    /// Attaches an isolate; `wake` signals it from any thread.
    pub fn attach(&'static self, limits: Limits, wake: impl Fn() + Send + 'static) -> Arc<Isolate> {
        let id = self.isolates.next_id();
        let caller = Arc::new(OnceLock::<Weak<Isolate>>::new());
        let on_call = {
            let caller = Arc::clone(&caller);
            move |call| {
                if let Some(isolate) = caller.get().and_then(Weak::upgrade) {
                    self.run(isolate, call);
                }
            }
        };
        let wired = tasks::wire(limits, wake, on_call);
        self.spawn("notifier", wired.notifier);
        self.spawn("distributor", wired.distributor);
        self.spawn("sweeper", wired.sweeper);
        let isolate = Arc::new(Isolate::new(id, wired.port));
        let _ = caller.set(Arc::downgrade(&isolate));
        self.isolates.attach(Arc::clone(&isolate));
        isolate
    }

    /// Moves the process's clock forward, for tests: time limits of jobs that are over by it end now, and what asks
    /// [`clock::now`] sees the new time.
    pub fn advance(&self, by: Duration) {
        clock::advance(by);
        let now = Instant::now();
        self.isolates.each(|isolate| isolate.port.advance(by, now));
    }

    /// Detaches an isolate: its unseen jobs go to another isolate, the others are answered.
    pub fn detach(&self, id: u32) {
        let Some(isolate) = self.isolates.detach(id) else { return };
        for component in &self.components {
            self.tell_of_end(component.as_ref(), &isolate);
        }
        isolate.port.close(|component| {
            let component = self.components.get(usize::from(component))?;
            let heir = catch_unwind(AssertUnwindSafe(|| component.heir())).ok().flatten()?;
            Some(Arc::clone(&heir.port))
        });
    }

    /// Tells a component that an isolate has ended, and contains a panic: the other components are told, and jobs are answered.
    fn tell_of_end(&self, component: &dyn Component, isolate: &Isolate) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| component.isolate_ended(isolate))) {
            let fields = json!({ "component": component.name(), "panic": panic_message(payload) });
            self.log(Level::Error, "failed to release what an isolate held: the component panicked", &fields);
        }
    }

    fn run(&'static self, isolate: Arc<Isolate>, call: Call) {
        let Some(component) = self.components.get(usize::from(call.component)) else {
            let failure = Failure::unimplemented(format!("no component has number {}", call.component));
            return isolate.complete(call.id, call.job, Err(failure));
        };
        let (id, job) = (call.id, call.job);
        let invocation = Invocation {
            core: self,
            isolate: Arc::clone(&isolate),
            caller: CallOrigin::of(call.caller.as_deref(), call.span.as_deref()),
            operation: call.operation,
            payload: call.payload,
        };
        self.handle.spawn(async move {
            let answer = match contained(async { component.call(invocation).await }).await {
                Ok(answer) => answer,
                Err(panic) => {
                    let fields = json!({ "component": component.name(), "panic": panic });
                    self.log(Level::Error, "failed to run a native operation: it panicked", &fields);
                    Err(Failure::internal(format!("a native operation of {} failed", component.name())))
                }
            };
            // The isolate has ended meanwhile: release what the operation has opened.
            if !self.isolates.holds(isolate.id) {
                return self.tell_of_end(component.as_ref(), &isolate);
            }
            isolate.complete(id, job, answer);
        });
    }
}
