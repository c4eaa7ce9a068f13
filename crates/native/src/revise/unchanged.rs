//! Rounds that changed nothing, beside the output: their critiques are kept, and a later start asks nothing again.

use crate::files::{beside, read_all, Log, Manifest, Opened, DASH};
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tiebreak_core::schema::Unrevised;

/// What stands after the output's name.
const ENDING: &str = ".unchanged.jsonl";

/// A file that is there from the first such round on; none beside a stream.
pub struct UnchangedLog {
    path: Option<PathBuf>,
    manifest: Manifest,
    log: Option<Log>,
}

/// Rounds by the original that they began with.
#[derive(Default)]
struct Rounds(BTreeMap<(String, String), BTreeSet<u32>>);

impl Rounds {
    fn add(&mut self, round: Unrevised) {
        // A kill can leave a round twice, before the sample that goes with it.
        self.0.entry((round.prompt_id, round.original)).or_default().insert(round.revision.round);
    }

    /// The originals that all rounds left as they were.
    fn done(self, n_rounds: u32) -> impl Iterator<Item = (String, String)> {
        self.0
            .into_iter()
            .filter(move |(_, rounds)| rounds.len() as u32 == n_rounds)
            .map(|(original, _)| original)
    }
}

/// The originals of which the file beside `out` says that all rounds left them as they were.
pub fn done_beside(out: &Path, n_rounds: u32) -> Result<BTreeSet<(String, String)>> {
    let path = beside(out, ENDING);
    let mut rounds = Rounds::default();
    if path.is_file() {
        let found = read_all::<Unrevised>(&[path.to_string_lossy().into_owned()], |_| {})?;
        found.into_iter().for_each(|round| rounds.add(round));
    }
    Ok(rounds.done(n_rounds).collect())
}

impl UnchangedLog {
    /// Opens what is there beside `out`, and adds the originals to `done` that all rounds left as they were.
    pub fn open(
        out: &Path,
        (manifest, force): (Manifest, bool),
        n_rounds: u32,
        done: &mut BTreeSet<(String, String)>,
    ) -> Result<Self> {
        let is_file = out != Path::new(DASH) && (!out.exists() || out.is_file());
        let path = is_file.then(|| beside(out, ENDING));
        let there = path.as_deref().filter(|path| path.is_file());
        let mut rounds = Rounds::default();
        let log = there.map(|path| Log::open(path, &manifest, force, |round| rounds.add(round)));
        let log = log.transpose()?.map(|Opened { log, .. }| log);
        done.extend(rounds.done(n_rounds));
        Ok(Self { path, manifest, log })
    }

    pub fn append(&mut self, rounds: &[Unrevised]) -> Result<()> {
        let Some(path) = self.path.as_deref().filter(|_| !rounds.is_empty()) else { return Ok(()) };
        if self.log.is_none() {
            self.log = Some(Log::open(path, &self.manifest, false, |_: Unrevised| {})?.log);
        }
        let log = self.log.as_mut().expect("it was opened above");
        rounds.iter().try_for_each(|round| log.append(round))
    }

    pub fn finish(self) -> Result<()> {
        self.log.map_or(Ok(()), Log::finish)
    }
}
