//! The crossing between the Rust runtime and one JavaScript isolate, without JavaScript.
//!
//! Everything an isolate must act on waits in its [`Port`]; everything it answers comes back through the same port.
//! Both directions move in batches, so that the price of crossing is paid once per batch and not once per request.
//!
//! ```text
//! I/O task ── submit(Job) ──▶ queue ── drain(Batch) ──▶ isolate        one wake per batch (notifier task)
//!     ▲                                                    │
//!     └── Pending resolves ◀── settle(entries, text) ◀──── ┘           one wake per batch (distributor task)
//! ```
//!
//! **Who may touch what.** `submit`, `post` and `Pending` run on any thread. `drain` and `settle` run on the isolate's
//! thread only. `expire` runs in the sweeper task, `close` in the isolate's teardown. All of them meet in one mutex,
//! held for a few list operations and never while bytes are copied or wakers run.
//!
//! **The wake flag.** `State::signalled` is true from the first push after an empty drain until a drain leaves the queue
//! empty. The flag is read and written under the mutex, so a push either sees a drain that is still to come or rings the bell:
//! a wake-up cannot be lost.
//!
//! **Identity.** An operation is `slot (20 bits) | generation (12 bits)`. The generation moves when the slot is freed, so a
//! second, late or forged answer finds nothing and is dropped. Freed slots rest, a thousand of them, so that an id comes again
//! only after millions of jobs; and what is given up unseen leaves the queue before that.
//!
//! **Back-pressure.** At most [`Limits::max_in_flight`] requests are with the isolate. Later ones are held in order, bounded
//! in number and time; past that they end as [`Gone::Overloaded`] without any JavaScript. An answer that comes in pieces
//! ([`Stream`]) stops counting when it begins, and its pieces move by credits. So does input in pieces ([`Feed`]): the isolate grants
//! credits, and what it did not ask for stays with the sender.
//!
//! **Blobs.** Bytes cross by number, because texts are lines. The binding keeps them; the port takes the ones that an outbox names
//! when it is settled, and hands out the ones of a batch when it is drained, so that what nobody takes is freed with its job.
//!
//! **Callers.** An outbox says which running job makes the calls in it ([`Outgoing::Caller`]). The port finds the job's [`Context`] before it
//! takes the answers of the same outbox, so that what a handler called in its last turn still has its caller.
//!
//! **Stalls.** The caller that rings notes the time; a drain clears it. [`Port::unanswered`] rings too, so that an isolate that has
//! nothing to do is asked for a sign of life before it is believed to be alive. An [`Observer`] learns of each drain, and of an isolate that
//! has jobs and does not come; the sweeper asks for it.
//!
//! ```
//! use twinloop_mailbox::{Batch, Bells, ITEM_INTS, Job, Limits, Port, Text};
//!
//! let bell = || -> Box<dyn Fn() + Send + Sync> { Box::new(|| ()) };
//! let port = Port::new(Limits::default(), Bells { notify: bell(), distribute: bell(), sweep: bell() });
//! let job = Job {
//!     component: 0,
//!     is_counted: true,
//!     target: 3,
//!     text: Text::from(r#"{"name":"Ada"}"#),
//!     context: None,
//!     timeout: None,
//!     intake: None,
//! };
//! let _pending = port.submit(job).expect("there is room");
//! let mut batch = Batch::default();
//! port.drain(&mut batch, 256);
//! assert_eq!(batch.ints().len(), ITEM_INTS);
//! assert_eq!(batch.narrow(), br#"{"name":"Ada"}"#);
//! ```

mod batch;
mod call;
mod context;
mod feed;
mod frame;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod job;
mod limits;
mod outbox;
mod port;
mod slot;
mod splice;
mod stream;
mod survive;
mod sync;
mod table;
pub mod tasks;

pub use batch::{Batch, OWN_BYTES, OwnText};
pub use call::Call;
pub use context::Context;
pub use feed::{FedPiece, Feed, Intake, JobOver, feed};
pub use frame::{AbortReason, Flag, FrameError, ITEM_INTS, Kind, NO_JOB, OUTBOX_INTS, Outgoing, PieceForm};
pub use job::{Job, Note, Text};
pub use limits::Limits;
pub use port::{Bells, Drained, Observer, Port, Refused};
pub use slot::{Gone, Outcome, Pending, Reply, ReplyForm};
pub use splice::OutboxStore;
pub use stream::{BrokenOff, Stream, StreamForm, StreamPiece};
