//! `tiebreak import`: datasets of other tools in, samples, votes and ratings out.

mod quotes;
mod source;
mod table;

use crate::args::ImportArgs;
use crate::files::{self, refuse_existing, refuse_shared, say, WholeFile, DASH};
use crate::outcome::{Outcome, Problems};
use crate::terminal::plural;
use anyhow::{bail, Result};
use jiff::Timestamp;
use source::{RowReader, Source};
use std::path::Path;
use tiebreak_core::import::{Format, Gatherer, ImportReport, Made, RowSource, Settings, Unsure};
use tiebreak_core::schema::{Extra, Numbered, Record};

pub fn run(args: &ImportArgs) -> Result<Outcome> {
    check_files(args)?;
    let mut import = Import::begin(args)?;
    args.inputs.iter().try_for_each(|source| import.file(source))?;
    import.finish()
}

/// An error where a file cannot be read or written as asked for, before anything is.
fn check_files(args: &ImportArgs) -> Result<()> {
    files::refuse_second_dash(&args.inputs)?;
    let outputs: Vec<&Path> = [Some(&args.samples), args.votes.as_ref(), args.ratings.as_ref()]
        .into_iter()
        .flatten()
        .map(|p| &**p)
        .collect();
    if outputs.iter().filter(|out| **out == Path::new(DASH)).count() > 1 {
        bail!("only one output can be standard output; give the others files");
    }
    refuse_shared(&outputs, &args.inputs)?;
    outputs.into_iter().try_for_each(|out| refuse_existing(out, args.force))
}

/// So many rows are looked at to tell a format, since the first may be one that cannot be used.
const MOST_TELLING_ROWS: usize = 100;

/// A run: what is gathered, and where it goes.
struct Import<'a> {
    args: &'a ImportArgs,
    settings: Settings,
    gatherer: Gatherer,
    samples: WholeFile,
    votes: Option<WholeFile>,
    ratings: Option<WholeFile>,
    problems: Problems,
}

impl<'a> Import<'a> {
    fn begin(args: &'a ImportArgs) -> Result<Self> {
        let create = |path: &Option<_>| path.as_deref().map(WholeFile::create).transpose();
        Ok(Self {
            args,
            settings: args.settings(),
            gatherer: Gatherer::default(),
            samples: WholeFile::create(&args.samples)?,
            votes: create(&args.votes)?,
            ratings: create(&args.ratings)?,
            problems: Problems::default(),
        })
    }

    /// Reads a file row by row; without --format its first rows tell the format.
    fn file(&mut self, path: &str) -> Result<()> {
        let Source { name, content, mut rows } = Source::open(path, self.args.format)?;
        let annotator = self.args.annotator.clone();
        let source = RowSource { file: name, content, annotator, kind: self.args.kind.map(Into::into) };
        let (format, held) = match self.args.format.given() {
            Some(format) => (Some(format), Vec::new()),
            None => self.told_format(&mut rows, &source),
        };
        let Some(format) = format else { return Ok(()) };
        held.into_iter().try_for_each(|row| self.row(row, format, &source))?;
        while let Some(row) = self.next_row(&mut rows) {
            self.row(row, format, &source)?;
        }
        Ok(())
    }

    /// The next row that can be read; what is none is told.
    fn next_row(&mut self, rows: &mut RowReader) -> Option<Numbered<Extra>> {
        loop {
            match rows.next()? {
                Ok(row) => return Some(row),
                Err(problem) => {
                    self.gatherer.unreadable();
                    self.problems.add(&problem);
                }
            }
        }
    }

    /// The format that the first rows tell, and these rows; where none tells it the file is left out, which is a problem.
    fn told_format(
        &mut self,
        rows: &mut RowReader,
        source: &RowSource,
    ) -> (Option<Format>, Vec<Numbered<Extra>>) {
        let (mut held, mut doubt) = (Vec::new(), None);
        while held.len() < MOST_TELLING_ROWS {
            let Some(row) = self.next_row(rows) else { break };
            let (told, line) = (Format::of(&row.record, &self.settings), row.line);
            held.push(row);
            match told {
                Ok(format) => {
                    say(&format!("{}: taken as {format} by its fields", source.file));
                    return (Some(format), held);
                }
                Err(unsure @ Unsure::Unknown { .. }) => doubt = doubt.or(Some((line, unsure))),
                Err(unsure) => {
                    doubt = Some((line, unsure));
                    break;
                }
            }
        }
        if let Some((line, unsure)) = doubt {
            let file = &source.file;
            self.problems
                .add(&format!("{file}:{line}: the format cannot be told, so the file is left out: {unsure}"));
        }
        (None, Vec::new())
    }

    fn row(&mut self, row: Numbered<Extra>, format: Format, source: &RowSource) -> Result<()> {
        let made = match format.read(row.record, &self.settings) {
            Ok(said) => self.gatherer.take(said, source, row.line),
            Err(refusal) => {
                let problems = vec![self.gatherer.refuse(&refusal, source, row.line)];
                Made { problems, ..Made::default() }
            }
        };
        write_all(self.votes.as_mut(), &made.votes)?;
        write_all(self.ratings.as_mut(), &made.ratings)?;
        made.problems.iter().for_each(|problem| self.problems.add(problem));
        if self.gatherer.text_bytes() >= self.args.memory << 20 {
            self.release()?;
        }
        Ok(())
    }

    /// Writes the samples so far, and holds them no longer.
    fn release(&mut self) -> Result<()> {
        let (samples, problems) = self.gatherer.release();
        problems.iter().for_each(|problem| self.problems.add(problem));
        write_all(Some(&mut self.samples), &samples)
    }

    fn finish(mut self) -> Result<Outcome> {
        self.release()?;
        let report = self.gatherer.report().clone();
        say(&report.to_string());
        if report.samples + report.votes + report.ratings == 0 {
            bail!("nothing in {} can be used, and nothing was written", self.args.inputs.join(", "));
        }
        tell_doubts(&report, self.args);
        for name in self.gatherer.missing_names(&self.settings) {
            self.problems.add(&format!("a flag names the field `{name}`, and no row has it"));
        }
        let outputs = [
            (Some(&self.args.samples), Some(self.samples), report.samples, "sample"),
            (self.args.votes.as_ref(), self.votes, report.votes, "vote"),
            (self.args.ratings.as_ref(), self.ratings, report.ratings, "rating"),
        ];
        for (path, file, count, record) in outputs {
            let what = plural(count as usize, record);
            if let (Some(path), Some(file)) = (path, file) {
                file.finish()?;
                say(&format!("{}: {what}", files::output_name(path)));
            } else if count > 0 {
                self.problems.add(&format!("{what} not written; give a file as --{record}s"));
            }
        }
        Ok(self.problems.outcome(None))
    }
}

fn write_all<T: Record>(file: Option<&mut WholeFile>, records: &[T]) -> Result<()> {
    match file {
        Some(file) => records.iter().try_for_each(|record| file.write_record(record)),
        None => Ok(()),
    }
}

/// What to know of records that were made as the source has it.
fn tell_doubts(report: &ImportReport, args: &ImportArgs) {
    if report.votes > 0 && report.votes_without_time == report.votes && !args.has_time() {
        say("note: no vote has a time; where the source has one under another name, give it as --time-field");
    }
    if let Some(time) = report.latest_vote.filter(|time| *time > Timestamp::now()) {
        say(&format!(
            "note: the latest vote is of {time}, which is still to come; drift leaves such votes out"
        ));
    }
}
