//! Files that are read through twice, one record after another.

use super::ahead::ahead;
use super::{open, reader_name, DASH};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{self, BufReader, Seek};
use std::path::Path;
use tiebreak_core::schema::{Problem, Reader, Record};

/// Sources that hold the same at the second reading as at the first.
pub struct ReadTwice {
    sources: Vec<Source>,
}

struct Source {
    name: String,
    /// A copy without a name, where the source itself can be read only once.
    copy: Option<File>,
}

impl ReadTwice {
    /// Opens all sources; standard input and pipes are copied to the disk.
    pub fn new(sources: &[String]) -> Result<Self> {
        let source = |source: &String| {
            Ok(Source { name: reader_name(source).to_owned(), copy: copy_of_stream(source)? })
        };
        Ok(Self { sources: sources.iter().map(source).collect::<Result<_>>()? })
    }

    /// The records of all sources in their order, each reader's problems told to `report`.
    pub fn records<T: Record + Send + 'static>(
        &self,
        mut report: impl FnMut(&Problem),
    ) -> Result<impl Iterator<Item = T>> {
        let readers = self.sources.iter().map(Source::reader).collect::<Result<Vec<_>>>()?;
        let good = move |item: Result<_, Problem>| item.map_err(|problem| report(&problem)).ok();
        let items = ahead(|| readers.into_iter().flatten());
        Ok(items.filter_map(good).map(|numbered| numbered.record))
    }
}

impl Source {
    fn reader<T: Record>(&self) -> Result<Reader<BufReader<File>, T>> {
        let cannot = || format!("cannot read {}", self.name);
        let file = match &self.copy {
            Some(copy) => {
                let mut copy = copy.try_clone().with_context(cannot)?;
                copy.rewind().with_context(cannot)?;
                copy
            }
            None => open(Path::new(&self.name))?,
        };
        Ok(Reader::new(BufReader::new(file), &self.name))
    }
}

fn copy_of_stream(source: &str) -> Result<Option<File>> {
    let mut stream: Box<dyn io::Read> = if source == DASH {
        Box::new(io::stdin().lock())
    } else {
        let file = open(Path::new(source))?;
        if file.metadata().with_context(|| format!("cannot open {source}"))?.is_file() {
            return Ok(None);
        }
        Box::new(file)
    };
    let cannot = || format!("cannot copy {} to the temporary folder", reader_name(source));
    let mut copy = tempfile::tempfile().with_context(cannot)?;
    io::copy(&mut stream, &mut copy).with_context(cannot)?;
    Ok(Some(copy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiebreak_core::schema::Weight;

    #[test]
    fn both_readings_give_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.jsonl").display().to_string();
        let line = "{\"schema\":\"tiebreak/weight/1\",\"target\":\"a\",\"weight\":1.0}\n";
        std::fs::write(&path, format!("{line}no record\n{line}")).unwrap();
        let twice = ReadTwice::new(&[path.clone(), path]).unwrap();
        for _ in 0..2 {
            let mut n_problems = 0;
            assert_eq!(twice.records::<Weight>(|_| n_problems += 1).unwrap().count(), 4);
            assert_eq!(n_problems, 2);
        }
        assert!(ReadTwice::new(&["nowhere.jsonl".to_owned()]).is_err());
    }
}
