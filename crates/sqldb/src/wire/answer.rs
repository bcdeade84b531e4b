//! The server's messages for one request.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use futures_channel::mpsc::Receiver;
use futures_util::StreamExt;
use postgres_protocol::message::backend::DATA_ROW_TAG;
pub(crate) use postgres_protocol::message::backend::Message;

use super::failure::{ServerRefusal, WireFailure};
use super::shared::ServerState;

/// The length of a `DataRow`'s head: message type, length, number of columns.
const ROW_HEAD: usize = 7;

/// The reason why reading rows has paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowStep {
    /// The reader wants no more for now.
    Full,
    /// The request is answered to its end.
    Ended,
}

/// The messages for one request, up to `ReadyForQuery`. Dropping it earlier discards the rest.
pub(crate) struct ServerAnswer {
    chunks: Receiver<BytesMut>,
    chunk: BytesMut,
    shared: Arc<ServerState>,
    tag: String,
    has_ended: bool,
}

impl ServerAnswer {
    pub(super) fn new(chunks: Receiver<BytesMut>, shared: Arc<ServerState>) -> Self {
        Self { chunks, chunk: BytesMut::new(), shared, tag: String::new(), has_ended: false }
    }

    /// The command tag of the last completed statement, such as `INSERT 0 1`.
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// The next message, `ReadyForQuery` last. An error of the server is returned once the messages after it are read.
    pub(crate) async fn next(&mut self) -> Result<Message, WireFailure> {
        self.fill().await?;
        let message = self.parse()?;
        match message {
            Message::ErrorResponse(body) => {
                let refusal = Arc::new(ServerRefusal::read(body.fields()));
                self.skip().await;
                Err(WireFailure::Refused(refusal))
            }
            Message::CommandComplete(ref body) => {
                self.tag = body.tag().map(ToOwned::to_owned).unwrap_or_default();
                Ok(message)
            }
            Message::ReadyForQuery(_) => {
                self.has_ended = true;
                Ok(message)
            }
            message => Ok(message),
        }
    }

    /// Hands the columns of each row to `each` for as long as it returns `true`.
    pub(crate) async fn rows<E: From<WireFailure>>(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<bool, E>,
    ) -> Result<RowStep, E> {
        loop {
            self.fill().await?;
            while self.chunk.first() == Some(&DATA_ROW_TAG) {
                let length = u32::from_be_bytes([self.chunk[1], self.chunk[2], self.chunk[3], self.chunk[4]]);
                let end = length as usize + 1;
                let columns = self.chunk.get(ROW_HEAD..end).ok_or_else(malformed)?;
                let goes_on = each(columns);
                self.chunk.advance(end);
                if !goes_on? {
                    return Ok(RowStep::Full);
                }
            }
            if self.chunk.is_empty() {
                continue;
            }
            match self.next().await? {
                Message::ReadyForQuery(_) => return Ok(RowStep::Ended),
                Message::CopyInResponse(_) | Message::CopyOutResponse(_) => {
                    self.skip().await;
                    return Err(WireFailure::Unsendable("COPY needs copyIn() or copyOut()".to_owned()).into());
                }
                _ => {}
            }
        }
    }

    /// Reads to the end of the answer, without its rows.
    pub(crate) async fn finish(&mut self) -> Result<(), WireFailure> {
        self.rows(|_| Ok::<_, WireFailure>(true)).await.map(|_| ())
    }

    /// Discards the rest of the answer, errors included.
    pub(crate) async fn skip(&mut self) {
        while !self.has_ended {
            if self.fill().await.is_err() {
                return;
            }
            match self.parse() {
                Ok(Message::ReadyForQuery(_)) => self.has_ended = true,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    async fn fill(&mut self) -> Result<(), WireFailure> {
        while self.chunk.is_empty() {
            if self.has_ended {
                return Err(WireFailure::Protocol("an answer was read past its end".to_owned()));
            }
            match self.chunks.next().await {
                Some(chunk) => self.chunk = chunk,
                None => return Err(self.lost()),
            }
        }
        Ok(())
    }

    fn parse(&mut self) -> Result<Message, WireFailure> {
        match Message::parse(&mut self.chunk) {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(malformed()),
            Err(error) => {
                Err(WireFailure::Protocol(format!("the server sent a message that cannot be read: {error}")))
            }
        }
    }

    fn lost(&self) -> WireFailure {
        let farewell = self.shared.farewell();
        let why = farewell.map_or_else(|| "the connection was closed".to_owned(), |words| words.to_string());
        WireFailure::Lost(why)
    }
}

fn malformed() -> WireFailure {
    WireFailure::Protocol("the server sent a message that is shorter than it says".to_owned())
}
