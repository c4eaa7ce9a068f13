//! What all records have in common, and how they are written.

use super::check::Finding;
use super::{Extra, Preference, Prompt, Rating, Sample, Unrevised, Vote, Weight, check};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};

/// Something that stands on one line of a file.
pub trait Record: Serialize + DeserializeOwned + Clone {
    /// The record's name and version, such as `tiebreak/sample/1`.
    const SCHEMA: &'static str;

    /// Whether a line without `schema` is refused.
    const NEEDS_SCHEMA: bool = true;

    /// The fields that this version does not know.
    fn extra(&self) -> &Extra;

    /// The same, to change them.
    fn extra_mut(&mut self) -> &mut Extra;

    /// What is wrong with the values, types aside; empty where nothing is.
    fn check(&self) -> Vec<Finding>;

    /// The id that no other record of the file may have, where there is one.
    fn unique_id(&self) -> Option<&str> {
        None
    }
}

macro_rules! record {
    ($type:ty, $schema:literal, $check:path $(, $item:item)*) => {
        impl Record for $type {
            const SCHEMA: &'static str = $schema;

            fn extra(&self) -> &Extra {
                &self.extra
            }

            fn extra_mut(&mut self) -> &mut Extra {
                &mut self.extra
            }

            fn check(&self) -> Vec<Finding> {
                $check(self)
            }

            $($item)*
        }
    };
}

record!(
    Prompt,
    "tiebreak/prompt/1",
    check::prompt,
    const NEEDS_SCHEMA: bool = false;,
    fn unique_id(&self) -> Option<&str> {
        Some(&self.id)
    }
);
record!(Sample, "tiebreak/sample/1", check::sample);
record!(Unrevised, "tiebreak/unrevised/1", check::unrevised);
record!(Vote, "tiebreak/vote/1", check::vote);
record!(Rating, "tiebreak/rating/1", check::rating);
record!(Weight, "tiebreak/weight/1", check::weight);
record!(Preference, "tiebreak/preference/1", check::preference);

/// The names of all records, to tell a file of another record from one of an unknown version.
pub(super) const NAMES: [&str; 7] =
    ["prompt", "sample", "unrevised", "vote", "rating", "weight", "preference"];

/// The record as one line of JSON, `schema` first, without a line end.
///
/// JSON has no NaN and no infinity: they would be written as `null`.
/// [`Record::check`] finds them before.
pub fn to_line<T: Record>(record: &T) -> String {
    #[derive(Serialize)]
    struct Line<'a, T> {
        schema: &'static str,
        #[serde(flatten)]
        record: &'a T,
    }

    let line = |record: &T| {
        serde_json::to_string(&Line { schema: T::SCHEMA, record })
            .expect("records have text keys and no fallible serializer")
    };
    if record.extra().contains_key("schema") {
        let mut record = record.clone();
        record.extra_mut().remove("schema");
        return line(&record);
    }
    line(record)
}

/// Writes each record as one line.
pub fn write_records<'a, T: Record + 'a>(
    writer: &mut impl Write,
    records: impl IntoIterator<Item = &'a T>,
) -> io::Result<()> {
    for record in records {
        let mut line = to_line(record);
        line.push('\n');
        writer.write_all(line.as_bytes())?;
    }
    Ok(())
}
