//! Models in several `.gguf` files, as llama.cpp splits them: `name-00001-of-00003.gguf`.

/// The digits of a number in a name.
const DIGITS: usize = 5;

/// The names of all parts where `name` is the first of a split set, else `name` alone.
pub fn parts(name: &str) -> Vec<String> {
    match Part::of(name) {
        Some(Part { stem, number: 1, count }) => {
            (1..=count).map(|number| format!("{stem}-{number:05}-of-{count:05}.gguf")).collect()
        }
        _ => vec![name.to_owned()],
    }
}

/// The first of the set where `name` is a later part.
pub fn first_of(name: &str) -> Option<String> {
    let part = Part::of(name).filter(|part| part.number > 1)?;
    Some(format!("{}-{:05}-of-{:05}.gguf", part.stem, 1, part.count))
}

struct Part<'a> {
    stem: &'a str,
    /// From 1.
    number: u32,
    count: u32,
}

impl<'a> Part<'a> {
    fn of(name: &'a str) -> Option<Self> {
        let (rest, count) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
        let (stem, number) = rest.rsplit_once('-')?;
        let parse = |text: &str| {
            let is_number = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<u32>().ok()).flatten()
        };
        let (number, count) = (parse(number)?, parse(count)?);
        (1..=count).contains(&number).then_some(Self { stem, number, count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_names_all() {
        assert_eq!(
            parts("a/m-00001-of-00003.gguf"),
            ["a/m-00001-of-00003.gguf", "a/m-00002-of-00003.gguf", "a/m-00003-of-00003.gguf"]
        );
        assert_eq!(first_of("m-00003-of-00003.gguf").as_deref(), Some("m-00001-of-00003.gguf"));
    }

    #[test]
    fn other_names_are_one_file() {
        for name in [
            "m.gguf",
            "m-1-of-3.gguf",
            "m-00000-of-00003.gguf",
            "m-00004-of-00003.gguf",
            "m-0000x-of-00003.gguf",
            "m-00001-of-00003.bin",
        ] {
            assert_eq!((parts(name), first_of(name)), (vec![name.to_owned()], None), "{name}");
        }
        assert_eq!(first_of("m-00001-of-00003.gguf"), None);
    }
}
