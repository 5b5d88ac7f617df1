//! The value of `baggage`: members `key=value;property`, values percent-encoded.
//!
//! <https://www.w3.org/TR/baggage/>. Not the SDK's propagator: its output is not its input where a value contains `%`,
//! and this crate works without the SDK.

use opentelemetry::baggage::{Baggage, BaggageMetadata};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::ignored::counted;

/// The limits that the specification asks everybody to support (section 3.3.2).
const MAX_MEMBERS: usize = 64;
const MAX_BYTES: usize = 8192;

/// The longest list that is read: white space and what is left out can make it longer than what goes out.
const MAX_READ_BYTES: usize = 2 * MAX_BYTES;

/// What a value may not contain as it is (section 3.3.1.2, `baggage-octet`), and `%`, which begins what is encoded.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b',')
    .add(b';')
    .add(b'\\')
    .add(b'%');

/// Reads a list that may be spread over several headers, and writes it within the limits.
pub(crate) fn normalize<'a>(headers: impl IntoIterator<Item = &'a str>) -> String {
    let mut headers = headers.into_iter().peekable();
    if headers.peek().is_none() {
        return String::new();
    }
    let mut baggage = Baggage::new();
    headers.for_each(|header| read(header, &mut baggage));
    format(&baggage)
}

/// Reads one list.
pub(crate) fn parse(text: &str) -> Baggage {
    let mut baggage = Baggage::new();
    read(text, &mut baggage);
    baggage
}

/// Adds the members of a list to `baggage`. Members that are not valid are left out, and so is everything above the
/// limits.
fn read(text: &str, baggage: &mut Baggage) {
    let Some(text) = counted(Some(text).filter(|text| text.len() <= MAX_READ_BYTES)) else {
        return;
    };
    let members = text.split(',').map(trim);
    for member in members.filter(|member| !member.is_empty()) {
        let has_room = baggage.len() < MAX_MEMBERS;
        if let Some((key, value, metadata)) = counted(parse_member(member).filter(|_| has_room)) {
            baggage.insert_with_metadata(key, value, metadata);
        }
    }
}

fn parse_member(member: &str) -> Option<(String, String, BaggageMetadata)> {
    let (pair, metadata) = member.split_once(';').unwrap_or((member, ""));
    let (key, value) = pair.split_once('=')?;
    let (key, value) = (trim(key), trim(value));
    // As the specification says for octets that are not UTF-8 (section 3.3.1.3).
    let value = percent_decode_str(value).decode_utf8_lossy();
    let properties: Vec<_> = metadata.split(';').map(trim).collect();
    let metadata = properties.join(";");
    (is_token(key) && is_metadata(&metadata))
        .then(|| (key.to_owned(), value.into_owned(), metadata.into()))
}

/// Writes the list within the limits; empty if there is no baggage. What does not fit is left out.
pub(crate) fn format(baggage: &Baggage) -> String {
    let mut list = String::new();
    // In an order of its own, so that equal baggage is equal text: the map behind it has none.
    let mut members: Vec<_> = baggage.iter().collect();
    members.sort_by_key(|(key, _)| key.as_str());
    for (key, (value, metadata)) in members.into_iter().take(MAX_MEMBERS) {
        let mut member = key.as_str().to_owned();
        member.push('=');
        member.extend(utf8_percent_encode(value.as_str(), ENCODED));
        if !metadata.as_str().is_empty() && is_metadata(metadata.as_str()) {
            member.push(';');
            member.push_str(metadata.as_str());
        }
        let separator = usize::from(!list.is_empty());
        if is_token(key.as_str()) && list.len() + separator + member.len() <= MAX_BYTES {
            if separator > 0 {
                list.push(',');
            }
            list.push_str(&member);
        }
    }
    list
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// `token` of RFC 7230, section 3.2.6.
fn is_token(key: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !key.is_empty() && key.bytes().all(is_allowed)
}

/// Properties are passed on as they are, so they may not begin a new member or a new header.
fn is_metadata(metadata: &str) -> bool {
    metadata
        .bytes()
        .all(|byte| matches!(byte, b' '..=b'~' if byte != b','))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_back_with_their_properties() {
        let text = "a=1,b=100%25%20of%2Cit;private;ttl=3";
        let baggage = parse(text);
        assert_eq!(baggage.get("b").unwrap().as_str(), "100% of,it");
        assert_eq!(format(&baggage), text);
    }

    #[test]
    fn a_bad_member_costs_itself_alone() {
        let before = crate::ignored();
        let baggage = parse("good=1, =2,no pair,b\u{e4}d=3,other = 4 ");
        assert_eq!(format(&baggage), "good=1,other=4");
        assert!(crate::ignored() - before >= 3);
    }

    #[test]
    fn octets_that_are_not_utf_8_are_replaced() {
        assert_eq!(
            parse("name=J%F6rg").get("name").unwrap().as_str(),
            "J\u{fffd}rg"
        );
    }

    #[test]
    fn white_space_costs_no_member() {
        assert_eq!(format(&parse("a=1\t;\tp1\t; p2 ,\tb=2")), "a=1;p1;p2,b=2");
        let members: Vec<_> = (0..60)
            .map(|index| format!("k{index}={}", "v".repeat(130)))
            .collect();
        let list = members.join(",      ");
        assert!(list.len() > MAX_BYTES);
        assert_eq!(parse(&list).len(), 60);
    }

    #[test]
    fn what_is_too_much_is_left_out() {
        let many: Vec<_> = (0..100).map(|index| format!("k{index}=v")).collect();
        assert_eq!(parse(&many.join(",")).len(), MAX_MEMBERS);
        assert!(parse(&format!("k={}", "v".repeat(MAX_BYTES))).is_empty());
    }

    #[test]
    fn nothing_that_goes_out_breaks_out_of_its_header() {
        let mut baggage = Baggage::new();
        baggage.insert_with_metadata("key", "a\r\nb,c=d", "x\r\ny: z");
        assert_eq!(format(&baggage), "key=a%0D%0Ab%2Cc=d");
    }
}
