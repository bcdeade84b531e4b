//! The three tasks beside a port, which end with the port.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::call::Call;
use crate::limits::Limits;
use crate::port::{Bells, Port};
use crate::survive::survive;

/// The interval at which time limits are checked. The sweeper reads the table, so a time limit costs a request nothing.
pub const SWEEP_INTERVAL: Duration = Duration::from_millis(50);

/// A port and the three tasks to spawn for it.
pub struct Wired<N, D, S> {
    /// The port.
    pub port: Arc<Port>,
    /// Wakes the isolate, once per batch.
    pub notifier: N,
    /// Wakes the tasks whose answers have landed and hands calls on.
    pub distributor: D,
    /// Ends jobs whose time limit has passed.
    pub sweeper: S,
}

/// Builds a port with its tasks: `wake` signals the isolate from any thread, `on_call` receives its calls inside the runtime.
pub fn wire<W, C>(
    limits: Limits,
    wake: W,
    on_call: C,
) -> Wired<impl Future<Output = ()> + Send, impl Future<Output = ()> + Send, impl Future<Output = ()> + Send>
where
    W: Fn() + Send + 'static,
    C: Fn(Call) + Send + 'static,
{
    let [notify, distribute, sweep] = [(); 3].map(|()| Arc::new(Notify::new()));
    let bell = |notify: &Arc<Notify>| -> Box<dyn Fn() + Send + Sync> {
        let notify = Arc::clone(notify);
        Box::new(move || notify.notify_one())
    };
    let bells = Bells { notify: bell(&notify), distribute: bell(&distribute), sweep: bell(&sweep) };
    let port = Port::new(limits, bells);
    Wired {
        notifier: run_notifier(Arc::clone(&port), notify, wake),
        distributor: run_distributor(Arc::clone(&port), distribute, on_call),
        sweeper: run_sweeper(Arc::clone(&port), sweep),
        port,
    }
}

/// How many more rounds the notifier lets the runtime gather, after the first.
const GATHER_ROUNDS: usize = 4;

/// Wakes the isolate once for all that was readable.
///
/// The runtime polls a task that has yielded only after its run queue is empty and the driver has been polled, so every
/// connection that was readable has submitted by then: this turns two items per wake into dozens. While each such round
/// brings more, a wake costs more than it hastens: waiting for at most `GATHER_ROUNDS` of them took 8 % of a request's
/// processor time and half of the thread switches away, and a request that comes alone waits for none.
async fn run_notifier(port: Arc<Port>, notify: Arc<Notify>, wake: impl Fn()) {
    while !port.is_closed() {
        notify.notified().await;
        tokio::task::yield_now().await;
        gather(&port).await;
        survive(&wake);
    }
}

async fn gather(port: &Port) {
    let mut waiting = 1;
    for _ in 0..GATHER_ROUNDS {
        let before = std::mem::replace(&mut waiting, port.queued());
        if waiting <= before {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// Wakes waiting tasks from inside the runtime, where that is a push to the local queue and not a remote wake each.
async fn run_distributor(port: Arc<Port>, distribute: Arc<Notify>, on_call: impl Fn(Call)) {
    while !port.is_closed() {
        distribute.notified().await;
        for call in port.distribute() {
            survive(|| on_call(call));
        }
    }
}

/// Ticks only while something is in flight that has a time limit, or that somebody watches.
async fn run_sweeper(port: Arc<Port>, sweep: Arc<Notify>) {
    while !port.is_closed() {
        sweep.notified().await;
        let mut asked = None;
        loop {
            tokio::time::sleep(port.tick(SWEEP_INTERVAL)).await;
            let now = Instant::now();
            if survive(|| port.expire(now)) == Some(false) {
                break;
            }
            survive(|| port.probe(now, &mut asked));
        }
    }
}
