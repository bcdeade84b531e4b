//! The life of an isolate in the runtime: attach, hold, detach, and its end.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Arc, Mutex, OnceLock};

use napi::bindgen_prelude::*;
use napi::{check_status, sys};
use napi_derive::napi;
use serde_json::json;
use twinloop_runtime::mailbox::Limits;
use twinloop_runtime::{Core, EventLoop, Failure, Level, ThreadHooks};

use crate::allocator::{close_lists, open_lists};
use crate::attached::{self, Attached};
use crate::components;
use crate::fault;
use crate::signal::Signal;

/// The version of the binding's interface, raised with every change of an export or a frame. `contract/frames.json` and
/// every package carry the same number.
const ABI: u32 = 7;

static PID: OnceLock<u32> = OnceLock::new();

/// Returns the version of the binding's interface.
#[napi(catch_unwind)]
pub fn abi() -> u32 {
    fault::point("abi");
    ABI
}

/// Attaches the calling isolate. `on_wake` is called without arguments whenever the isolate must call `drain`.
///
/// Shape: greatest number of jobs in flight, callback -> the isolate's number, which every other call takes.
/// Errors: a bare fork of the process that attached first; no threads available.
#[napi(catch_unwind)]
pub fn attach(env: Env, max_in_flight: u32, on_wake: Function<'_, (), ()>) -> Result<u32> {
    fault::point("attach");
    check_process()?;
    let core = core().map_err(|failure| Error::new(Status::GenericFailure, failure.to_string()))?;
    let signal = Arc::new(Signal::new(&env, &on_wake)?);
    let limits = Limits { max_in_flight: max_in_flight.clamp(1, 65_536) as usize, ..Limits::default() };
    let wake = Arc::clone(&signal);
    let isolate = core.attach(limits, move || wake_contained(core, &wake));
    let id = isolate.id;
    isolate.progress_by(move || attached::progress(id));
    EventLoop::watch(core, &isolate);
    attached::insert(Attached { isolate, signal, batch: Mutex::default(), marker: Mutex::default() });
    // SAFETY: the hook takes the isolate's number in place of a pointer and touches nothing of the environment but the
    // thread-safe function, which still exists: hooks run in reverse order of registration.
    check_status!(unsafe {
        sys::napi_add_env_cleanup_hook(env.raw(), Some(on_cleanup), id as usize as *mut c_void)
    })?;
    Ok(id)
}

/// Refuses a bare fork.
///
/// Errors: the process is a fork of the one that attached first, and has none of its threads.
pub(crate) fn check_process() -> Result<()> {
    if *PID.get_or_init(process::id) == process::id() {
        return Ok(());
    }
    let message = "the process was forked after the runtime had started, and its threads did not follow: \
                   use child_process or cluster, which start a new process";
    Err(Error::new(Status::GenericFailure, message))
}

/// Detaches an isolate and ends its port. Idempotent.
#[napi(catch_unwind)]
pub fn detach(isolate: u32) {
    fault::point("detach");
    end(isolate);
}

/// Sets whether the runtime keeps the isolate's event loop alive.
#[napi(catch_unwind)]
pub fn hold(env: Env, isolate: u32, held: bool) -> Result<()> {
    fault::point("hold");
    attached::get(isolate)?.signal.set_held(&env, held)
}

/// Wakes an isolate; after a panic once more, because an ended wake task would leave the isolate without wakes.
fn wake_contained(core: &Core, signal: &Signal) {
    let wake = || catch_unwind(AssertUnwindSafe(|| signal.wake()));
    if wake().is_err() {
        let _ = wake();
        core.log(Level::Error, "failed to wake an isolate: the wake panicked", &json!({}));
    }
}

pub(crate) fn core() -> std::result::Result<&'static Core, Failure> {
    Core::get_or_build(|| {
        Core::set_thread_hooks(ThreadHooks { begins: open_lists, ends: close_lists });
        components::all()
    })
}

fn end(isolate: u32) {
    fault::point("cleanup");
    if let Some(attached) = attached::remove(isolate) {
        attached.signal.end();
    }
    if let Ok(core) = core() {
        core.detach(isolate);
        EventLoop::forget(isolate);
    }
}

/// Ends an isolate whose environment is torn down, by exit, by the end of a worker or by its termination. Never blocks,
/// never calls JavaScript.
unsafe extern "C" fn on_cleanup(isolate: *mut c_void) {
    let Ok(isolate) = u32::try_from(isolate as usize) else { return };
    // A panic in an `extern "C"` function would abort the process, and an isolate that is not ended would get more jobs.
    if catch_unwind(|| end(isolate)).is_err() {
        let _ = catch_unwind(|| {
            end(isolate);
            if let Ok(core) = core() {
                core.log(
                    Level::Error,
                    "failed to end an isolate: its cleanup panicked",
                    &json!({ "isolate": isolate }),
                );
            }
        });
    }
}
