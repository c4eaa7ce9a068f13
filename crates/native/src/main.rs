//! The `tiebreak` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(tiebreak::main(std::env::args_os().collect()))
}
