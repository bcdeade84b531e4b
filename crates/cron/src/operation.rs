//! What an isolate may ask for. `contract/cases/cron/operations.json` holds the same numbers for both languages.

/// The operations by their number in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Operation {
    /// What is wrong with schedules and zones.
    Check = 1,
    /// Opens the jobs of the app, or finds them.
    Open = 2,
    /// The isolate takes runs from now on, and the timers go.
    Serve = 3,
    /// No fires any more; what the isolate has is waited for.
    Drain = 4,
    /// It needs the jobs no longer; what it still has is interrupted.
    Close = 5,
    /// Runs a job now, and answers when it is done.
    Trigger = 6,
    /// The next instants of a job.
    NextRuns = 7,
    /// A job fires no more.
    Pause = 8,
    /// It fires again.
    Resume = 9,
    /// Its last runs.
    History = 10,
    /// What this process has done with it.
    Stats = 11,
    /// The instants of times that no job has.
    Preview = 12,
}

impl Operation {
    const ALL: [Self; 12] = [
        Self::Check,
        Self::Open,
        Self::Serve,
        Self::Drain,
        Self::Close,
        Self::Trigger,
        Self::NextRuns,
        Self::Pause,
        Self::Resume,
        Self::History,
        Self::Stats,
        Self::Preview,
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
        let contract = include_str!("../../../contract/cases/cron/operations.json");
        let contract: std::collections::HashMap<String, u16> = serde_json::from_str(contract).unwrap();
        assert_eq!(contract.len(), Operation::ALL.len());
        for (name, number) in contract {
            let found =
                Operation::from_number(number).map(|operation| format!("{operation:?}").to_lowercase());
            assert_eq!(found, Some(name.to_lowercase()));
        }
    }
}
