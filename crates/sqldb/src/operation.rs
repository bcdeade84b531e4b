//! The operations of sqldb.

use crate::request::{
    Acquire, Copy, CopyEnd, CopyWrite, EndStream, Hear, ListenToChannel, Next, Of, OpenPool, Release, Rotate,
    SetUp, Statement,
};

twinloop_runtime::operations! {
    /// An operation of sqldb, with its arguments.
    pub(crate) enum Operation<'a> of "sqldb" {
        /// Opens the pool of a URL, or joins the one that is open.
        Open(OpenPool) = 1,
        /// Runs a statement to its end.
        Query(Statement<'a>) = 2,
        /// Aborts an operation by its token.
        Cancel(Of) = 3,
        /// Borrows a connection for a session, and begins a transaction on it if asked to.
        Acquire(Acquire) = 4,
        /// Gives a session's connection back; an open transaction is rolled back.
        Release(Release) = 5,
        /// Waits for the next notices and notifications of a session.
        Events(Of) = 6,
        /// Begins to stream a statement's rows.
        Stream(Statement<'a>) = 7,
        /// Gives the next rows of a stream.
        Next(Next) = 8,
        /// Ends a stream early.
        EndStream(EndStream) = 9,
        /// Listens on a channel.
        Listen(ListenToChannel) = 10,
        /// Waits for the next notifications of a channel subscription.
        Notifications(Of) = 11,
        /// Ends a channel subscription.
        Unlisten(Of) = 12,
        /// Begins a `COPY … FROM STDIN`.
        CopyIn(Copy) = 13,
        /// Sends a piece of a `COPY … FROM STDIN`.
        CopyWrite(CopyWrite) = 14,
        /// Ends a copy: keeps the rows, or discards them.
        CopyEnd(CopyEnd) = 15,
        /// Begins a `COPY … TO STDOUT`.
        CopyOut(Copy) = 16,
        /// Gives the next piece of a `COPY … TO STDOUT`.
        CopyRead(Of) = 17,
        /// Counts the connections and waiters of a pool.
        Counts(Of) = 18,
        /// Closes a pool.
        Close(Of) = 19,
        /// Connects once, to check that the database can be reached.
        Ping(Of) = 20,
        /// Changes the URL by which a pool opens connections (credential rotation).
        Rotate(Rotate) = 21,
        /// Ends a session whose owner can no longer give it back.
        Abandon(Of) = 22,
        /// Sets the SQL that is run on each connection of a pool before its first use.
        SetUp(SetUp) = 23,
        /// Begins to queue the notices and notifications of a session.
        Hear(Hear) = 24,
        /// Runs a statement to its end and keeps its rows for the isolate.
        Answer(Statement<'a>) = 25,
        /// Panics while a pool is locked, for the tests that prove that panics are contained.
        #[cfg(feature = "fault-injection")]
        PanicWhileLocked(Of) = 65_535,
    }
}
