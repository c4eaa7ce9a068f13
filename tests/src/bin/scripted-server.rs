//! A model server for benchmarks: `scripted-server DELAY_MS TEXT` prints its address and answers every call with the text after that time, until its standard input ends.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;
use tiebreak_tests::scripted_server::{ScriptedServer, openai_answer};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [delay, text] = arguments.as_slice() else { return usage() };
    let Ok(delay) = delay.parse().map(Duration::from_millis) else { return usage() };
    let answer = openai_answer("m", text).after(delay);
    let server = match ScriptedServer::start_counting(move |_| answer.clone()) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("error: no port is free: {error}");
            return ExitCode::from(2);
        }
    };
    let printed = writeln!(std::io::stdout(), "{}", server.url());
    let waited = std::io::stdin().read_to_end(&mut Vec::new());
    match printed.and(waited.map(drop)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: scripted-server DELAY_MS TEXT");
    ExitCode::from(2)
}
