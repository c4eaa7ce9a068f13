//! A folder on loopback, as a browser and as an attacker see it.

use super::{Folder, binary};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// More than the operating system buffers for a client that does not read.
const BIG: usize = 48 << 20;

/// A server on a free port that ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> Folder {
    let folder = Folder::new();
    folder.put("secret.txt", "secret");
    for name in ["dist/sub", "dist/bare"] {
        fs::create_dir_all(folder.path(name)).unwrap();
    }
    for (name, text) in [
        ("dist/index.html", "<!doctype html>"),
        ("dist/app.js", "0123456789"),
        ("dist/a.wasm", "\0asm"),
        ("dist/sub/index.html", "sub"),
        ("dist/model.gguf", "GGUF"),
        ("dist/page.webmanifest", "{}"),
    ] {
        folder.put(name, text);
    }
    folder
}

impl Server {
    fn start(folder: &Folder) -> Self {
        let mut child = folder.start("serve dist --port 0");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix('/'));
        let port = port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("the address: {line}"));
        Self { child, port }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends lines as they are and reads the whole answer.
    fn raw(&self, request: &str) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        Answer::of(&bytes)
    }

    fn ask(&self, method: &str, target: &str, headers: &str) -> Answer {
        let host = if headers.contains("Host:") {
            String::new()
        } else {
            format!("Host: 127.0.0.1:{}\r\n", self.port)
        };
        self.raw(&format!("{method} {target} HTTP/1.1\r\n{host}Connection: close\r\n{headers}\r\n"))
    }

    fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "")
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value)
    }
}

#[test]
fn files_come_with_their_types_and_lengths() {
    let folder = folder();
    let server = Server::start(&folder);
    for (target, kind, body) in [
        ("/", "text/html; charset=utf-8", "<!doctype html>"),
        ("/?study=study.json&slot=2", "text/html; charset=utf-8", "<!doctype html>"),
        ("/app.js", "text/javascript; charset=utf-8", "0123456789"),
        ("/a.wasm", "application/wasm", "\0asm"),
        ("/model.gguf", "application/octet-stream", "GGUF"),
        ("/page.webmanifest", "application/manifest+json", "{}"),
        ("/sub/", "text/html; charset=utf-8", "sub"),
    ] {
        let got = server.get(target);
        assert_eq!(
            (got.status, got.header("Content-Type"), got.body.as_str()),
            (200, Some(kind), body),
            "{target}"
        );
        assert_eq!(got.header("Content-Length"), Some(body.len().to_string().as_str()), "{target}");
        assert_eq!(got.header("Cache-Control"), Some("no-cache"));
        let head = server.ask("HEAD", target, "");
        assert_eq!(
            (head.status, head.header("Content-Length"), head.body.as_str()),
            (200, got.header("Content-Length"), "")
        );
    }
    let moved = server.get("/sub?x");
    assert_eq!((moved.status, moved.header("Location")), (301, Some("/sub/")));
    assert_eq!(server.get("//sub").header("Location"), Some("/sub/"), "never another host");
}

#[test]
fn ranges_are_answered() {
    let folder = folder();
    let server = Server::start(&folder);
    for (range, status, content_range, body) in [
        ("bytes=2-4", 206, Some("bytes 2-4/10"), "234"),
        ("bytes=7-", 206, Some("bytes 7-9/10"), "789"),
        ("bytes=-2", 206, Some("bytes 8-9/10"), "89"),
        ("bytes=10-", 416, Some("bytes */10"), ""),
        ("bytes=0-1,4-5", 200, None, "0123456789"),
        ("rows=1-2", 200, None, "0123456789"),
    ] {
        let got = server.ask("GET", "/app.js", &format!("Range: {range}\r\n"));
        assert_eq!(
            (got.status, got.header("Content-Range"), got.body.as_str()),
            (status, content_range, body),
            "{range}"
        );
        assert_eq!(got.header("Content-Length"), Some(body.len().to_string().as_str()), "{range}");
    }
}

#[test]
fn a_part_is_only_for_who_has_the_same_version() {
    let folder = folder();
    let server = Server::start(&folder);
    let part = |tag: &str| server.ask("GET", "/app.js", &format!("Range: bytes=2-4\r\nIf-Range: {tag}\r\n"));
    let tag = server.get("/app.js").header("ETag").unwrap().to_owned();
    let fits = part(&tag);
    assert_eq!((fits.status, fits.body.as_str(), fits.header("ETag")), (206, "234", Some(tag.as_str())));
    for other in ["\"x\"", "Wed, 25 Nov 2026 12:00:00 GMT", &format!("W/{tag}")] {
        let whole = part(other);
        assert_eq!((whole.status, whole.body.as_str()), (200, "0123456789"), "{other}");
    }
    folder.put("dist/app.js", "9876543210!");
    let changed = part(&tag);
    assert_eq!((changed.status, changed.body.as_str()), (200, "9876543210!"));
    assert_ne!(changed.header("ETag"), Some(tag.as_str()));
}

#[test]
fn nothing_outside_the_folder_is_served() {
    let folder = folder();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path("secret.txt"), folder.path("dist/out.txt")).unwrap();
        std::os::unix::fs::symlink(folder.path("."), folder.path("dist/up")).unwrap();
    }
    let server = Server::start(&folder);
    let absolute = format!("/{}", folder.path("secret.txt").display());
    for target in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/sub/..%2f..%2fsecret.txt",
        "/..%5Csecret.txt",
        "/..\\secret.txt",
        "/out.txt",
        "/up/secret.txt",
        "/up/",
        "/bare/",
        "/none.html",
        &absolute,
        "http://127.0.0.1/app.js",
    ] {
        let got = server.get(target);
        assert_eq!(got.status, 404, "{target}: {got:?}");
        assert!(!got.body.contains("secret"), "{target}");
    }
    assert_eq!(server.get("/app.js").status, 200);
}

#[test]
fn other_hosts_and_other_methods_are_refused() {
    let folder = folder();
    let server = Server::start(&folder);
    for host in ["localhost", "LOCALHOST:1234", "[::1]:80", "127.0.0.1"] {
        assert_eq!(server.ask("GET", "/", &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
    for host in ["example.org", "localhost.example.org", "127.0.0.1.example.org:8000", "192.168.0.1"] {
        assert_eq!(server.ask("GET", "/", &format!("Host: {host}\r\n")).status, 403, "{host}");
    }
    assert_eq!(server.ask("GET", "/", "Host: localhost\r\nHost: example.org\r\n").status, 403);
    assert_eq!(server.raw("GET / HTTP/1.0\r\n\r\n").status, 403, "no name at all");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let got = server.ask(method, "/app.js", "Content-Length: 0\r\n");
        assert_eq!((got.status, got.header("Allow")), (405, Some("GET, HEAD")), "{method}");
    }
    assert_eq!(server.raw("nonsense\r\n\r\n").status, 400);
    assert_eq!(server.get("/app.js").status, 200);
}

#[test]
fn slow_clients_keep_nobody_waiting() {
    let folder = folder();
    fs::File::create(folder.path("dist/big.gguf")).and_then(|file| file.set_len(BIG as u64)).unwrap();
    let server = Server::start(&folder);
    let slow: Vec<TcpStream> = (0..60)
        .map(|i| {
            let mut stream = server.connect();
            // Half of them never end their request, the others never read their answer.
            let end = if i % 2 == 0 { "\r\n" } else { "" };
            stream
                .write_all(format!("GET /big.gguf HTTP/1.1\r\nHost: localhost\r\n{end}").as_bytes())
                .unwrap();
            stream
        })
        .collect();
    assert_eq!(server.get("/app.js").body, "0123456789");
    let mut patient = &slow[0];
    let mut start = [0; 15];
    patient.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it() {
    let folder = folder();
    let mut server = Server::start(&folder);
    let _open = server.connect();
    let pid = server.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_wrong_with_folder_or_port_is_said() {
    let folder = folder();
    folder.run("serve none").check(2, &["none is no folder"]);
    folder.run("serve secret.txt").check(2, &["secret.txt is no folder"]);
    let server = Server::start(&folder);
    folder
        .run(&format!("serve dist --port {}", server.port))
        .check(2, &["cannot listen on 127.0.0.1", "--port 0"]);
    folder.put("dist/bare/study.key.json", "{}");
    let mut child = Command::new(binary());
    child.current_dir(folder.path("dist")).args(["serve", "bare", "--port", "0"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let told: Vec<String> =
        BufReader::new(child.stderr.take().unwrap()).lines().take(2).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(told[0].contains("no index.html in bare"), "{told:?}");
    assert!(told[1].contains("study.key.json is the key of a study"), "{told:?}");
}
