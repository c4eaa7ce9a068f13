//! Where the study, its key and its links go.

use crate::args::StudyArgs;
use crate::files::{output_name, refuse_existing, refuse_input_as_output, DASH};
use anyhow::{bail, Result};
use std::path::{Path, PathBuf};

/// Three different places, none of which holds anything that would be lost.
pub struct Outputs {
    pub study: PathBuf,
    pub key: PathBuf,
    /// Standard output where no file is named.
    pub links: PathBuf,
}

impl Outputs {
    pub fn of(args: &StudyArgs) -> Result<Self> {
        let links = args.links.links.clone().unwrap_or_else(|| DASH.into());
        let key = match &args.key {
            Some(key) => key.clone(),
            None if args.out == Path::new(DASH) => {
                bail!("with --out - the key needs a file of its own; give --key")
            }
            None => key_beside(&args.out),
        };
        let outputs = Self { study: args.out.clone(), key, links };
        outputs.refuse_same(args)?;
        outputs.refuse_losses(args)?;
        Ok(outputs)
    }

    fn refuse_same(&self, args: &StudyArgs) -> Result<()> {
        if self.key == Path::new(DASH) {
            bail!("the key must stay with you and goes to a file; give --key a file's name");
        }
        if self.study == self.key {
            bail!("--out and --key are both {}; give two names", self.key.display());
        }
        if args.links.link.is_none() {
            return Ok(());
        }
        if self.study == Path::new(DASH) {
            bail!("links name the study's file; give --out a file's name");
        }
        if [&self.study, &self.key].contains(&&self.links) {
            bail!("--links is {}, which is the study or its key; give another name", self.links.display());
        }
        Ok(())
    }

    fn refuse_losses(&self, args: &StudyArgs) -> Result<()> {
        let texts = [&args.answers.guidelines, &args.page.consent, &args.config.config];
        let texts: Vec<String> =
            texts.into_iter().flatten().map(|path| path.to_string_lossy().into_owned()).collect();
        for path in [&self.study, &self.key, &self.links] {
            refuse_input_as_output(
                path,
                args.samples.iter().chain(args.votes()).chain(&args.next.weights).chain(&texts),
            )?;
            refuse_existing(path, args.force)?;
        }
        Ok(())
    }

    /// What each file is for, and what must not happen to the key.
    pub fn notes(&self, has_links: bool) -> String {
        let mut text = format!("{}: the study, for annotators\n", output_name(&self.study));
        if has_links {
            text += &format!("{}: a link for each list\n", output_name(&self.links));
        }
        text += &format!(
            "{}: its key, which must stay with you. It says which pairs are gold and which model wrote what; \
             whoever has it is no longer blind",
            output_name(&self.key)
        );
        if self.key.parent() == self.study.parent() {
            text +=
                ".\nThe key lies in the folder of the study: do not upload that folder with the key in it";
        }
        text
    }
}

/// `study.key.json` for `study.json`.
fn key_beside(study: &Path) -> PathBuf {
    let mut name = study.file_stem().unwrap_or_default().to_owned();
    name.push(".key.json");
    study.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_lies_beside_the_study() {
        for (study, key) in [
            ("study.json", "study.key.json"),
            ("a/b.c/pilot.2.json", "a/b.c/pilot.2.key.json"),
            ("plain", "plain.key.json"),
        ] {
            assert_eq!(key_beside(Path::new(study)), Path::new(key));
        }
    }
}
