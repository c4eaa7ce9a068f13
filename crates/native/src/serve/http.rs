//! One request and one reply a connection: HTTP/1.1 as far as a browser on the same machine needs it.

use jiff::Timestamp;
use std::io::{self, Cursor, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// The longest head of a request, and the most of its headers.
const MOST_HEAD_BYTES: usize = 16 << 10;
const MOST_HEADERS: usize = 100;
/// Browsers open connections before they need them; after this time they may open them again.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is read of a body that nobody asked for, and how long, so that the client sees the reply first.
const MOST_REST_BYTES: u64 = 1 << 20;
const REST_PATIENCE: Duration = Duration::from_secs(1);

/// The head of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// As it was sent, such as `/a%20b?x`.
    pub target: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// Every value of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }
}

/// What is sent back.
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Box<dyn Read>,
}

impl Reply {
    /// A body of `length` bytes.
    pub fn new(status: u16, kind: &str, body: Box<dyn Read>, length: u64) -> Self {
        Self { status, headers: Vec::new(), body }
            .with("Content-Type", kind)
            .with("Content-Length", &length.to_string())
            .with("Cache-Control", "no-cache")
            .with("X-Content-Type-Options", "nosniff")
    }

    pub fn text(status: u16, text: &str) -> Self {
        let body = Cursor::new(text.to_owned().into_bytes());
        Self::new(status, "text/plain; charset=utf-8", Box::new(body), text.len() as u64)
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn head(&self) -> String {
        let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
        let mut head = format!("HTTP/1.1 {} {}\r\nDate: {date}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head + "Connection: close\r\n\r\n"
    }
}

/// Reads a request, sends what `answer` says to it, and ends the connection.
pub fn converse(mut stream: &TcpStream, answer: impl Fn(&Request) -> Reply) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut reply, has_body) = match read(stream)? {
        Head::Whole(request) => (answer(&request), request.method != "HEAD"),
        Head::Bad(status) => (Reply::text(status, "this is no request that can be read\n"), true),
        Head::None => return Ok(()),
    };
    stream.write_all(reply.head().as_bytes())?;
    if has_body {
        io::copy(&mut reply.body, &mut stream)?;
    }
    // Closing with bytes unread would take the reply back.
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(REST_PATIENCE))?;
    io::copy(&mut stream.take(MOST_REST_BYTES), &mut io::sink()).map(drop)
}

/// What a client sent before the body.
#[derive(Debug, PartialEq, Eq)]
enum Head {
    Whole(Request),
    /// Something else; the status says what.
    Bad(u16),
    /// Nothing that has an end.
    None,
}

fn read(mut stream: impl Read) -> io::Result<Head> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 2048];
    while bytes.len() < MOST_HEAD_BYTES {
        match stream.read(&mut buffer)? {
            0 => return Ok(Head::None),
            n => bytes.extend_from_slice(&buffer[..n]),
        }
        if let Some(head) = parse(&bytes) {
            return Ok(head);
        }
    }
    Ok(Head::Bad(431))
}

/// The head that stands at the start of `bytes`; none where it goes on.
fn parse(bytes: &[u8]) -> Option<Head> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    match parsed.parse(bytes) {
        Ok(httparse::Status::Partial) => return None,
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Some(Head::Bad(431)),
        Err(_) => return Some(Head::Bad(400)),
    }
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let headers = parsed.headers.iter().map(|header| (header.name.to_owned(), text(header.value))).collect();
    let [method, target] = [parsed.method, parsed.path].map(|part| part.unwrap_or_default().to_owned());
    Some(Head::Whole(Request { method, target, headers }))
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        301 => "Moved Permanently",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        431 => "Request Header Fields Too Large",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes one by one, as a slow client does.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1);
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn a_head_is_read_however_it_is_cut() {
        let bytes = b"GET /a%20b?x HTTP/1.1\r\nHost: localhost\r\nhost: b\r\n\r\nrest";
        for head in [read(Slow(bytes)), read(bytes.as_slice())] {
            let Head::Whole(request) = head.unwrap() else { panic!("a whole head") };
            assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/a%20b?x"));
            assert_eq!(request.header("HOST"), ["localhost", "b"]);
            assert!(request.header("Range").is_empty());
        }
    }

    #[test]
    fn what_is_no_head_is_refused() {
        for (bytes, expected) in [
            (b"GET / HT".to_vec(), Head::None),
            (Vec::new(), Head::None),
            (b"nonsense\r\n\r\n".to_vec(), Head::Bad(400)),
            (b"GET /a b HTTP/1.1\r\n\r\n".to_vec(), Head::Bad(400)),
            (b"GET / HTTP/1.1\r\nno colon\r\n\r\n".to_vec(), Head::Bad(400)),
            (b"GET / HTTP/1.1\r\nA: ".iter().copied().chain([b'x'; 40_000]).collect(), Head::Bad(431)),
            (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200)).into_bytes(), Head::Bad(431)),
        ] {
            assert_eq!(
                read(bytes.as_slice()).unwrap(),
                expected,
                "{}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(40)])
            );
        }
    }

    #[test]
    fn a_reply_says_how_long_it_is_and_that_it_is_the_last() {
        let head = Reply::text(404, "none\n").with("Allow", "GET").head();
        assert!(head.starts_with("HTTP/1.1 404 Not Found\r\nDate: "), "{head}");
        assert!(head.ends_with("Allow: GET\r\nConnection: close\r\n\r\n"), "{head}");
        assert!(head.contains("Content-Length: 5\r\n") && head.contains(" GMT\r\n"), "{head}");
    }
}
