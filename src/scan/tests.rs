//! Against a clamd that is played on a bare socket, and can be rude.

use super::*;
use std::sync::Arc;
use tokio::net::{TcpListener, UnixListener};

/// The standard file by which scanners are tried, in two halves so that none takes this file for it.
const EICAR: &str = concat!("X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*");

/// Plays one conversation: reads all pieces and answers as clamd would, with a limit on their sum.
async fn play(mut stream: impl AsyncRead + AsyncWrite + Unpin, limit: usize) -> std::io::Result<()> {
    let mut command = Vec::new();
    while command.last() != Some(&0) {
        command.push(stream.read_u8().await?);
    }
    if command == b"zPING\0" {
        return stream.write_all(b"PONG\0").await;
    }
    assert_eq!(command, b"zINSTREAM\0");
    let mut file = Vec::new();
    loop {
        let length = stream.read_u32().await?;
        if length == 0 {
            break;
        }
        let mut piece = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut piece).await?;
        file.extend(piece);
        if file.len() > limit {
            return stream.write_all(b"INSTREAM size limit exceeded. ERROR\0").await;
        }
    }
    let found = String::from_utf8_lossy(&file).contains(EICAR);
    stream.write_all(if found { b"stream: Eicar-Signature FOUND\0" } else { b"stream: OK\0" }).await
}

async fn over_tcp(limit: usize) -> Scanner {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scanner = Scanner::at(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream, limit));
        }
    });
    scanner
}

/// One that answers so, to whatever is said.
async fn that_says(answer: &'static [u8]) -> Scanner {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scanner = Scanner::at(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = [0; 64];
            let _ = stream.read(&mut heard).await;
            let _ = stream.write_all(answer).await;
        }
    });
    scanner
}

#[tokio::test]
async fn a_virus_is_found_wherever_it_is_in_the_file() {
    let scanner = over_tcp(usize::MAX).await;
    let hidden = format!("{}{EICAR}", "x".repeat(PIECE - 10));
    assert_eq!(scanner.scan(&Bytes::from(hidden)).await, Scan::Infected("Eicar-Signature".to_owned()));
    assert_eq!(scanner.scan(&Bytes::from("x".repeat(3 * PIECE + 1))).await, Scan::Clean);
    assert_eq!(scanner.scan(&Bytes::new()).await, Scan::Clean);
    assert!(scanner.answers().await);
}

#[tokio::test]
async fn it_is_asked_over_a_socket_of_this_machine_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clamd.ctl");
    let listener = UnixListener::bind(&path).unwrap();
    tokio::spawn(async move { play(listener.accept().await.unwrap().0, usize::MAX).await });
    let scanner = Scanner::at(&format!("unix:{}", path.display())).unwrap();
    assert_eq!(scanner.scan(&Bytes::from(EICAR)).await, Scan::Infected("Eicar-Signature".to_owned()));
}

#[tokio::test]
async fn a_file_that_is_too_large_for_it_is_not_clean() {
    let scanner = over_tcp(PIECE).await;
    let large = Bytes::from(vec![b'x'; 2 << 20]);
    assert_eq!(scanner.scan(&large).await, Scan::NotScanned(Unscanned::TooLarge));
}

#[tokio::test]
async fn what_is_no_result_is_not_clean() {
    let file = Bytes::from("x");
    for answer in [b"".as_slice(), b"stream: Oh no\0", b"UNKNOWN COMMAND\0", b"OK\0", b"stream: OK but\0", b"\xFF"] {
        let scan = that_says(answer).await.scan(&file).await;
        assert_eq!(scan, Scan::NotScanned(Unscanned::Down), "{answer:?}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = Scanner::at(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    assert_eq!(nobody.scan(&file).await, Scan::NotScanned(Unscanned::Down));
    assert!(!nobody.answers().await);
}

#[tokio::test]
async fn one_that_keeps_silent_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scanner = Scanner::at(&format!("tcp://{}", listener.local_addr().unwrap())).unwrap();
    let held = Arc::new(tokio::sync::Mutex::new(Vec::new()));
    let kept = Arc::clone(&held);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            kept.lock().await.push(stream);
        }
    });
    let impatient = Scanner { patience: Duration::from_millis(50), ..scanner };
    assert_eq!(impatient.scan(&Bytes::from("x")).await, Scan::NotScanned(Unscanned::Down));
}

#[test]
fn an_address_is_one_of_two_kinds() {
    for good in ["tcp://127.0.0.1:3310", "tcp://[::1]:3310", "tcp://clamav:3310", "unix:/run/clamav/clamd.ctl"] {
        assert!(Scanner::at(good).is_ok(), "{good}");
    }
    for bad in ["", "clamav:3310", "tcp://clamav", "tcp://:3310", "tcp://clamav:x", "unix:clamd.ctl", "http://x:1"] {
        assert_eq!(Scanner::at(bad).unwrap_err(), ScanSetupError, "{bad}");
    }
}
