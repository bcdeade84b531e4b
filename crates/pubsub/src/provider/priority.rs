//! Places that tell their message's priority: what is common to the providers that sort messages themselves.
//!
//! A place is a number that grows in the order of arrival; its highest byte is the message's priority. A message of the
//! lowest priority thus has the same place as in files of releases without priorities, and a message that is retried keeps
//! its priority with its place.

/// The greatest priority of a message; 0 is the least, and the default.
pub const MAX_PRIORITY: u8 = 9;

/// Bits of a place that count arrivals.
const COUNTER_BITS: u32 = 56;
const COUNTER: u64 = (1 << COUNTER_BITS) - 1;

/// Returns the place of the arrival `counter` with this priority.
pub(crate) fn place(priority: u8, counter: u64) -> u64 {
    (u64::from(priority) << COUNTER_BITS) | (counter & COUNTER)
}

/// Returns the arrival of a place, whatever its priority.
pub(crate) fn arrival(place: u64) -> u64 {
    place & COUNTER
}

/// Returns the priority that a place tells.
pub(crate) fn priority(place: u64) -> u8 {
    (place >> COUNTER_BITS) as u8
}

/// Returns a place with the priority of `other` and a new arrival.
pub(crate) fn place_like(other: u64, counter: u64) -> u64 {
    (other & !COUNTER) | (counter & COUNTER)
}

/// Returns the first place of the priority that `place` has.
pub(crate) fn first_like(place: u64) -> u64 {
    place & !COUNTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_tells_priority_and_arrival() {
        let urgent = place(MAX_PRIORITY, 7);
        assert!(urgent > place(MAX_PRIORITY - 1, u64::MAX));
        assert_eq!((arrival(urgent), first_like(urgent)), (7, place(MAX_PRIORITY, 0)));
        assert_eq!((priority(urgent), priority(place(0, 5))), (MAX_PRIORITY, 0));
        assert_eq!(place_like(urgent, 8), place(MAX_PRIORITY, 8));
        assert_eq!(place(0, 5), 5, "a message without a priority has the place that it always had");
    }
}
