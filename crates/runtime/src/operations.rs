//! The operations of a component: their numbers, names and arguments, from one list.

use serde::de::DeserializeOwned;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use twinloop_mailbox::Text;

use crate::component::Answer;
use crate::failure::Failure;

/// One operation of a component, as isolates learn of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationDescription {
    /// The operation's name in Rust, such as `NextRuns`.
    pub variant: &'static str,
    /// The operation's number in a call.
    pub number: u16,
}

impl OperationDescription {
    /// The operation's name in TypeScript, such as `nextRuns`.
    pub fn name(&self) -> String {
        let mut letters = self.variant.chars();
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
    }
}

impl Serialize for OperationDescription {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut described = serializer.serialize_struct("OperationDescription", 2)?;
        described.serialize_field("name", &self.name())?;
        described.serialize_field("number", &self.number)?;
        described.end()
    }
}

/// Declares the operations of a component: an enum whose variants carry their arguments, read from the JSON of a call.
///
/// Each variant has a number and, in parentheses, the type of its arguments, which implements `Deserialize`. A struct with
/// named fields reads a JSON array as well as an object. Arguments may borrow from the call, by the enum's lifetime. A
/// variant without parentheses takes no arguments: its call carries `null` or nothing. A variant with a type in square
/// brackets, which is `&str`, takes the payload itself as a text that is no JSON.
///
/// The enum gets `read(number, payload)`, whose errors are `unimplemented` for a number that no variant has and `internal`
/// for arguments that cannot be read, and `describe()`, the names and numbers.
///
/// ```
/// use serde::Deserialize;
///
/// #[derive(Debug, PartialEq, Deserialize)]
/// struct Within {
///     jobs: u32,
///     grace_ms: u64,
/// }
///
/// twinloop_runtime::operations! {
///     /// What an isolate may ask of the toy.
///     #[derive(Debug, PartialEq)]
///     enum Operation of "toy" {
///         /// Ends the jobs.
///         Drain(Within) = 1,
///         /// Answers.
///         Ping = 2,
///     }
/// }
///
/// let drain = Operation::read(1, b"[7,500]").unwrap();
/// assert_eq!(drain, Operation::Drain(Within { jobs: 7, grace_ms: 500 }));
/// assert_eq!(Operation::read(2, b"").unwrap(), Operation::Ping);
/// assert_eq!(Operation::read(3, b"").unwrap_err().message, "toy has no operation 3");
/// assert_eq!(Operation::describe()[0].name(), "drain");
/// ```
#[macro_export]
macro_rules! operations {
    (
        $(#[$about:meta])*
        $visibility:vis enum $name:ident $(<$life:lifetime>)? of $component:literal {
            $($(#[$doc:meta])* $variant:ident $(($arguments:ty))? $([$text:ty])? = $number:literal),+ $(,)?
        }
    ) => {
        $(#[$about])*
        $visibility enum $name $(<$life>)? {
            $($(#[$doc])* $variant $(($arguments))? $(($text))?,)+
        }

        impl $(<$life>)? $name $(<$life>)? {
            /// The operation of this number, with its arguments read from the JSON of a call.
            #[allow(unused_doc_comments, reason = "the variants' own")]
            $visibility fn read(number: u16, payload: &$($life)? [u8]) -> Result<Self, $crate::Failure> {
                match number {
                    $($(#[$doc])* $number => $crate::operations!(@read $component $variant payload $($arguments)? $([$text])?),)+
                    other => Err($crate::unknown_operation($component, other)),
                }
            }

            /// The operations' names and numbers.
            #[allow(unused_doc_comments, reason = "the variants' own")]
            $visibility const fn describe() -> &'static [$crate::OperationDescription] {
                &[$($(#[$doc])* $crate::OperationDescription { variant: stringify!($variant), number: $number },)+]
            }
        }
    };
    (@read $component:literal $variant:ident $payload:ident [$text:ty]) => {
        $crate::read_text(concat!($component, ".", stringify!($variant)), $payload).map(Self::$variant)
    };
    (@read $component:literal $variant:ident $payload:ident $arguments:ty) => {
        $crate::read_arguments::<$arguments>(concat!($component, ".", stringify!($variant)), $payload)
            .map(Self::$variant)
    };
    (@read $component:literal $variant:ident $payload:ident) => {
        $crate::no_arguments(concat!($component, ".", stringify!($variant)), $payload).map(|()| Self::$variant)
    };
}

/// Reads the arguments of `operation`, which may borrow from the payload.
pub fn read_arguments<'a, T: Deserialize<'a>>(operation: &str, payload: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(payload).map_err(|error| Failure::bad_arguments(&operation, &error))
}

/// Reads the payload of `operation` as the text that it is.
pub fn read_text<'a>(operation: &str, payload: &'a [u8]) -> Result<&'a str, Failure> {
    std::str::from_utf8(payload).map_err(|error| Failure::bad_arguments(&operation, &error))
}

/// Checks that a call of `operation` carries no arguments: `null`, or nothing.
pub fn no_arguments(operation: &str, payload: &[u8]) -> Result<(), Failure> {
    if matches!(payload, b"" | b"null") {
        return Ok(());
    }
    Err(Failure::bad_arguments(&operation, &"the operation takes none"))
}

/// The failure of a call whose number no operation of the component has.
pub fn unknown_operation(component: &str, number: u16) -> Failure {
    Failure::unimplemented(format!("{component} has no operation {number}"))
}

/// The answer that carries `value` as JSON.
pub fn json_text(value: &impl Serialize) -> Answer {
    serde_json::to_string(value).map(Text::from).map_err(|error| Failure::internal(error.to_string()))
}

/// The answer of an operation that has no result; an isolate reads it as `undefined`.
#[allow(clippy::unnecessary_wraps, reason = "an answer, as the others are")]
pub fn no_result() -> Answer {
    Ok(Text::default())
}

/// Arguments whose faults are told without a word of what they hold: a parser's message may show a piece of a secret.
#[derive(Debug)]
pub struct Confidential<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Confidential<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hide = |_| serde::de::Error::custom("they do not have the expected form");
        T::deserialize(deserializer).map(Self).map_err(hide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Said<'a> {
        to: u32,
        #[serde(borrow)]
        text: &'a str,
    }

    crate::operations! {
        /// What an isolate may ask of a toy.
        #[derive(Debug, PartialEq)]
        enum Operation<'a> of "toy" {
            /// Says a text.
            Say(Said<'a>) = 1,
            /// Gives the last text.
            LastText = 4,
            /// Says a text that is no JSON.
            Shout[&'a str] = 5,
        }
    }

    #[test]
    fn arguments_with_names_are_read_from_an_array_and_may_borrow() {
        let payload = *br#"[7,"hello"]"#;
        let Operation::Say(said) = Operation::read(1, &payload).unwrap() else { panic!("another operation") };
        assert_eq!(said, Said { to: 7, text: "hello" });
        assert!(payload.as_ptr_range().contains(&said.text.as_ptr()));
    }

    #[test]
    fn a_variant_in_square_brackets_takes_the_payload_itself() {
        assert_eq!(Operation::read(5, b"not \"JSON").unwrap(), Operation::Shout("not \"JSON"));
        let unreadable = Operation::read(5, b"\xff").unwrap_err();
        assert!(
            unreadable.message.starts_with("the arguments of toy.Shout could not be read: "),
            "{unreadable}"
        );
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let unknown = Operation::read(2, b"null").unwrap_err();
        assert_eq!((unknown.code, unknown.message.as_str()), (Code::Unimplemented, "toy has no operation 2"));
        let unreadable = Operation::read(1, b"[]").unwrap_err();
        assert_eq!(unreadable.code, Code::Internal);
        assert!(
            unreadable.message.starts_with("the arguments of toy.Say could not be read: "),
            "{unreadable}"
        );
        let superfluous = Operation::read(4, b"[1]").unwrap_err();
        assert!(superfluous.message.contains("toy.LastText"), "{superfluous}");
    }

    #[test]
    fn isolates_learn_names_and_numbers() {
        let described = serde_json::to_string(Operation::describe()).unwrap();
        assert_eq!(
            described,
            r#"[{"name":"say","number":1},{"name":"lastText","number":4},{"name":"shout","number":5}]"#
        );
    }

    #[test]
    fn a_fault_in_confidential_arguments_shows_nothing_of_them() {
        let read = read_arguments::<Confidential<u32>>("toy.Hide", br#""hunter2""#);
        assert!(!read.unwrap_err().message.contains("hunter2"));
    }
}
