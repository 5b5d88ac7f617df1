//! What a status means, and how long a connection is used.

use std::{
    fmt,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use tonic_types::ErrorDetails;

use super::*;
use crate::pipeline::sending::client::otlp;

fn asked_to_wait(code: Code) -> SendError {
    let wait = ErrorDetails::with_retry_info(Some(Duration::from_secs(7)));
    failure(&Status::with_error_details(code, "busy", wait))
}

#[test]
fn an_exhausted_resource_is_worth_another_try_only_with_retry_info() {
    let SendError::Refused { cause, .. } = failure(&Status::resource_exhausted("RATE_LIMITED"))
    else {
        panic!("the specification forbids another try");
    };
    assert_eq!(cause, Cause::Other, "smaller requests are no remedy");
    let with = asked_to_wait(Code::ResourceExhausted);
    assert!(matches!(with, SendError::Busy { .. }), "{with:?}");
}

#[test]
fn a_message_above_the_limit_of_the_receiver_is_too_large() {
    for status in [
        Status::resource_exhausted("grpc: received message larger than max"),
        Status::resource_exhausted("gRPC message exceeds maximum size 4194304: 5000000"),
        Status::out_of_range("decoded message length too large: found 9 bytes"),
    ] {
        let SendError::Refused { cause, .. } = failure(&status) else {
            panic!("{status:?} is refused for good");
        };
        assert_eq!(cause, Cause::TooLarge);
    }
    let other = failure(&Status::out_of_range("the past"));
    assert!(matches!(other, SendError::Busy { .. }), "{other:?}");
}

#[test]
fn an_error_is_told_with_its_causes() {
    #[derive(Debug)]
    struct Outer(io::Error);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("transport error")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    let error = Outer(io::Error::other("no route to host"));
    assert_eq!(chain(&error), "transport error: no route to host");
}

#[test]
fn the_user_and_password_of_the_endpoint_are_a_header_and_not_part_of_the_authority() {
    let mut otlp = otlp("http://ann%40example:p%3Aw@127.0.0.1:4317");
    let authorization = |otlp: &Otlp| {
        let grpc = Grpc::new(Signal::Traces, otlp).expect("a client");
        let authority = grpc.endpoint.uri().authority();
        assert_eq!(authority.expect("a host").as_str(), "127.0.0.1:4317");
        let value = grpc.metadata.get("authorization").expect("a header");
        value.to_str().expect("ASCII").to_owned()
    };
    // `ann@example:p:w`.
    assert_eq!(authorization(&otlp), "Basic YW5uQGV4YW1wbGU6cDp3");
    otlp.headers.insert("Authorization", "Bearer 1".to_owned());
    assert_eq!(authorization(&otlp), "Bearer 1");
}

#[test]
fn the_value_of_a_header_is_not_printed() {
    let headers = metadata(
        MetadataMap::new(),
        &Headers::from([("authorization".to_owned(), "secret".to_owned())]),
    );
    assert!(!format!("{headers:?}").contains("secret"), "{headers:?}");
}

#[test]
fn retry_info_says_how_long_to_wait() {
    for code in [Code::ResourceExhausted, Code::Unavailable] {
        let SendError::Busy { retry_after, .. } = asked_to_wait(code) else {
            panic!("{code:?} is worth another try");
        };
        assert_eq!(retry_after, Some(Duration::from_secs(7)));
    }
}

/// Answers the next call of a connection: a frame of HTTP/2 with `:status` 200 and the `grpc-status` of an invalid argument.
fn refuse(mut stream: TcpStream) -> io::Result<TcpStream> {
    const DATA: u8 = 0;
    const END_STREAM: u8 = 1;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let [a, b, length, kind, flags, id @ ..] = head;
        let length = usize::from_be_bytes([0, 0, 0, 0, 0, a, b, length]);
        stream.read_exact(&mut vec![0; length])?;
        if kind == DATA && flags & END_STREAM != 0 {
            let headers = b"\x88\x00\x0bgrpc-status\x013";
            let head = [0, 0, headers.len() as u8, 1, 0b101];
            stream.write_all(&[&head, &id[..], headers].concat())?;
            return Ok(stream);
        }
    }
}

/// Answers the first call of the next connection.
fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (mut stream, _) = listener.accept()?;
    stream.read_exact(&mut [0; b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len()])?;
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    stream.write_all(&settings)?;
    refuse(stream)
}

/// Makes a call that `receiver` answers, and returns its connection.
fn call(
    grpc: &Grpc,
    receiver: impl FnOnce() -> io::Result<TcpStream> + Send + 'static,
) -> TcpStream {
    let receiver = thread::spawn(receiver);
    let result = grpc.call(b"x");
    assert!(
        matches!(result, Err(SendError::Refused { .. })),
        "{result:?}"
    );
    let connection = receiver.join().expect("no panic");
    connection.expect("an answer")
}

#[test]
fn a_connection_is_used_until_it_is_idle_or_closed_or_without_an_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let next = || {
        let listener = listener.try_clone().expect("a handle");
        move || accept(&listener)
    };
    let mut grpc =
        Grpc::new(Signal::Traces, &otlp(&format!("http://{address}"))).expect("a client");
    let first = call(&grpc, next());
    let _idle = call(&grpc, || refuse(first));
    if let Some((_, answered)) = &mut *grpc.connection.lock() {
        *answered -= MAX_IDLE;
    }
    let second = call(&grpc, next());
    drop(second);

    let patience = std::mem::replace(&mut grpc.timeout, Duration::from_secs(1));
    let result = grpc.call(b"x");
    assert!(
        matches!(result, Err(SendError::Unreachable(_))),
        "{result:?}"
    );
    grpc.timeout = patience;
    let set_nonblocking = |nonblocking| listener.set_nonblocking(nonblocking).expect("a flag");
    set_nonblocking(true);
    let _silent = listener.accept().expect("a third connection");
    set_nonblocking(false);
    call(&grpc, next());
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_client_that_cannot_be_made_is_an_error_where_the_app_runs_asynchronous_code() {
    let mut otlp = otlp("https://localhost:1");
    otlp.certificate = Some("there is no such file".into());
    assert!(Grpc::new(Signal::Traces, &otlp).is_err());
}
