//! Where in a line a value stands: checks after parsing name a path, and people look for a column.

/// The column (in bytes, from 1) of the value at `path`, such as `responses[1].id`, in a line of valid JSON.
///
/// Where the path leads nowhere, it is the column of the last value on it that is there.
pub(super) fn column_of(line: &str, path: &str) -> u64 {
    let bytes = line.as_bytes();
    let mut at = skip_space(bytes, 0);
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        let found = match step.strip_suffix(']') {
            Some(index) => index.parse().ok().and_then(|index| element(bytes, at, index)),
            None => field(line, at, step),
        };
        match found {
            Some(position) => at = position,
            None => break,
        }
    }
    at as u64 + 1
}

/// The start of the element `index` of the array at `at`.
fn element(bytes: &[u8], at: usize, index: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'[') {
        return None;
    }
    let mut at = skip_space(bytes, at + 1);
    for _ in 0..index {
        at = skip_space(bytes, skip_value(bytes, at));
        if bytes.get(at) != Some(&b',') {
            return None;
        }
        at = skip_space(bytes, at + 1);
    }
    (bytes.get(at)? != &b']').then_some(at)
}

/// The start of the value of `key` in the object at `at`.
fn field(line: &str, at: usize, key: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = skip_space(bytes, at + 1);
    while bytes.get(at) == Some(&b'"') {
        let end = skip_value(bytes, at);
        let name: String = serde_json::from_str(line.get(at..end)?).ok()?;
        let colon = skip_space(bytes, end);
        let value = skip_space(bytes, colon + 1);
        if name == key {
            return Some(value);
        }
        at = skip_space(bytes, skip_value(bytes, value));
        if bytes.get(at) == Some(&b',') {
            at = skip_space(bytes, at + 1);
        }
    }
    None
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

/// The end of the value that starts at `at`.
fn skip_value(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = skip_string(bytes, at),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                at += 1;
            }
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth > 0 => {
                at += 1;
                continue;
            }
            b',' => return at,
            _ => {
                while !matches!(bytes.get(at), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n'))
                {
                    at += 1;
                }
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// The end of the string whose opening quote is at `at`.
fn skip_string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, path: &str, expected: &str) {
        let column = column_of(line, path) as usize;
        assert!(line[column - 1..].starts_with(expected), "{path} of {line} is at {}", &line[column - 1..]);
    }

    #[test]
    fn values_are_found() {
        let line = r#" { "a" : [1, {"b": "]}", "c\n": [ ] }, "x,y"], "é": {"d": null}, "e": -1.5e3} "#;
        check(line, "", "{ \"a\"");
        check(line, "a", "[1, ");
        check(line, "a[0]", "1, {");
        check(line, "a[1]", "{\"b\"");
        check(line, "a[1].b", "\"]}\"");
        check(line, "a[2]", "\"x,y\"");
        check(line, "é.d", "null");
        check(line, "e", "-1.5e3");
    }

    #[test]
    fn a_path_to_nowhere_ends_at_the_last_value_on_it() {
        let line = r#"{"a": [1], "b": {"c": 2}}"#;
        check(line, "a[7]", "[1]");
        check(line, "b.d", "{\"c\"");
        check(line, "z", "{\"a\"");
        check(r#"{"a": []}"#, "a[0]", "[]");
    }
}
