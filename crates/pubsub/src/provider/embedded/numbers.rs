//! Rising numbers of messages and places, none of which is given twice.

use redb::{ReadableTable, WriteTransaction};

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::tables::NUMBERS;

/// Numbers that are reserved at once, so that the file is written rarely; the unused ones are skipped when it is opened
/// again.
const BLOCK: u64 = 1 << 16;

/// The next number, and the end of the reserved block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    next: u64,
    reserved_below: u64,
}

impl Numbers {
    /// Returns the numbers after the last reserved ones.
    pub(super) fn read(txn: &WriteTransaction) -> Result<Self, Fault> {
        let next = txn.open_table(NUMBERS)?.get(())?.map_or(1, |number| number.value());
        Ok(Self { next, reserved_below: next })
    }

    pub(super) fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Reserves the used numbers in the file. Must be called before the transaction that uses them is committed.
    pub(super) fn reserve(&mut self, txn: &WriteTransaction) -> Result<(), Fault> {
        if self.next > self.reserved_below {
            self.reserved_below = self.next + BLOCK;
            txn.open_table(NUMBERS)?.insert((), self.reserved_below)?;
        }
        Ok(())
    }
}
