//! What an isolate may ask for. `contract/cases/sqldb/operations.json` holds the same numbers for both languages.

/// The operations by their number in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Operation {
    /// Opens the pool of a URL, or finds it.
    Open = 1,
    /// Runs a statement to its end.
    Query = 2,
    /// Gives an operation up.
    Cancel = 3,
    /// Takes a connection alone, and begins a transaction on it if asked to.
    Acquire = 4,
    /// Gives it back; an open transaction is rolled back.
    Release = 5,
    /// Runs a text of several statements without parameters.
    Script = 6,
    /// Begins to stream a statement's rows.
    Stream = 7,
    /// The next rows of a stream.
    Next = 8,
    /// Ends a stream early.
    EndStream = 9,
    /// Listens on a channel.
    Listen = 10,
    /// The next notifications.
    Notifications = 11,
    /// Stops to listen.
    Unlisten = 12,
    /// Begins a `COPY … FROM STDIN`.
    CopyIn = 13,
    /// Sends a piece.
    CopyWrite = 14,
    /// Ends it, well or not.
    CopyEnd = 15,
    /// Begins a `COPY … TO STDOUT`.
    CopyOut = 16,
    /// The next piece.
    CopyRead = 17,
    /// What the pool holds.
    Counts = 18,
    /// Closes the pool.
    Close = 19,
    /// Connects once, to see whether it can be done.
    Ping = 20,
    /// Has the pool's connections opened by another URL.
    Rotate = 21,
}

impl Operation {
    const ALL: [Self; 21] = [
        Self::Open,
        Self::Query,
        Self::Cancel,
        Self::Acquire,
        Self::Release,
        Self::Script,
        Self::Stream,
        Self::Next,
        Self::EndStream,
        Self::Listen,
        Self::Notifications,
        Self::Unlisten,
        Self::CopyIn,
        Self::CopyWrite,
        Self::CopyEnd,
        Self::CopyOut,
        Self::CopyRead,
        Self::Counts,
        Self::Close,
        Self::Ping,
        Self::Rotate,
    ];

    pub(crate) fn from_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_contract() {
        let contract = include_str!("../../../contract/cases/sqldb/operations.json");
        let contract: std::collections::HashMap<String, u16> = serde_json::from_str(contract).unwrap();
        assert_eq!(contract.len(), Operation::ALL.len());
        for (name, number) in contract {
            let found =
                Operation::from_number(number).map(|operation| format!("{operation:?}").to_lowercase());
            assert_eq!(found, Some(name.to_lowercase()));
        }
    }
}
