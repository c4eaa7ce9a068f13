//! `tiebreak serve`: a folder as a static host shows it, on this machine only.

mod answer;
mod http;
mod range;
mod target;

use crate::args::ServeArgs;
use crate::files::{folder_entries, print, say};
use crate::interrupt;
use crate::outcome::Outcome;
use anyhow::{bail, Context, Result};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How long Ctrl-C may go unseen, and how long to wait where no connection can be taken.
const PATIENCE: Duration = Duration::from_millis(100);

pub fn run(args: &ServeArgs) -> Result<Outcome> {
    if !args.folder.is_dir() {
        bail!("{} is no folder; give the folder to serve", args.folder.display());
    }
    let folder = std::fs::canonicalize(&args.folder)
        .with_context(|| format!("cannot open {}", args.folder.display()))?;
    let listener = listen(args.port)?;
    let address = listener.local_addr().context("cannot tell the address")?;
    interrupt::listen()?;
    warn(&folder, &args.folder)?;
    say(&format!("serving {} on this machine only; Ctrl-C ends it", args.folder.display()));
    print(&format!("http://{address}/\n"))?;
    thread::spawn(move || take_connections(&listener, &folder.into()));
    while !interrupt::is_requested() {
        thread::sleep(PATIENCE);
    }
    Ok(Outcome::Done)
}

fn listen(port: u16) -> Result<TcpListener> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(wanted).with_context(|| {
        format!("cannot listen on {wanted}; give another --port, or --port 0 for a free one")
    })
}

/// A thread for each connection, so that whoever reads slowly keeps nobody waiting.
fn take_connections(listener: &TcpListener, folder: &Arc<Path>) -> ! {
    loop {
        let handed_out = listener.accept().and_then(|(stream, _)| hand_out(stream, Arc::clone(folder)));
        if let Err(error) = handed_out {
            say(&format!("a connection is dropped: {error}"));
            thread::sleep(PATIENCE);
        }
    }
}

fn hand_out(stream: TcpStream, folder: Arc<Path>) -> io::Result<()> {
    let work = move || {
        // A client that has gone away is no fault of ours.
        let _ = http::converse(&stream, |request| answer::answer(request, &folder));
    };
    thread::Builder::new().spawn(work).map(drop)
}

/// Says what is missing from the folder, and what should not be there.
fn warn(folder: &Path, name: &Path) -> Result<()> {
    let entries = folder_entries(folder)?.unwrap_or_default();
    if !folder.join("index.html").is_file() {
        say(&format!("there is no index.html in {}; `bash web/build.sh` makes web/dist", name.display()));
    }
    for key in entries.iter().filter(|entry| entry.ends_with(".key.json")) {
        say(&format!(
            "{} is the key of a study and must not reach annotators; move it before you upload the folder",
            name.join(key).display()
        ));
    }
    Ok(())
}
