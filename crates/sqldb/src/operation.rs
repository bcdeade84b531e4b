//! The operations of sqldb.

use twinloop_runtime::Failure;

twinloop_runtime::operations! {
    /// An operation of sqldb. The function that answers an operation parses its arguments: a statement's may be long, and the
    /// place of a call in its session counts even where the rest cannot be read.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Operation of "sqldb" {
        /// Opens the pool of a URL, or joins the one that is open.
        Open = 1,
        /// Runs a statement to its end.
        Query = 2,
        /// Aborts an operation by its token.
        Cancel = 3,
        /// Borrows a connection for a session, and begins a transaction on it if asked to.
        Acquire = 4,
        /// Gives a session's connection back; an open transaction is rolled back.
        Release = 5,
        /// Waits for the next notices and notifications of a session.
        Events = 6,
        /// Begins to stream a statement's rows.
        Stream = 7,
        /// Gives the next rows of a stream.
        Next = 8,
        /// Ends a stream early.
        EndStream = 9,
        /// Listens on a channel.
        Listen = 10,
        /// Waits for the next notifications of a channel subscription.
        Notifications = 11,
        /// Ends a channel subscription.
        Unlisten = 12,
        /// Begins a `COPY … FROM STDIN`.
        CopyIn = 13,
        /// Sends a piece of a `COPY … FROM STDIN`.
        CopyWrite = 14,
        /// Ends a copy: keeps the rows, or discards them.
        CopyEnd = 15,
        /// Begins a `COPY … TO STDOUT`.
        CopyOut = 16,
        /// Gives the next piece of a `COPY … TO STDOUT`.
        CopyRead = 17,
        /// Counts the connections and waiters of a pool.
        Counts = 18,
        /// Closes a pool.
        Close = 19,
        /// Connects once, to check that the database can be reached.
        Ping = 20,
        /// Changes the URL by which a pool opens connections (credential rotation).
        Rotate = 21,
        /// Ends a session whose owner can no longer give it back.
        Abandon = 22,
        /// Sets the SQL that is run on each connection of a pool before its first use.
        SetUp = 23,
        /// Panics while a pool is locked, for the tests that prove that panics are contained.
        #[cfg(feature = "fault-injection")]
        PanicWhileLocked = 65_535,
    }
}

impl Operation {
    /// The operation of this number, whose arguments are still to be read.
    ///
    /// Errors: `unimplemented` for a number that no operation has.
    pub(crate) fn of(number: u16) -> Result<Self, Failure> {
        Self::read(number, b"")
    }

    /// Whether the operation's arguments begin with a [`CallPlace`](crate::request::CallPlace).
    pub(crate) fn has_place(self) -> bool {
        use Operation::{CopyIn, CopyOut, EndStream, Next, Query, Release, Stream};
        matches!(self, Query | Release | Stream | Next | EndStream | CopyIn | CopyOut)
    }
}
