//! Reading files of records: what is good, and a list of what is not.

use super::lines::{Line, Lines, MAX_LINE_BYTES};
use super::locate::column_of;
use super::parse::{parse_record, record_name};
use super::problem::{Fault, Problem};
use super::record::Record;
use std::collections::{BTreeMap, VecDeque};
use std::io::BufRead;
use std::marker::PhantomData;

/// A record and the line that it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbered<T> {
    /// The line, from 1.
    pub line: u64,
    /// The record.
    pub record: T,
}

/// All of a file: the good records, and the problems beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct Read<T> {
    /// The records, in the order of the file.
    pub records: Vec<Numbered<T>>,
    /// What is wrong with the other lines, in the order of the file.
    pub problems: Vec<Problem>,
    /// Whether the last line has no line end; whoever appends writes one first.
    pub is_open: bool,
}

impl<T> Read<T> {
    /// The records without their lines.
    pub fn into_records(self) -> Vec<T> {
        self.records.into_iter().map(|numbered| numbered.record).collect()
    }

    /// The offset at which the last line begins, where it breaks off.
    pub fn cut_at(&self) -> Option<u64> {
        self.problems.last().and_then(|problem| problem.cut_at)
    }
}

/// Reads a whole file; `file_name` is for the problems' messages only.
pub fn read_records<T: Record>(reader: impl BufRead, file_name: &str) -> Read<T> {
    let mut reader = Reader::new(reader, file_name);
    let mut read = Read { records: Vec::new(), problems: Vec::new(), is_open: false };
    for item in &mut reader {
        match item {
            Ok(record) => read.records.push(record),
            Err(problem) => read.problems.push(problem),
        }
    }
    read.is_open = reader.is_open();
    read
}

/// What a file holds, by the schema of its first line that has a known one: the record's name, such as `vote`.
///
/// Nothing else of the line has to be right, and any version will do.
pub fn first_record_name(reader: impl BufRead) -> Option<&'static str> {
    let mut source = Source::new(reader, "", MAX_LINE_BYTES);
    std::iter::from_fn(|| source.next_line()).find_map(|line| record_name(&line.ok()?.bytes))
}

/// Reads a file record by record, in the memory of one line.
///
/// Each item is a record or a problem; a line may have several problems.
/// Reading goes on after a problem, unless the reader itself fails.
pub struct Reader<R, T> {
    source: Source<R>,
    ids: Ids,
    pending: VecDeque<Problem>,
    offset: u64,
    record: PhantomData<T>,
}

impl<R: BufRead, T: Record> Reader<R, T> {
    /// Reads from `reader`; `file_name` is for the problems' messages only.
    pub fn new(reader: R, file_name: &str) -> Self {
        Self::with_max_line_bytes(reader, file_name, MAX_LINE_BYTES)
    }

    /// The same, refusing lines longer than `max_line_bytes` (64 MiB by default).
    pub fn with_max_line_bytes(reader: R, file_name: &str, max_line_bytes: usize) -> Self {
        Self {
            source: Source::new(reader, file_name, max_line_bytes),
            ids: Ids::default(),
            pending: VecDeque::new(),
            offset: 0,
            record: PhantomData,
        }
    }

    /// Whether the last line that was read has no line end.
    pub fn is_open(&self) -> bool {
        self.source.is_open
    }

    /// Where the line of the last record begins, in bytes from where reading began.
    pub fn offset(&self) -> u64 {
        self.offset
    }
}

impl<R: BufRead, T: Record> Iterator for Reader<R, T> {
    type Item = Result<Numbered<T>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(problem) = self.pending.pop_front() {
            return Some(Err(problem));
        }
        let line = match self.source.next_line()? {
            Ok(line) => line,
            Err(problem) => return Some(Err(problem)),
        };
        self.offset = line.offset;
        let parsed = parse_record::<T>(&line.bytes).and_then(|record| match record.unique_id() {
            Some(id) => self.ids.claim(id, &line).map(|()| record),
            None => Ok(record),
        });
        match parsed {
            Ok(record) => Some(Ok(Numbered { line: line.number, record })),
            Err(faults) => {
                self.pending.extend(faults.into_iter().map(|fault| self.source.problem(&line, fault)));
                self.pending.pop_front().map(Err)
            }
        }
    }
}

/// Lines that are not blank, with their problems named after the file.
pub(crate) struct Source<R> {
    lines: Lines<R>,
    file: String,
    max_line_bytes: usize,
    has_failed: bool,
    /// Whether the last line that was read has no line end.
    pub is_open: bool,
}

impl<R: BufRead> Source<R> {
    pub fn new(reader: R, file_name: &str, max_line_bytes: usize) -> Self {
        Self {
            lines: Lines::new(reader, max_line_bytes),
            file: file_name.to_owned(),
            max_line_bytes,
            has_failed: false,
            is_open: false,
        }
    }

    /// The next line that is not blank.
    pub fn next_line(&mut self) -> Option<Result<Line, Problem>> {
        while !self.has_failed {
            let line = match self.lines.next_line() {
                Ok(line) => line?,
                Err(error) => {
                    self.has_failed = true;
                    return Some(Err(Problem {
                        file: self.file.clone(),
                        line: self.lines.number() + 1,
                        column: 1,
                        message: format!("the file cannot be read any further: {error}"),
                        expected: None,
                        cut_at: None,
                    }));
                }
            };
            self.is_open = !line.ended;
            if line.too_long {
                let expected = format!("at most {} bytes a line", self.max_line_bytes);
                let fault = Fault::new(1, "the line is too long to be read").expected(expected);
                return Some(Err(self.problem(&line, fault)));
            }
            if !line.bytes.iter().all(u8::is_ascii_whitespace) {
                return Some(Ok(line));
            }
        }
        None
    }

    /// The problem that `fault` is on `line`.
    pub fn problem(&self, line: &Line, fault: Fault) -> Problem {
        let is_cut = fault.incomplete && !line.ended;
        let message = match is_cut {
            true => format!("the last line breaks off: {}", fault.message),
            false => fault.message,
        };
        Problem {
            file: self.file.clone(),
            line: line.number,
            column: fault.column,
            message,
            expected: fault.expected,
            cut_at: is_cut.then_some(line.offset),
        }
    }
}

/// The ids so far, and where they stand.
#[derive(Default)]
pub(super) struct Ids(BTreeMap<String, u64>);

impl Ids {
    /// Takes `id` for `line`, unless another line has it.
    pub fn claim(&mut self, id: &str, line: &Line) -> Result<(), Vec<Fault>> {
        if let Some(first) = self.0.get(id) {
            let column = str::from_utf8(&line.bytes).map_or(1, |text| column_of(text, "id"));
            let message = format!("the id `{id}` is that of line {first} already, so this one is left out");
            return Err(vec![Fault::new(column, message).expected("an id of its own")]);
        }
        self.0.insert(id.to_owned(), line.number);
        Ok(())
    }
}
