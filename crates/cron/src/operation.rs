//! The operations of cron.

use crate::operator::OpenLedger;
use crate::request::{
    CheckTimes, DrainJobs, JobRuns, Jobs, LedgerQuestion, OneJob, OpenJobs, OpenedLedger, Preview,
};

twinloop_runtime::operations! {
    /// An operation of cron, with its arguments.
    pub(crate) enum Operation of "cron" {
        /// Reports what is wrong with schedules and time zones.
        Check(CheckTimes) = 1,
        /// Opens the jobs of an app, or finds them open.
        Open(OpenJobs) = 2,
        /// Gives runs to the calling isolate from now on; the first call starts the timers.
        Serve(Jobs) = 3,
        /// Stops the timers, and waits for the runs of the calling isolate.
        Drain(DrainJobs) = 4,
        /// Ends the calling isolate's use of the jobs, and interrupts the runs that it still has.
        Close(Jobs) = 5,
        /// Runs a job now, and answers when the run has ended.
        Trigger(OneJob) = 6,
        /// Gives the next instants of a job.
        NextRuns(JobRuns) = 7,
        /// Stops a job from firing, in every process.
        Pause(OneJob) = 8,
        /// Lets a paused job fire again.
        Resume(OneJob) = 9,
        /// Gives the last runs of a job.
        History(JobRuns) = 10,
        /// Gives the counters of a job in this process.
        Stats(OneJob) = 11,
        /// Gives the instants of times that no job has.
        Preview(Preview) = 12,
        /// Opens the ledger of an app for an operator.
        OpenLedger(OpenLedger) = 13,
        /// Asks a ledger something, or changes it.
        AskLedger(LedgerQuestion) = 14,
        /// Closes a ledger.
        CloseLedger(OpenedLedger) = 15,
    }
}
