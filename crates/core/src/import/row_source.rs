//! Where rows come from.

use crate::schema::{AnnotatorKind, ContentHash};

/// Where rows come from, and who annotated those that do not say it.
#[derive(Clone, Debug, PartialEq)]
pub struct RowSource {
    /// The file's name, for messages.
    pub file: String,
    /// Eight hex digits of a hash of what the file holds, which tell files of one name apart; see [`content_digits`].
    pub content: String,
    /// The annotator of rows that name none; without it `import:FILE-CONTENT` stands for each of them.
    pub annotator: Option<String>,
    /// Of which kind annotators are whose row does not tell; without it of that which is usual in the format, mostly human.
    pub kind: Option<AnnotatorKind>,
}

/// The digits that stand for what a file holds: the same for a copy under another name.
pub fn content_digits(content: &[u8]) -> String {
    let mut hash = ContentHash::new("tiebreak/import-file/1");
    hash.text(&String::from_utf8_lossy(content));
    hash.hex()[..8].to_owned()
}
