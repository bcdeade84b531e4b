//! The state in memory that belongs to the file.

use redb::Database;

use crate::provider::embedded::catalogue::Catalogue;
use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::leases::Leases;
use crate::provider::embedded::numbers::Numbers;
use crate::provider::embedded::queue::Queue;

/// The state that transactions read and change beside the file.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) catalogue: Catalogue,
    pub(super) leases: Leases,
    pub(super) numbers: Numbers,
}

impl Memory {
    /// Reads the subscriptions of the file, and makes entries ready that are in flight without a lease of this process.
    pub(super) fn recover(&mut self, database: &Database) -> Result<(), Fault> {
        let txn = database.begin_write()?;
        self.numbers = Numbers::read(&txn)?;
        self.catalogue = Catalogue::read(&txn, &self.catalogue)?;
        for number in self.catalogue.numbers() {
            let known = self.catalogue.known(number)?;
            let mut queue = Queue::open(&txn, &known.names, known.ordered)?;
            let leases = &mut self.leases;
            queue.recover(|place| leases.is_out(number, place))?;
            leases.retain(|out| out.queue != number || queue.is_out(out.place));
            let held = queue.held()?;
            drop(queue);
            self.catalogue.set_held(number, held);
        }
        Ok(txn.commit()?)
    }
}
