//! A link for each list of pairs.

use crate::args::StudyArgs;
use anyhow::{bail, Context, Result};
use percent_encoding::{utf8_percent_encode, AsciiSet, NON_ALPHANUMERIC};

/// What stands in a query as it is: letters, digits and what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The links to `n_lists` lists as CSV, where a page is named.
pub fn links(args: &StudyArgs, n_lists: usize) -> Result<Option<String>> {
    let Some(page) = &args.links.link else { return Ok(None) };
    check(page)?;
    let study = args.out.file_name().unwrap_or_default().to_string_lossy();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["slot", "link"])?;
    for slot in 1..=n_lists {
        table.write_record([slot.to_string(), link(page, &study, slot)])?;
    }
    let bytes = table.into_inner().context("cannot write the links")?;
    String::from_utf8(bytes).map(Some).context("a link is not UTF-8")
}

fn check(page: &str) -> Result<()> {
    let host = ["https://", "http://"].into_iter().find_map(|scheme| page.strip_prefix(scheme));
    if !host.is_some_and(|host| host.starts_with(|c: char| c.is_alphanumeric() || c == '[')) {
        bail!("--link: `{page}` is no address of a page; expected one that begins with https://");
    }
    if page.contains('#') || page.contains(|c: char| c.is_whitespace() || c.is_control()) {
        bail!("--link: `{page}` holds a # or a space, after which nothing can be added");
    }
    Ok(())
}

fn link(page: &str, study: &str, slot: usize) -> String {
    let joint = match page.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{page}{joint}study={}&slot={slot}", utf8_percent_encode(study, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_s_address_holds_already_stays() {
        for (page, expected) in [
            ("https://a.example/", "https://a.example/?study=my%20study%26.json&slot=3"),
            ("https://a.example/?", "https://a.example/?study=my%20study%26.json&slot=3"),
            ("https://a.example/?lang=de", "https://a.example/?lang=de&study=my%20study%26.json&slot=3"),
        ] {
            assert_eq!(link(page, "my study&.json", 3), expected);
        }
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for good in ["https://a.example", "http://127.0.0.1:8000/", "http://[::1]/x?y={{%ID%}}"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["a.example", "https://", "javascript:x", "https://a.example/#x", "https://a .example"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
