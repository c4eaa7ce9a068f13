//! The command as a user meets it: the built binary, files, pipes, signals and exit codes.

mod agreement;
mod borrowed;
mod calibrate;
mod config;
mod demo;
mod drift;
mod endpoint;
mod escalate;
mod export;
mod generate;
mod hostile;
mod hub;
mod import;
mod judge_asked;
mod judge_endpoint;
mod judge_export;
mod merge;
mod models;
mod panel;
mod prompts;
mod report;
mod resume;
mod serve;
mod study;
mod study_next;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use tiebreak_tests::random_model::{Shape, write};

/// The binary, built once.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a running test has a path");
        let profile = test.ancestors().nth(2).expect("a test lies in TARGET/PROFILE/deps");
        let target = profile.parent().expect("a profile lies in the target folder");
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        build.args(["build", "--quiet", "--package", "tiebreak", "--target-dir"]).arg(target);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "the binary does not build");
        profile.join(format!("tiebreak{}", std::env::consts::EXE_SUFFIX))
    })
}

/// What a finished command left behind.
#[derive(Debug)]
struct Ended {
    /// The exit code; none where a signal ended it.
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ended {
    /// Asserts the exit code and what standard error says.
    #[track_caller]
    fn check(self, code: i32, stderr_has: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for part in stderr_has {
            assert!(self.stderr.contains(part), "no `{part}` in {}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }
}

/// A folder of its own for a test, with a random model in it.
struct Folder(tempfile::TempDir);

/// Enough prompts that work is left after the first kill, and few enough for a short test.
const PROMPTS: &str = "\
{\"id\": \"a\", \"prompt\": \"Where is my order?\"}
{\"id\": \"b\", \"prompt\": \"I want my money back for order 4471902.\"}
{\"id\": \"c\", \"prompt\": \"My password does not work any more.\"}
{\"id\": \"d\", \"prompt\": \"Does the lamp come with a bulb?\"}
{\"id\": \"e\", \"prompt\": \"Cancel it.\"}
{\"id\": \"f\", \"prompt\": \"You charged me twice!\"}
{\"id\": \"g\", \"prompt\": \"Can I change the address?\"}
";

impl Folder {
    fn new() -> Self {
        static MODEL: OnceLock<Vec<u8>> = OnceLock::new();
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        let model = MODEL.get_or_init(|| {
            // The label method's question alone takes 700 of its tokens.
            let shape =
                Shape { context: 1024, ..Shape::tiny("llama", candle_core::quantized::GgmlDType::Q8_0) };
            let mut bytes = std::io::Cursor::new(Vec::new());
            write(&shape, &mut bytes).expect("a random model is written to memory");
            bytes.into_inner()
        });
        folder.put("model.gguf", model);
        folder.put("prompts.jsonl", PROMPTS);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("the temporary folder is written to");
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The lines of a file, sorted.
    fn sorted(&self, name: &str) -> Vec<String> {
        let mut lines: Vec<String> = self.text(name).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }

    /// The command in this folder, with a fixed time.
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(self.0.path()).args(arguments.split_whitespace());
        command.env("SOURCE_DATE_EPOCH", "1700000000").env_remove("NO_COLOR");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &str) -> Ended {
        ended(self.start(arguments))
    }

    fn start(&self, arguments: &str) -> Child {
        self.command(arguments).spawn().expect("the binary starts")
    }

    fn run_with_input(&self, arguments: &str, input: impl AsRef<[u8]>) -> Ended {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        stdin.write_all(input.as_ref()).expect("the binary reads its input");
        drop(stdin);
        ended(child)
    }

    /// `generate` with the folder's model and prompts, few tokens, and `more` flags.
    fn generate(&self, more: &str) -> Ended {
        self.run(&generate(more))
    }
}

/// The arguments of a short `generate`; 12 new tokens unless `more` says otherwise.
fn generate(more: &str) -> String {
    let few = if more.contains("--max-tokens") { "" } else { "--max-tokens 12" };
    format!("generate --model model.gguf --prompts prompts.jsonl {few} {more}")
}

fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().expect("the binary ends");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
