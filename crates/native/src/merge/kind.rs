//! What the files to be merged hold.

use crate::files::open;
use anyhow::{bail, Result};
use std::io::BufReader;
use std::path::Path;
use tiebreak_core::schema::first_record_name;

/// What can be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Votes,
    Samples,
}

impl Kind {
    /// What all files hold; those without any record of ours hold whatever the others do.
    pub fn of(sources: &[String]) -> Result<Self> {
        let mut found: Vec<(&str, &'static str)> = Vec::new();
        for source in sources {
            let name = first_record_name(BufReader::new(open(Path::new(source))?));
            found.extend(name.map(|name| (source.as_str(), name)));
        }
        let Some((_, name)) = found.first() else {
            bail!("there is no vote and no sample in {}", sources.join(", "));
        };
        if found.iter().any(|(_, other)| other != name) {
            let lines: Vec<String> =
                found.iter().map(|(source, name)| format!("  {source}: {}", plural(name))).collect();
            bail!("these files hold different records; merge each kind by itself:\n{}", lines.join("\n"));
        }
        match *name {
            "vote" => Ok(Self::Votes),
            "sample" => Ok(Self::Samples),
            name => bail!("{} holds {}; only votes and samples are merged", found[0].0, plural(name)),
        }
    }
}

/// `votes` of `vote`.
fn plural(name: &str) -> String {
    match name {
        "unrevised" => "replies that were not revised".to_owned(),
        name => format!("{name}s"),
    }
}
