//! The isolates that take one kind of work.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use twinloop_mailbox::{Job, Pending, Refused};

use crate::isolate::Isolate;
use crate::lock::{lock_to_read, lock_to_write};

/// How many isolates a job is offered to before it is refused.
const MAX_OFFERS: usize = 8;

/// A set of isolates that share work. Each component that gives work has its own: an isolate may take messages before it
/// takes requests.
pub struct Serving {
    component: u16,
    members: RwLock<Arc<[Arc<Isolate>]>>,
    /// The number of members, for those who ask for nothing else.
    count: AtomicUsize,
    turn: AtomicU32,
}

impl Serving {
    /// An empty set of isolates for the work of the component that has this number.
    pub fn new(component: u16) -> Self {
        Self {
            component,
            members: RwLock::default(),
            count: AtomicUsize::default(),
            turn: AtomicU32::default(),
        }
    }

    /// The number of the component whose work the isolates share.
    pub fn component(&self) -> u16 {
        self.component
    }

    /// From now on `isolate` gets work.
    pub fn enter(&self, isolate: &Arc<Isolate>) {
        self.change(|members| {
            members
                .iter()
                .filter(|member| member.id != isolate.id)
                .cloned()
                .chain([Arc::clone(isolate)])
                .collect()
        });
    }

    /// From now on it gets none.
    pub fn leave(&self, id: u32) {
        self.change(|members| members.iter().filter(|member| member.id != id).cloned().collect());
    }

    /// The less busy of two, or `None` where nobody serves.
    pub fn pick(&self) -> Option<Arc<Isolate>> {
        self.less_busy(&lock_to_read(&self.members)).cloned()
    }

    /// The less busy of two members.
    ///
    /// Two candidates in turn are as good as two random ones here and need no generator.
    /// Source: M. Mitzenmacher, "The power of two choices in randomized load balancing", 2001.
    fn less_busy<'m>(&self, members: &'m [Arc<Isolate>]) -> Option<&'m Arc<Isolate>> {
        if members.len() < 2 {
            return members.first();
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) as usize;
        let one = &members[turn % members.len()];
        // Never the same again: each pair gets its turn.
        let further = 1 + (turn / members.len()) % (members.len() - 1);
        let other = &members[(turn + further) % members.len()];
        Some(if other.port.load() < one.port.load() { other } else { one })
    }

    /// Hands a job to the less busy of two, and returns the isolate's number; one that ends in that moment is passed over.
    ///
    /// The members are lent for the offer, not cloned: every count that threads share costs each request.
    ///
    /// Errors: `Overloaded` when as many jobs wait as may, `Closed` where nobody serves.
    pub fn submit(&self, mut job: Job) -> Result<(u32, Pending), Refused> {
        for _ in 0..MAX_OFFERS {
            let members = lock_to_read(&self.members);
            let isolate = self.less_busy(&members).ok_or(Refused::Closed)?;
            let id = isolate.id;
            match isolate.port.offer(job) {
                Ok(pending) => return Ok((id, pending)),
                Err((Refused::Overloaded, _)) => return Err(Refused::Overloaded),
                Err((Refused::Closed, back)) => job = back,
            }
            drop(members);
            self.leave(id);
        }
        Err(Refused::Closed)
    }

    /// Each isolate's number, and for how long it has not come although it was rung (see `Port::unanswered`).
    pub fn unanswered(&self, now: Instant) -> Vec<(u32, Duration)> {
        self.members().iter().map(|member| (member.id, member.port.unanswered(now))).collect()
    }

    /// The number of isolates that serve.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether nobody serves.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn members(&self) -> Arc<[Arc<Isolate>]> {
        Arc::clone(&lock_to_read(&self.members))
    }

    fn change(&self, changed: impl Fn(&[Arc<Isolate>]) -> Arc<[Arc<Isolate>]>) {
        let mut members = lock_to_write(&self.members);
        *members = changed(&members);
        self.count.store(members.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use twinloop_mailbox::{Bells, Limits, Port, Text};

    use super::*;

    fn isolate(id: u32) -> Arc<Isolate> {
        let bell = || -> Box<dyn Fn() + Send + Sync> { Box::new(|| ()) };
        let port = Port::new(Limits::default(), Bells { notify: bell(), distribute: bell(), sweep: bell() });
        Arc::new(Isolate::new(id, port))
    }

    fn job() -> Job {
        Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::default(),
            context: None,
            timeout: None,
            intake: None,
        }
    }

    #[test]
    fn s15_an_isolate_that_ends_between_pick_and_submit_is_passed_over() {
        let serving = Serving::new(0);
        let (ended, alive) = (isolate(1), isolate(2));
        serving.enter(&ended);
        serving.enter(&alive);
        ended.port.close(|_| None);
        for _ in 0..4 {
            let Ok((taken_by, pending)) = serving.submit(job()) else { panic!("nobody took the job") };
            assert_eq!(taken_by, 2);
            drop(pending);
        }
        alive.port.close(|_| None);
        assert!(matches!(serving.submit(job()), Err(Refused::Closed)));
        assert!(serving.is_empty());
    }

    #[test]
    fn the_less_busy_of_two_gets_the_job() {
        let serving = Serving::new(0);
        let (busy, idle) = (isolate(1), isolate(2));
        serving.enter(&busy);
        serving.enter(&idle);
        let _busy_with: Vec<_> = (0..9).map(|_| busy.port.submit(job()).ok()).collect();
        let taken: Vec<_> = (0..8).map(|_| serving.submit(job()).ok()).collect();
        let by_idle = taken.iter().flatten().filter(|(isolate, _)| *isolate == 2).count();
        assert_eq!(by_idle, 8);
    }
}
