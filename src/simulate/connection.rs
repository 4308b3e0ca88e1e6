//! Connections that can be cut. A lost answer is a broken socket, and only the socket's owner can break it, so the
//! simulator listens with its own listener and hands every request the switch of its connection.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The switch of one connection. Once thrown, the next write fails and the server drops the socket.
#[derive(Clone, Debug, Default)]
pub struct Switch(Arc<AtomicU8>);

const INTACT: u8 = 0;
const HANG_UP: u8 = 1;
const RESET: u8 = 2;

impl Switch {
    /// The other side sees the end of the stream, as after a clean close.
    pub fn hang_up(&self) {
        self.0.store(HANG_UP, Ordering::Release);
    }

    /// The other side sees a connection reset.
    pub fn reset(&self) {
        self.0.store(RESET, Ordering::Release);
    }
}

/// A TCP stream with a switch.
pub struct Line {
    stream: TcpStream,
    switch: Switch,
}

impl Line {
    fn check(&self) -> io::Result<()> {
        match self.switch.0.load(Ordering::Acquire) {
            INTACT => Ok(()),
            HANG_UP => Err(io::ErrorKind::BrokenPipe.into()),
            _ => {
                self.stream.set_zero_linger()?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A reset must not be preceded by a polite goodbye.
        if self.check().is_err() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected<IncomingStream<'_, Lines>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().switch.clone()
    }
}

/// Closes the door for a while.
#[derive(Clone)]
pub struct Door(Arc<watch::Sender<Option<Duration>>>);

impl Door {
    pub fn close_for(&self, time: Duration) {
        self.0.send_replace(Some(time));
    }
}

/// The listener. While the door is closed there is no socket at all, so that connecting is refused.
pub struct Lines {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    closed: watch::Receiver<Option<Duration>>,
}

impl Lines {
    pub async fn bind(addr: SocketAddr) -> io::Result<(Self, Door)> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let (door, closed) = watch::channel(None);
        Ok((Self { listener: Some(listener), addr, closed }, Door(Arc::new(door))))
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            let Some(listener) = &mut self.listener else {
                match TcpListener::bind(self.addr).await {
                    Ok(listener) => self.listener = Some(listener),
                    Err(error) => {
                        tracing::warn!(%error, addr = %self.addr, "the simulator cannot open its port again yet");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
                continue;
            };
            tokio::select! {
                biased;
                Ok(()) = self.closed.changed() => {
                    let time = *self.closed.borrow_and_update();
                    if let Some(time) = time {
                        self.listener = None;
                        tokio::time::sleep(time).await;
                    }
                }
                (stream, addr) = Listener::accept(listener) => {
                    stream.set_nodelay(true).ok();
                    return (Line { stream, switch: Switch::default() }, addr);
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}
