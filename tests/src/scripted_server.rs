//! A server on loopback that answers each call as a script says, and remembers the calls.
//!
//! It speaks as much HTTP/1.1 as clients of model servers and of the hub need: bodies with a length, HEAD, connections that stay open.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A call, as the server received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// From 0, in the order of arrival.
    pub number: usize,
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Call {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a call.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    /// Lines such as `Retry-After: 1`.
    pub headers: Vec<String>,
    pub body: Vec<u8>,
    /// How long the answer takes.
    pub delay: Duration,
    /// After how many bytes of the body nothing comes for a while.
    pub pause: Option<(usize, Duration)>,
    /// After how many bytes of the body the connection is cut.
    pub cut_after: Option<usize>,
}

impl Reply {
    /// An answer with a status and a body, at once.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let (headers, body) = (Vec::new(), body.into());
        Self { status, headers, body, delay: Duration::ZERO, pause: None, cut_after: None }
    }

    /// The same with one more header line.
    pub fn with_header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    /// The same after a while.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The same, with nothing for a while after so many bytes of the body.
    pub fn pausing_after(mut self, n_bytes: usize, pause: Duration) -> Self {
        self.pause = Some((n_bytes, pause));
        self
    }

    /// The same, cut after so many bytes of the body.
    pub fn cut_after(mut self, n_bytes: usize) -> Self {
        self.cut_after = Some(n_bytes);
        self
    }
}

/// A chat completion with `text`, as OpenAI's protocol has it, of 7 and 3 tokens.
pub fn openai_answer(model: &str, text: &str) -> Reply {
    let body = serde_json::json!({
        "object": "chat.completion",
        "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    });
    Reply::new(200, body.to_string())
}

/// A message with `text`, as Anthropic's protocol has it, of 7 and 3 tokens.
pub fn anthropic_answer(model: &str, text: &str) -> Reply {
    let body = serde_json::json!({
        "type": "message",
        "model": model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 3},
    });
    Reply::new(200, body.to_string())
}

/// A server that ends when it is dropped.
pub struct ScriptedServer {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<dyn Fn(&Call) -> Reply + Send + Sync>,
    calls: Mutex<Vec<Call>>,
    keeps_calls: bool,
    n_calls: AtomicUsize,
    n_at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    is_ending: AtomicBool,
}

impl ScriptedServer {
    /// Starts a server that answers by `script`.
    pub fn start(script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        Self::listen(script, true)
    }

    /// The same for benchmarks: calls are counted and not kept.
    pub fn start_counting(script: impl Fn(&Call) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        Self::listen(script, false)
    }

    fn listen(
        script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
        keeps_calls: bool,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            calls: Mutex::default(),
            keeps_calls,
            n_calls: AtomicUsize::new(0),
            n_at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            is_ending: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &accepting));
        Ok(Self { port, shared })
    }

    /// The address of its interface.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// The address without a path.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The calls so far, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().clone()
    }

    /// How many calls there were.
    pub fn n_calls(&self) -> usize {
        self.shared.n_calls.load(Ordering::SeqCst)
    }

    /// The most calls that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.shared.is_ending.store(true, Ordering::SeqCst);
        // The listener waits in `accept`; one more connection lets it see the flag.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.is_ending.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        // A client that goes away ends the thread, and what it was told last does not matter then.
        thread::spawn(move || drop(serve(&stream, &shared)));
    }
}

/// Answers the calls of one connection until it ends or is cut.
fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(mut call) = read_call(&mut reader)? {
        call.number = shared.n_calls.fetch_add(1, Ordering::SeqCst);
        if shared.keeps_calls {
            shared.lock().push(call.clone());
        }
        let at_once = shared.n_at_once.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        let reply = (shared.script)(&call);
        thread::sleep(reply.delay);
        shared.n_at_once.fetch_sub(1, Ordering::SeqCst);
        if !write_reply(stream, &reply, call.method == "HEAD")? {
            return Ok(());
        }
    }
    Ok(())
}

/// The next call; none at the connection's end.
fn read_call(reader: &mut impl BufRead) -> io::Result<Option<Call>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut call = Call { number: 0, method, path, headers, body: String::new() };
    let length = call.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    call.body = String::from_utf8(body).map_err(io::Error::other)?;
    Ok(Some(call))
}

/// Writes the reply, without its body where only the head was asked for; returns whether the connection goes on.
fn write_reply(mut stream: &TcpStream, reply: &Reply, is_head: bool) -> io::Result<bool> {
    let headers: String = reply.headers.iter().map(|line| format!("{line}\r\n")).collect();
    let (status, length) = (reply.status, reply.body.len());
    let head = format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n{headers}\r\n");
    let body = if is_head { &[] } else { &reply.body[..reply.cut_after.unwrap_or(length)] };
    let (before, after) =
        body.split_at(reply.pause.map_or(body.len(), |(n_bytes, _)| n_bytes.min(body.len())));
    stream.write_all(&[head.as_bytes(), before].concat())?;
    if let Some((_, pause)) = reply.pause {
        thread::sleep(pause);
    }
    stream.write_all(after)?;
    Ok(reply.cut_after.is_none())
}
