//! The last words of a connection: what was no request is answered, and the client is heard out.

use std::io;
use std::time::Duration;

use http::Response;
use tokio::time::timeout;

use crate::answer::body::Body;
use crate::answer::error_form;
use crate::connection::encode::encode;
use crate::connection::socket::LinkSocket;
use crate::guard::Violation;
use crate::policy::forbid_sniffing;
use crate::request::id::RequestId;
use crate::server::Server;

/// Time and bytes for which a client may go on sending after its request was refused. Closing at once would reset the
/// connection, and the reset can overtake the answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 64 << 20;

/// Makes the response to bytes that were no request.
pub(crate) async fn refusal(server: &Server, violation: Violation) -> Response<Body> {
    let id = RequestId::next();
    let mut response = error_form::shape(server, None, id, violation.response()).await;
    let headers = response.headers_mut();
    forbid_sniffing(headers);
    server.request_ids.tell(id, headers);
    response
}

/// Answers the violation, if any, closes the sending side, and reads on until the client has finished.
pub(crate) async fn say(server: &Server, socket: &LinkSocket, violation: Option<Violation>) {
    let said = async {
        if let Some(violation) = violation {
            socket.write_all(&encode(refusal(server, violation).await).await).await?;
        }
        socket.finish().await?;
        // Boxed: the buffer would otherwise be part of every connection's future.
        Box::pin(hear_out(socket)).await
    };
    let _ = timeout(LINGER, Box::pin(said)).await;
}

async fn hear_out(socket: &LinkSocket) -> io::Result<()> {
    let mut ignored = 0;
    let mut buffer = [0; 16 << 10];
    while ignored < LINGER_BYTES {
        match socket.read(&mut buffer).await? {
            0 => break,
            count => ignored += count,
        }
    }
    Ok(())
}

/// Tells a client over TLS that nothing follows, within the time that a client may linger.
pub(crate) async fn say_goodbye(socket: &LinkSocket) {
    let _ = timeout(LINGER, socket.say_goodbye()).await;
}
