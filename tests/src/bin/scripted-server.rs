//! A model server for benchmarks: `scripted-server DELAY_MS` prints its address and answers every call with the same text after that time, until its standard input ends.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;
use tiebreak_tests::scripted_server::{ScriptedServer, openai_answer};

fn main() -> ExitCode {
    let delay = std::env::args().nth(1).and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let Some(delay) = delay else {
        eprintln!("usage: scripted-server DELAY_MS");
        return ExitCode::from(2);
    };
    let answer = openai_answer("m", "Your order is on its way.").after(delay);
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
