//! `tiebreak serve`: a folder as a static host shows it, on this machine only.

mod answer;
mod range;
mod target;

use crate::args::ServeArgs;
use crate::files::{folder_entries, print, say};
use crate::{interrupt, Outcome};
use answer::answer;
use anyhow::{bail, Context, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tiny_http::{Request, Server};

/// How long Ctrl-C may go unseen.
const PATIENCE: Duration = Duration::from_millis(100);

pub fn run(args: &ServeArgs) -> Result<Outcome> {
    if !args.folder.is_dir() {
        bail!("{} is no folder; give the folder to serve", args.folder.display());
    }
    let folder = std::fs::canonicalize(&args.folder)
        .with_context(|| format!("cannot open {}", args.folder.display()))?;
    let (server, address) = listen(args.port)?;
    interrupt::listen()?;
    warn(&folder, &args.folder)?;
    say(&format!("serving {} on this machine only; Ctrl-C ends it", args.folder.display()));
    print(&format!("http://{address}/\n"))?;
    let folder: Arc<Path> = folder.into();
    while !interrupt::is_requested() {
        if let Some(request) = server.recv_timeout(PATIENCE).context("cannot take a connection")? {
            hand_out(request, Arc::clone(&folder));
        }
    }
    Ok(Outcome::Done)
}

fn listen(port: u16) -> Result<(Server, SocketAddr)> {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(wanted).with_context(|| {
        format!("cannot listen on {wanted}; give another --port, or --port 0 for a free one")
    })?;
    let address = listener.local_addr().context("cannot tell the address")?;
    match Server::from_listener(listener, None) {
        Ok(server) => Ok((server, address)),
        Err(error) => bail!("cannot listen on {address}: {error}"),
    }
}

/// A thread for each request, so that whoever reads slowly keeps nobody waiting.
fn hand_out(request: Request, folder: Arc<Path>) {
    let work = move || {
        let reply = answer(&request, &folder);
        // A client that has gone away is no fault of ours.
        let _ = request.respond(reply);
    };
    if let Err(error) = std::thread::Builder::new().spawn(work) {
        say(&format!("a request is dropped: no thread for it: {error}"));
    }
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
