//! The dedupe keys whose windows are open.

use redb::{ReadableTable, Table, WriteTransaction};

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::record::milliseconds_up;
use crate::provider::embedded::tables::{DEDUPE, DEDUPE_ENDS};
use crate::provider::message::NewMessage;

/// Expired keys that are deleted for each key that is taken: more than one, so that the tables shrink after a burst.
const SWEEP: usize = 4;

/// The tables of dedupe keys, open in one transaction.
pub(super) struct Windows<'t> {
    keys: Table<'t, (&'static str, &'static str), (&'static str, u64)>,
    ends: Table<'t, (u64, &'static str, &'static str), ()>,
    now_ms: u64,
}

impl<'t> Windows<'t> {
    pub(super) fn open(txn: &'t WriteTransaction, now_ms: u64) -> Result<Self, Fault> {
        Ok(Self { keys: txn.open_table(DEDUPE)?, ends: txn.open_table(DEDUPE_ENDS)?, now_ms })
    }

    /// Takes the message's dedupe key. Returns the id of the message that has it where it is taken already.
    pub(super) fn take(&mut self, message: &NewMessage) -> Result<Option<String>, Fault> {
        let Some(dedupe) = &message.dedupe else { return Ok(None) };
        self.sweep()?;
        let at = (message.topic.as_str(), dedupe.key.as_str());
        let taken = self.keys.get(at)?.map(|taken| (taken.value().0.to_owned(), taken.value().1));
        if let Some((id, until)) = taken {
            if until > self.now_ms {
                return Ok(Some(id));
            }
            self.ends.remove((until, at.0, at.1))?;
        }
        let until = milliseconds_up(dedupe.until);
        self.keys.insert(at, (message.id.as_str(), until))?;
        self.ends.insert((until, at.0, at.1), ())?;
        Ok(None)
    }

    fn sweep(&mut self) -> Result<(), Fault> {
        for _ in 0..SWEEP {
            let first = self.ends.first()?.map(|(at, _)| {
                let (until, topic, key) = at.value();
                (until, topic.to_owned(), key.to_owned())
            });
            let Some((until, topic, key)) = first.filter(|(until, ..)| *until <= self.now_ms) else { break };
            self.ends.remove((until, &*topic, &*key))?;
            self.keys.remove((&*topic, &*key))?;
        }
        Ok(())
    }
}
