//! Where an export goes, and what cannot be asked for together.

use crate::args::{ExportArgs, WeightsChoice};
use crate::files::{self, refuse_existing, refuse_existing_in, DASH};
use anyhow::{bail, Result};
use std::path::{Path, PathBuf};
use tiebreak_core::export::format::{FileFormat, Format, SideFile};
use tiebreak_core::export::WeightsAs;
use tiebreak_core::schema::Prompt;

/// The name of the card in its folder.
pub const CARD: &str = "README.md";

/// The files of an export.
pub struct Plan {
    pub format: Format,
    pub file_format: FileFormat,
    pub weights_as: WeightsAs,
    /// Where there are several files that belong together.
    pub folder: Option<PathBuf>,
    /// The files of rows: of the training part, then of the test part where there is one.
    pub rows: Vec<PathBuf>,
    /// The dataset's name.
    pub name: String,
    pub has_card: bool,
    pub sides: Vec<SideFile>,
}

impl Plan {
    /// Refuses what cannot be written, before anything is read.
    pub fn new(args: &ExportArgs) -> Result<Self> {
        let (format, file_format) = (args.format.0, args.file_format.into());
        let has_test = args.split.test_share.is_some();
        refuse_combinations(args)?;
        match file_format {
            FileFormat::Json => refuse_table_name(args)?,
            FileFormat::Parquet => refuse_table(args)?,
        }
        let folder = (format.is_folder() || args.card.card).then(|| args.out.clone());
        let rows = match &folder {
            Some(folder) => {
                parts(has_test).map(|part| folder.join(format.file_name(part, file_format))).collect()
            }
            None if has_test => parts(has_test).map(|part| with_part(&args.out, part)).collect(),
            None => vec![args.out.clone()],
        };
        let name = name(&args.out);
        let sides = format.side_files(&name, has_test);
        let weights_as = weights_as(args)?;
        let has_card = args.card.card;
        let plan = Self { format, file_format, weights_as, folder, rows, name, has_card, sides };
        plan.refuse_files(args)?;
        Ok(plan)
    }

    /// The files in the folder beside the rows.
    pub fn other_files(&self) -> Vec<&str> {
        let card = self.has_card.then_some(CARD);
        self.sides.iter().map(|side| side.path).chain(card).collect()
    }

    /// Whether the prompt's messages have fields that rows of the format keep and a table has no column for.
    pub fn narrows(&self, prompt: &Prompt) -> bool {
        self.file_format == FileFormat::Parquet
            && self.format.keeps_other_fields()
            && prompt.messages.iter().any(|message| !message.extra.is_empty())
    }

    fn refuse_files(&self, args: &ExportArgs) -> Result<()> {
        let inputs = args.every_input();
        files::refuse_second_dash(&inputs)?;
        let outputs = self.rows.iter().chain(&args.report).map(PathBuf::as_path).collect::<Vec<&Path>>();
        files::refuse_shared(&outputs, &inputs)?;
        if let Some(folder) = &self.folder {
            refuse_existing_in(folder, &self.other_files(), args.force)?;
        }
        self.refuse_stale_part(args)?;
        self.rows.iter().chain(&args.report).try_for_each(|path| refuse_existing(path, args.force))
    }

    /// A test part of an earlier export beside rows that hold all prompts would be read as one that they do not hold.
    fn refuse_stale_part(&self, args: &ExportArgs) -> Result<()> {
        let stale = match &self.folder {
            Some(folder) => folder.join(self.format.file_name("test", self.file_format)),
            None => with_part(&args.out, "test"),
        };
        if args.split.test_share.is_none() && !self.rows.contains(&stale) && stale.is_file() {
            bail!(
                "{} is the test part of an earlier export, and without --test-share its prompts are trained on; give --test-share, another --out, or remove it",
                stale.display()
            );
        }
        Ok(())
    }
}

fn parts(has_test: bool) -> impl Iterator<Item = &'static str> {
    ["train", "test"].into_iter().take(if has_test { 2 } else { 1 })
}

/// `preferences.train.jsonl` of `preferences.jsonl`.
fn with_part(out: &Path, part: &str) -> PathBuf {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let end = out.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    out.with_file_name(format!("{stem}.{part}{end}"))
}

/// What trainers call the data: the output's name in letters, digits, `-` and `_`.
fn name(out: &Path) -> String {
    let stem = out.file_stem().unwrap_or_default().to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name: String = stem.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if name.trim_matches('_').is_empty() {
        "preferences".to_owned()
    } else {
        name
    }
}

fn weights_as(args: &ExportArgs) -> Result<WeightsAs> {
    let weighing = &args.weighing;
    if weighing.size.is_some() && weighing.weights_as != WeightsChoice::Resample {
        bail!("--size is how many pairs to draw, which only --weights-as resample does");
    }
    Ok(match weighing.weights_as {
        WeightsChoice::Column => WeightsAs::Column,
        WeightsChoice::Margin => WeightsAs::Margin,
        WeightsChoice::Resample => WeightsAs::Resample { size: weighing.size, seed: weighing.seed },
    })
}

fn refuse_combinations(args: &ExportArgs) -> Result<()> {
    let format = args.format.0;
    let name = format.name();
    if args.weighing.weights_as == WeightsChoice::Margin && !format.reads_margin() {
        bail!("no trainer reads a margin from {name}; --weights-as margin is for trl-reward and openrlhf, and resample for all");
    }
    let is_split = args.split.test_share.is_some();
    let is_drawn = args.weighing.weights_as == WeightsChoice::Resample;
    if format.is_project() && (is_split || is_drawn || args.card.card) {
        bail!("{name} is a project to annotate and no data to train on: it has no test part, no drawn rows and no card");
    }
    if args.out == Path::new(DASH) && (is_split || args.card.card || format.is_folder()) {
        bail!("these are several files, which standard output cannot hold; give a name with --out");
    }
    Ok(())
}

/// Refuses a table that cannot be written, or that loaders would take for lines by its name.
fn refuse_table(args: &ExportArgs) -> Result<()> {
    if !cfg!(feature = "parquet") {
        bail!("this program is built without Parquet: build it with `cargo install --path crates/native --features parquet`, or leave out --file-format");
    }
    let name = args.format.0.name();
    if args.format.0.columns().is_none() {
        bail!("{name} is read from JSON files by their names; --file-format parquet is for trl-dpo, trl-kto, trl-reward, openrlhf, axolotl and nemo-rl");
    }
    if args.out == Path::new(DASH) {
        bail!("a Parquet file is read from its end, which standard output does not offer; give a name with --out");
    }
    if !args.card.card && !is_named_as_table(&args.out) {
        bail!("loaders tell a Parquet file by its name: give --out a name that ends in .parquet");
    }
    Ok(())
}

/// Refuses JSON under the name of a table, which no loader would read.
fn refuse_table_name(args: &ExportArgs) -> Result<()> {
    let is_file = !args.card.card && !args.format.0.is_folder();
    if is_file && is_named_as_table(&args.out) {
        let out = args.out.display();
        bail!("{out} is named as a Parquet file: add --file-format parquet, or give another name");
    }
    Ok(())
}

fn is_named_as_table(out: &Path) -> bool {
    out.extension().is_some_and(|ending| ending == FileFormat::Parquet.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_before_the_ending() {
        let check = |out: &str, expected: &str| {
            assert_eq!(with_part(Path::new(out), "test"), Path::new(expected));
        };
        check("preferences.jsonl", "preferences.test.jsonl");
        check("a/b.c.jsonl", "a/b.c.test.jsonl");
        check("rows", "rows.test");
    }

    #[test]
    fn a_dataset_is_called_as_its_output() {
        for (out, expected) in [
            ("a/shop-2.jsonl", "shop-2"),
            ("my data", "my_data"),
            ("-", "-"),
            ("..", "preferences"),
            ("日本", "preferences"),
        ] {
            assert_eq!(name(Path::new(out)), expected, "{out}");
        }
    }
}
