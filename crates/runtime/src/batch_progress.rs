//! How far an isolate has come with what it took last.

use twinloop_mailbox::{ITEM_INTS, Kind};

/// The last batch of an isolate, and the item of it that the isolate runs.
#[derive(Clone, Debug, Default)]
pub struct BatchProgress {
    /// The frames of the batch, [`ITEM_INTS`] integers each.
    pub ints: Vec<i32>,
    /// The index of the item that runs; `None` where all have run, and what runs now was waiting for something.
    pub item: Option<usize>,
}

impl BatchProgress {
    /// The id of the job that the running item belongs to.
    pub(crate) fn running(&self) -> Option<u32> {
        job_of(self.ints.chunks_exact(ITEM_INTS).nth(self.item?)?)
    }

    /// The number of the component whose job runs.
    pub(crate) fn component(&self) -> Option<u16> {
        let item = self.ints.chunks_exact(ITEM_INTS).nth(self.item?)?;
        let is_job = item[0] & 0xff == Kind::Job as i32;
        is_job.then(|| u16::try_from(item[2]).ok()).flatten()
    }

    /// The ids of the jobs that the batch has begun, or has brought something that they waited for.
    pub(crate) fn resumed(&self) -> impl Iterator<Item = u32> + '_ {
        self.ints.chunks_exact(ITEM_INTS).filter_map(job_of)
    }
}

/// The job that an item belongs to: its own, or the one that made the call whose result it is.
fn job_of(item: &[i32]) -> Option<u32> {
    let is = |kind: Kind| item[0] & 0xff == kind as i32;
    let (id, aux) = (item[1].cast_unsigned(), item[2].cast_unsigned());
    if is(Kind::Job) || is(Kind::Piece) || is(Kind::Credit) {
        Some(id)
    } else if is(Kind::Completed) || is(Kind::Failed) {
        Some(aux)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_belong_to_jobs_and_to_the_callers_of_what_was_completed() {
        let ints = [[1 | (7 << 16), 3, 0, 2], [3, 90, 5, 2], [4, 91, -1, 2], [5, 0, 40, 2], [2, 8, 1, 2]];
        let progress = BatchProgress { ints: ints.concat(), item: Some(1) };
        assert_eq!(progress.running(), Some(5));
        assert_eq!(progress.component(), None);
        assert_eq!(BatchProgress { item: Some(0), ..progress.clone() }.component(), Some(0));
        assert_eq!(progress.resumed().collect::<Vec<_>>(), [3, 5, u32::MAX]);
        assert_eq!(BatchProgress { item: Some(9), ..progress }.running(), None);
        assert_eq!(BatchProgress::default().running(), None);
    }
}
