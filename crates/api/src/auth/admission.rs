//! An admitted request: the steps by which its caller is found out, as the isolate is given them.

use std::sync::Arc;

use twinloop_mailbox::Text;
use twinloop_schema::put_envelope;

use super::cache::Ticket;
use super::caller::Caller;

/// One step towards the caller.
pub(crate) enum AuthStep {
    /// The auth handler `handler` has to be asked about these parameters.
    Ask { handler: u16, params: Text, ticket: Option<Ticket> },
    /// The caller is known by the auth handler `handler`.
    Known { handler: u16, caller: Arc<Caller> },
}

/// A request that may go on, with what is known of its caller. Without a step, nobody calls.
pub(crate) struct Admission {
    /// The steps in order; the first that recognises the caller ends them.
    pub(crate) steps: Vec<AuthStep>,
}

impl Admission {
    /// The caller, where no auth handler has to be asked.
    pub(crate) fn known(&self) -> Option<&Arc<Caller>> {
        match self.steps.first() {
            Some(AuthStep::Known { caller, .. }) => Some(caller),
            _ => None,
        }
    }

    /// Whether all is known of the caller, also that there is none.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.steps.first(), None | Some(AuthStep::Known { .. }))
    }

    /// Puts what is known of the caller before the text of a job.
    ///
    /// A known caller is `K<handler>;<flags>;<length>;<data>`, and the text follows: so his data is parsed where a handler asks for
    /// it, and the text alone otherwise. Flag 1 is tagged data, flag 2 tagged text; the length is that of the data in UTF-16.
    ///
    /// Any other is JSON: `[steps]` where the text is empty, `[steps, text]`, or `[steps, text, true]` where
    /// it is tagged text.
    ///
    /// Steps are `null` where nobody calls, otherwise a list of `{"handler":n,"params":{…}}`, with a `ticket` where the answer is
    /// to be kept, and `{"handler":n,"data":{…}}`. Each has `"tagged":true` where its value is tagged text; the envelope as a whole
    /// is not, because text beside it that is not tagged would be misread.
    ///
    /// Into a frame the envelope is put as one without text.
    pub(crate) fn envelope(&self, text: Text) -> Text {
        if !text.framed {
            return self.envelope_of(&text);
        }
        let mut text = text;
        put_envelope(&mut text.bytes, &self.envelope_of(&Text::default()).bytes);
        text
    }

    fn envelope_of(&self, text: &Text) -> Text {
        if let Some(AuthStep::Known { handler, caller }) = self.steps.first() {
            return known(*handler, caller, text);
        }
        let bytes = Vec::with_capacity(text.bytes.len() + 256);
        let mut whole = Text { bytes, ascii: text.ascii, tagged: false, framed: false };
        whole.bytes.push(b'[');
        self.write(&mut whole);
        if !text.bytes.is_empty() {
            whole.bytes.push(b',');
            whole.bytes.extend_from_slice(&text.bytes);
            if text.tagged {
                whole.bytes.extend_from_slice(b",true");
            }
        }
        whole.bytes.push(b']');
        whole
    }

    fn write(&self, whole: &mut Text) {
        if self.steps.is_empty() {
            whole.bytes.extend_from_slice(b"null");
            return;
        }
        for (index, step) in self.steps.iter().enumerate() {
            whole.bytes.push(if index == 0 { b'[' } else { b',' });
            step.write(whole);
        }
        whole.bytes.push(b']');
    }
}

/// The envelope of a known caller.
fn known(handler: u16, caller: &Caller, text: &Text) -> Text {
    let data = &caller.data;
    let flags = u8::from(data.tagged) | u8::from(text.tagged) << 1;
    let mut bytes = Vec::with_capacity(data.bytes.len() + text.bytes.len() + 32);
    bytes.push(b'K');
    for number in [usize::from(handler), usize::from(flags), caller.data_length()] {
        bytes.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        bytes.push(b';');
    }
    bytes.extend_from_slice(&data.bytes);
    bytes.extend_from_slice(&text.bytes);
    Text { bytes, ascii: text.ascii && data.ascii, tagged: false, framed: false }
}

impl AuthStep {
    fn write(&self, whole: &mut Text) {
        let (Self::Ask { handler, .. } | Self::Known { handler, .. }) = self;
        whole.bytes.extend_from_slice(b"{\"handler\":");
        whole.bytes.extend_from_slice(itoa::Buffer::new().format(*handler).as_bytes());
        let text = match self {
            Self::Known { caller, .. } => {
                whole.bytes.extend_from_slice(b",\"data\":");
                &caller.data
            }
            Self::Ask { params, ticket, .. } => {
                if let Some(ticket) = ticket {
                    whole.bytes.extend_from_slice(b",\"ticket\":\"");
                    ticket.write(&mut whole.bytes);
                    whole.bytes.push(b'"');
                }
                whole.bytes.extend_from_slice(b",\"params\":");
                params
            }
        };
        whole.bytes.extend_from_slice(&text.bytes);
        if text.tagged {
            whole.bytes.extend_from_slice(b",\"tagged\":true");
        }
        whole.bytes.push(b'}');
        whole.ascii &= text.ascii;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &str, tagged: bool) -> Text {
        Text { tagged, ..Text::from(bytes) }
    }

    fn envelope(steps: Vec<AuthStep>, request: &Text) -> String {
        String::from_utf8(Admission { steps }.envelope(request.clone()).bytes).unwrap()
    }

    fn ask(params: Text) -> AuthStep {
        AuthStep::Ask { handler: 1, params, ticket: None }
    }

    #[test]
    fn steps_stand_before_the_request() {
        let request = text(r#"{"a":1}"#, false);
        assert_eq!(envelope(vec![], &request), r#"[null,{"a":1}]"#);
        assert_eq!(envelope(vec![], &Text::default()), "[null]");
        let known = Caller { user_id: "ann".into(), data: text(r#"{"userID":"ann"}"#, false) };
        let steps = vec![ask(text("{}", false)), AuthStep::Known { handler: 2, caller: Arc::new(known) }];
        let expected = r#"[[{"handler":1,"params":{}},{"handler":2,"data":{"userID":"ann"}}],{"a":1}]"#;
        assert_eq!(envelope(steps, &request), expected);
    }

    #[test]
    fn a_known_caller_stands_before_the_text_of_the_request() {
        let known = |data: Text| {
            let caller = Arc::new(Caller { user_id: "ann".into(), data });
            vec![AuthStep::Known { handler: 12, caller }]
        };
        let ann = || text(r#"{"userID":"ann"}"#, false);
        assert_eq!(envelope(known(ann()), &text(r#"{"a":1}"#, false)), r#"K12;0;16;{"userID":"ann"}{"a":1}"#);
        assert_eq!(envelope(known(ann()), &Text::default()), r#"K12;0;16;{"userID":"ann"}"#);
        let wide = Text { ascii: false, ..text(r#"{"userID":"𝄞é"}"#, true) };
        assert_eq!(envelope(known(wide), &text("{}", true)), r#"K12;3;16;{"userID":"𝄞é"}{}"#);
    }

    #[test]
    fn each_part_says_whether_it_is_tagged() {
        let steps = vec![ask(text(r#"{"d":"\u0000d1"}"#, true))];
        let whole = Admission { steps }.envelope(text("{}", true));
        assert!(!whole.tagged);
        let expected = r#"[[{"handler":1,"params":{"d":"\u0000d1"},"tagged":true}],{},true]"#;
        assert_eq!(String::from_utf8(whole.bytes).unwrap(), expected);
        assert_eq!(
            envelope(vec![ask(text("{}", false))], &text("{}", true)),
            r#"[[{"handler":1,"params":{}}],{},true]"#
        );
    }

    #[test]
    fn one_part_beyond_ascii_makes_the_whole_so() {
        let admission = Admission { steps: vec![ask(text(r#"{"n":"é"}"#, false))] };
        assert!(!admission.envelope(Text::default()).ascii);
    }
}
