//! Which bytes of a file a request asks for, as RFC 9110, section 14, has it.

/// What a Range header means for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// All of them: there is no header, or one that may be ignored, as several ranges may.
    All,
    /// `count` bytes from `first` on; at least one.
    Part { first: u64, count: u64 },
    /// Not a byte of the file is asked for.
    Nothing,
}

impl Bytes {
    pub fn asked(header: Option<&str>, length: u64) -> Self {
        match header.and_then(parse) {
            None => Self::All,
            Some(Asked::Last(0)) => Self::Nothing,
            Some(Asked::Last(_)) if length == 0 => Self::Nothing,
            Some(Asked::Last(count)) => {
                let count = count.min(length);
                Self::Part { first: length - count, count }
            }
            Some(Asked::From { first, .. }) if first >= length => Self::Nothing,
            Some(Asked::From { first, last }) => {
                Self::Part { first, count: last.unwrap_or(u64::MAX).min(length - 1) - first + 1 }
            }
        }
    }
}

enum Asked {
    From { first: u64, last: Option<u64> },
    Last(u64),
}

/// One range of bytes; none where it is something else.
fn parse(header: &str) -> Option<Asked> {
    let (unit, range) = header.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    match (first.trim(), last.trim()) {
        ("", last) => Some(Asked::Last(number(last)?)),
        (first, "") => Some(Asked::From { first: number(first)?, last: None }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Asked::From { first, last: Some(last) })
        }
    }
}

/// Digits alone; what is too large for a file is as large as can be.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, length: u64, expected: Bytes) {
        assert_eq!(Bytes::asked(Some(header), length), expected, "{header} of {length}");
    }

    #[test]
    fn single_ranges() {
        let part = |first, count| Bytes::Part { first, count };
        check("bytes=0-0", 10, part(0, 1));
        check("bytes=2-5", 10, part(2, 4));
        check("Bytes = 2-5", 10, part(2, 4));
        check("bytes=2-", 10, part(2, 8));
        check("bytes=2-99999999999999999999999", 10, part(2, 8));
        check("bytes=-3", 10, part(7, 3));
        check("bytes=-30", 10, part(0, 10));
    }

    #[test]
    fn ranges_without_a_byte() {
        for (header, length) in
            [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)]
        {
            check(header, length, Bytes::Nothing);
        }
    }

    #[test]
    fn what_may_be_ignored_is() {
        for header in
            ["bytes=0-1,3-4", "lines=0-1", "bytes=5-2", "bytes=-", "bytes=a-b", "bytes=+1-2", "bytes", ""]
        {
            check(header, 10, Bytes::All);
        }
        assert_eq!(Bytes::asked(None, 10), Bytes::All);
    }
}
