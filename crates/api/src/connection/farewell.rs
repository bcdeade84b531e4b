//! The last words of a connection: what was no request is answered, and the client is heard out.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::connection::encode::encode;
use crate::connection::link::Link;
use crate::connection::socket::LinkSocket;
use crate::connection::unrouted;
use crate::guard::RefusedHead;
use crate::request::context::RequestContext;
use crate::server::Server;

/// Time and bytes for which a client may go on sending after its request was refused. Closing at once would reset the
/// connection, and the reset can overtake the answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 64 << 20;

/// Answers a refused head, if any, closes the sending side, and reads on until the client has finished.
pub(crate) async fn say(server: &Server, link: &Arc<Link>, refused: Option<&RefusedHead>) {
    let socket = &link.socket;
    let said = async {
        if let Some(RefusedHead { violation, origin, line }) = refused {
            let context = Arc::new(RequestContext::unread(link, line.as_ref()));
            let response = unrouted::refuse(server, &context, *violation, origin.clone()).await;
            socket.write_all(&encode(response).await).await?;
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
