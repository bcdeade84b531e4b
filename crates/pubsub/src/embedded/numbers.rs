//! Numbers that grow and are never given twice, of messages and of places.

use redb::{ReadableTable, WriteTransaction};

use super::fault::Fault;
use super::tables::NUMBERS;

/// Reserved at once, so that the file is told of them rarely; what is left of them is skipped when it is opened again.
const BLOCK: u64 = 1 << 16;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    next: u64,
    reserved_below: u64,
}

impl Numbers {
    /// Those that follow the last ones reserved.
    pub(super) fn read(txn: &WriteTransaction) -> Result<Self, Fault> {
        let next = txn.open_table(NUMBERS)?.get(())?.map_or(1, |number| number.value());
        Ok(Self { next, reserved_below: next })
    }

    pub(super) fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// To be called before the transaction that uses the numbers is committed.
    pub(super) fn reserve(&mut self, txn: &WriteTransaction) -> Result<(), Fault> {
        if self.next > self.reserved_below {
            self.reserved_below = self.next + BLOCK;
            txn.open_table(NUMBERS)?.insert((), self.reserved_below)?;
        }
        Ok(())
    }
}
